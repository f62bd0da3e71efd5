"""Stand-in for Sonarr and its siblings: their port, health endpoint, API key and root folders.

Starts as root and drops to PUID:PGID, as the linuxserver images do. Whatever it answers comes from its
SQLite database in /config or from its environment; without a key in the environment it makes one and keeps it.
"""

import os
import secrets
import sqlite3

import stand_in

APP = os.environ["APP"]
PORT = {"Sonarr": 8989, "Radarr": 7878, "Prowlarr": 9696}[APP]
API = "/api/v1" if APP == "Prowlarr" else "/api/v3"

# What an app says that has nothing to do yet, and nothing to complain of.
EMPTY = {f"{API}/health": []}
if APP != "Prowlarr":
    EMPTY |= {f"{API}/indexer": [], f"{API}/queue/status": {"totalCount": 0, "errors": False, "warnings": False}}


def open_database():
    database = sqlite3.connect(f"/config/{APP.lower()}.db", check_same_thread=False, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("CREATE TABLE IF NOT EXISTS Config (Key TEXT PRIMARY KEY, Value TEXT)")
    database.execute("CREATE TABLE IF NOT EXISTS RootFolders (Id INTEGER PRIMARY KEY, Path TEXT UNIQUE)")
    return database


def api_key(database):
    given = os.environ.get(f"{APP.upper()}__AUTH__APIKEY")
    if given:
        return given
    database.execute("INSERT OR IGNORE INTO Config VALUES ('ApiKey', ?)", (secrets.token_hex(16),))
    return database.execute("SELECT Value FROM Config WHERE Key = 'ApiKey'").fetchone()[0]


class Handler(stand_in.Handler):
    def do_GET(self):
        if self.path == "/ping":
            return self.answer(200, {"status": "OK"})
        if self.headers.get("X-Api-Key") != KEY:
            return self.answer(401, {"error": "Unauthorized"})
        if self.path == f"{API}/system/status":
            return self.answer(200, {"appName": APP, "instanceName": APP, "authentication": os.environ.get(f"{APP.upper()}__AUTH__METHOD", "none").lower()})
        if self.path == f"{API}/rootfolder":
            rows = DATABASE.execute("SELECT Id, Path FROM RootFolders ORDER BY Id").fetchall()
            return self.answer(200, [{"id": id, "path": path, "accessible": os.access(path, os.W_OK)} for id, path in rows])
        if self.path in EMPTY:
            return self.answer(200, EMPTY[self.path])
        return self.answer(404, {"message": "NotFound"})

    def do_POST(self):
        if self.headers.get("X-Api-Key") != KEY:
            return self.answer(401, {"error": "Unauthorized"})
        body = self.json()
        if self.path != f"{API}/rootfolder":
            return self.answer(404, {"message": "NotFound"})
        if not os.path.isdir(body["path"]):
            return self.answer(400, [{"propertyName": "Path", "errorMessage": f"Folder '{body['path']}' does not exist"}])
        id = DATABASE.execute("INSERT INTO RootFolders (Path) VALUES (?)", (body["path"],)).lastrowid
        return self.answer(201, {"id": id, **body})


stand_in.drop_to_user("/config")
DATABASE = open_database()
KEY = api_key(DATABASE)
stand_in.serve(PORT, Handler)
