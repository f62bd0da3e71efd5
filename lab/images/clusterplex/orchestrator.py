"""Stand-in for ClusterPlex's orchestrator: workers report every two seconds, Plex posts a job, a worker does it.

Plain HTTP takes the place of Socket.IO: POST /workers {"url"} reports, POST /jobs {"source", "target"} hands a
job to a worker and gives back its answer; 503 while there is none.
"""

import os
import time

import stand_in

WORKERS = {}
COUNTS = {"jobs_posted": 0, "jobs_completed": 0, "jobs_failed": 0}


def active():
    return [url for url, seen in WORKERS.items() if time.time() - seen < 6]


class Handler(stand_in.Handler):
    def do_GET(self):
        if self.path == "/health":
            return self.answer(200, {"status": "healthy"})
        if self.path == "/metrics":
            lines = {**COUNTS, "workers_active": len(active())}
            return self.answer(200, "".join(f"{name} {value}\n" for name, value in lines.items()), "text/plain")
        self.answer(404, {"error": "Not Found"})

    def do_POST(self):
        if self.path == "/workers":
            # A worker can't know its own address in the cluster; the connection does.
            WORKERS[f"http://{self.client_address[0]}:{self.json()['port']}"] = time.time()
            return self.answer(200, {})
        if self.path != "/jobs":
            return self.answer(404, {"error": "Not Found"})
        COUNTS["jobs_posted"] += 1
        job = self.json()
        for worker in active():
            try:
                done = stand_in.call(f"{worker}/transcode", job, timeout=30)
            except OSError:
                continue
            COUNTS["jobs_completed"] += 1
            return self.answer(200, done)
        COUNTS["jobs_failed"] += 1
        self.answer(503, {"error": "no worker"})


stand_in.serve(int(os.environ.get("LISTENING_PORT", 3500)), Handler)
