"""Stand-in for Profilarr 2: its port, its data folder, and nothing that answers without signing in but the page itself."""

import os
import sqlite3

import stand_in


class Handler(stand_in.Handler):
    def do_GET(self):
        if self.path.startswith("/api/"):
            return self.answer(401, {"error": "Unauthorized"})
        self.answer(200, f"<title>Profilarr at {os.environ['ORIGIN']}</title>", "text/html")


stand_in.drop_to_user("/config")
sqlite3.connect("/config/profilarr.db").execute("CREATE TABLE IF NOT EXISTS settings (key TEXT PRIMARY KEY)").connection.commit()
stand_in.serve(6868, Handler)
