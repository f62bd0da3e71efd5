"""Stand-in for Overseerr: its port, settings file, database in WAL mode and the API that the program uses.

Serves only what it reads from /app/config; makes empty settings and an empty database where there are none.
"""

import json
import os
import secrets
import sqlite3

import stand_in

CONFIG = "/app/config"


def load_settings():
    path = f"{CONFIG}/settings.json"
    if not os.path.exists(path):
        with open(f"{path}.new", "w") as file:
            json.dump({"main": {"apiKey": secrets.token_urlsafe(32)}, "public": {"initialized": False}}, file, indent=1)
        os.rename(f"{path}.new", path)
    with open(path) as file:
        return json.load(file)


def open_database():
    os.makedirs(f"{CONFIG}/db", exist_ok=True)
    database = sqlite3.connect(f"{CONFIG}/db/db.sqlite3", check_same_thread=False, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("CREATE TABLE IF NOT EXISTS media_request (id INTEGER PRIMARY KEY, status INTEGER, type TEXT)")
    return database


class Handler(stand_in.Handler):
    def do_GET(self):
        if self.path == "/api/v1/settings/public":
            return self.answer(200, SETTINGS["public"])
        if self.headers.get("X-Api-Key") != SETTINGS["main"]["apiKey"]:
            return self.answer(403, {"status": 403, "error": "You do not have permission to access this endpoint"})
        if self.path == "/api/v1/settings/main":
            return self.answer(200, SETTINGS["main"])
        if self.path == "/api/v1/request":
            results = DATABASE.execute("SELECT COUNT(*) FROM media_request").fetchone()[0]
            return self.answer(200, {"pageInfo": {"results": results}})
        return self.answer(404, {"message": "not found"})


SETTINGS = load_settings()
DATABASE = open_database()
stand_in.serve(5055, Handler)
