"""Stand-in for Overseerr: its port, settings file, database in WAL mode and the API that the program uses.

Serves only what it reads from /app/config; makes empty settings and an empty database where there are none.
"""

import json
import os
import secrets
import sqlite3
from urllib.request import urlopen

import stand_in

CONFIG = "/app/config"
FILE = f"{CONFIG}/settings.json"
TABLES = {"/api/v1/request": "media_request", "/api/v1/user": "user"}
SERVERS = ("/api/v1/settings/radarr", "/api/v1/settings/sonarr")
PLEX = {"name": "", "ip": "", "port": 32400, "useSsl": False}


def save(settings):
    with open(f"{FILE}.new", "w") as file:
        json.dump(settings, file, indent=1)
    os.rename(f"{FILE}.new", FILE)


def load_settings():
    if not os.path.exists(FILE):
        save({"main": {"apiKey": secrets.token_urlsafe(32)}, "public": {"initialized": False}})
    with open(FILE) as file:
        return json.load(file)


def open_database():
    os.makedirs(f"{CONFIG}/db", exist_ok=True)
    database = sqlite3.connect(f"{CONFIG}/db/db.sqlite3", check_same_thread=False, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    if database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
        with open("/schema.sql") as file:
            database.executescript(f"BEGIN; {file.read()} COMMIT;")
    return database


class Handler(stand_in.Handler):
    def do_GET(self):
        path = self.path.partition("?")[0]
        if path == "/api/v1/settings/public":
            return self.answer(200, SETTINGS["public"])
        if not self.may():
            return None
        if path == "/api/v1/settings/main":
            return self.answer(200, SETTINGS["main"])
        if path == "/api/v1/settings/plex":
            return self.answer(200, SETTINGS.get("plex", PLEX))
        if path in SERVERS:
            return self.answer(200, SETTINGS.get(path.rpartition("/")[2], []))
        if path in TABLES:
            results = DATABASE.execute(f'SELECT COUNT(*) FROM "{TABLES[path]}"').fetchone()[0]
            return self.answer(200, {"pageInfo": {"results": results}})
        return self.answer(404, {"message": "not found"})

    def do_PUT(self):
        path, _, number = self.path.rpartition("/")
        if not self.may():
            return None
        body = self.json()
        servers = SETTINGS.get(path.rpartition("/")[2], []) if path in SERVERS else []
        for place, server in enumerate(servers):
            if str(server["id"]) == number:
                if "id" in body:
                    return self.answer(400, {"message": "request.body.id is read-only"})
                servers[place] = {**body, "id": server["id"]}
                save(SETTINGS)
                return self.answer(200, servers[place])
        return self.answer(404, {"status": "404", "message": "Settings instance not found"})

    def do_POST(self):
        if not self.may():
            return None
        if self.path != "/api/v1/settings/plex":
            return self.answer(404, {"message": "not found"})
        # As Overseerr does: it has the new address in mind before it knows whether Plex is there.
        plex = SETTINGS.setdefault("plex", dict(PLEX))
        plex.update(self.json())
        try:
            scheme = "https" if plex["useSsl"] else "http"
            urlopen(f"{scheme}://{plex['ip']}:{plex['port']}/identity", timeout=10).close()
        except OSError:
            return self.answer(500, {"status": 500, "message": "Unable to connect to Plex."})
        save(SETTINGS)
        return self.answer(200, plex)

    def may(self):
        """Whether the key is right; says so if it is not."""
        if self.headers.get("X-Api-Key") == SETTINGS["main"]["apiKey"]:
            return True
        self.answer(403, {"status": 403, "error": "You do not have permission to access this endpoint"})
        return False


SETTINGS = load_settings()
DATABASE = open_database()
stand_in.serve(5055, Handler)
