"""What the stand-ins share: a web server that answers in JSON, and the step from root to the app's user."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen


class Handler(BaseHTTPRequestHandler):
    def answer(self, status, body, content_type="application/json"):
        data = json.dumps(body).encode() if content_type == "application/json" else body.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def route(self):
        """Path without the query, and the query's values by name."""
        url = urlsplit(self.path)
        return url.path, {key: values[0] for key, values in parse_qs(url.query).items()}

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def json(self):
        return json.loads(self.body())

    def form(self):
        return {key: values[0] for key, values in parse_qs(self.body().decode()).items()}


def serve(port, handler, address="0.0.0.0"):
    ThreadingHTTPServer((address, port), handler).serve_forever()


def call(url, body=None, headers=None, timeout=5):
    """GET, or POST with a body; the parsed answer. Raises what urllib raises."""
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(url, data=data, headers={"Content-Type": "application/json", **(headers or {})}), timeout=timeout) as answer:
        return json.loads(answer.read() or b"null")


def drop_to_user(*folders):
    """From root to PUID:PGID, as the images of linuxserver.io do it."""
    uid, gid = int(os.environ.get("PUID", 911)), int(os.environ.get("PGID", 911))
    for folder in folders:
        os.chown(folder, uid, gid)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
