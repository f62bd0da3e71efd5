"""ClusterPlex's worker: reports to the orchestrator, answers on its own port, and nothing listens on Plex's."""

import os
import threading
import time

import stand_in
from transcoder import transcode

PORT = int(os.environ["LISTENING_PORT"])


def report():
    while True:
        try:
            stand_in.call(f"{os.environ['ORCHESTRATOR_URL']}/workers", {"port": PORT})
        except OSError as problem:
            print(f"no orchestrator: {problem}")
        time.sleep(2)


class Handler(stand_in.Handler):
    def do_GET(self):
        self.answer(200 if self.path == "/health" else 404, {})

    def do_POST(self):
        try:
            self.answer(200, transcode(self.json()))
        except OSError as problem:
            self.answer(500, {"error": str(problem)})


# The codec cache has to be this worker's own to write.
open("/codecs/.stand-in", "w").close()
stand_in.drop_to_user("/codecs")
threading.Thread(target=report, daemon=True).start()
stand_in.serve(PORT, Handler)
