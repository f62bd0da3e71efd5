"""Stand-in for Pulsarr: its port, its SQLite file in /app/data, and the settings that it takes from the environment.

GET /v1/config/config names what it was given (secrets as "set") and whether each *arr app answers to the key.
"""

import json
import os
import sqlite3
import urllib.error

import stand_in


def reached(app):
    """Whether the app at the given address is the expected one and takes the given key."""
    url, key = os.environ.get(f"{app}BaseUrl"), os.environ.get(f"{app}ApiKey", "")
    if not url:
        return None
    try:
        return stand_in.call(f"{url}/api/v3/system/status", headers={"X-Api-Key": key})["appName"].lower() == app
    except (OSError, urllib.error.URLError):
        return False


class Handler(stand_in.Handler):
    def do_GET(self):
        if self.path == "/health":
            return self.answer(200, {"status": "ok"})
        if self.path == "/v1/config/config":
            return self.answer(
                200,
                {
                    "plexTokens": len(json.loads(os.environ.get("plexTokens", "[]"))),
                    "baseUrl": os.environ.get("baseUrl"),
                    "port": os.environ.get("port"),
                    "sonarr": reached("sonarr"),
                    "radarr": reached("radarr"),
                },
            )
        self.answer(404, {"error": "Not Found"})


stand_in.drop_to_user("/app/data")
sqlite3.connect("/app/data/pulsarr.db").execute("CREATE TABLE IF NOT EXISTS watchlist_items (key TEXT PRIMARY KEY)").connection.commit()
stand_in.serve(3003, Handler)
