"""Stand-in for Plex: everything it says comes from its /config, an empty one becomes a new, unclaimed server.

Preferences.xml holds identity, account and preferences; the database, in WAL mode as Plex keeps it, the library
sections. With ClusterPlex's mod, POST /stand-in/transcode hands a transcode on, and does it here if nobody else will.
"""

import os
import sqlite3
import uuid
import xml.etree.ElementTree as xml
from pathlib import Path
from urllib.error import URLError

import stand_in
from transcoder import transcode

HOME = Path("/config/Library/Application Support/Plex Media Server")
DATABASE = HOME / "Plug-in Support/Databases/com.plexapp.plugins.library.db"
PLEX_TV = "http://plex-tv.lab"
PREFERENCES = HOME / "Preferences.xml"
# The image's tag ends in the number of its build.
VERSION = os.environ["PLEX_VERSION"].rpartition("-ls")[0]
# The pref's default, for those that the server reports before anybody has set them.
DEFAULTS = {"TranscoderTempDirectory": "", "autoEmptyTrash": "1", "customConnections": "", "HardwareAcceleratedCodecs": "1"}


def preferences():
    return xml.parse(PREFERENCES).getroot().attrib


def save(changes):
    root = xml.Element("Preferences", {**preferences(), **changes})
    partial = PREFERENCES.with_suffix(".partial")
    xml.ElementTree(root).write(partial, encoding="utf-8", xml_declaration=True)
    partial.rename(PREFERENCES)


def prepare():
    DATABASE.parent.mkdir(parents=True, exist_ok=True)
    if not PREFERENCES.exists():
        identity = {"MachineIdentifier": str(uuid.uuid4()), "ProcessedMachineIdentifier": uuid.uuid4().hex}
        xml.ElementTree(xml.Element("Preferences", identity)).write(PREFERENCES)
    database = sqlite3.connect(DATABASE, check_same_thread=False, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("CREATE TABLE IF NOT EXISTS library_sections (id INTEGER PRIMARY KEY, name TEXT, section_type INTEGER)")
    return database


class Handler(stand_in.Handler):
    def allowed(self, query):
        """An unclaimed server trusts its own host and nobody else; a claimed one wants its account's token."""
        token = preferences().get("PlexOnlineToken")
        if not token:
            return self.client_address[0] == "127.0.0.1"
        return token in (self.headers.get("X-Plex-Token"), query.get("X-Plex-Token"))

    def xml(self, status, tag, attributes, children=()):
        root = xml.Element(tag, attributes)
        for child in children:
            xml.SubElement(root, *child)
        self.answer(status, xml.tostring(root, encoding="unicode", xml_declaration=True), "text/xml")

    def do_GET(self):
        path, query = self.route()
        if path == "/identity":
            known = preferences()
            claimed = "1" if "PlexOnlineToken" in known else "0"
            identity = {"size": "0", "claimed": claimed, "machineIdentifier": known["ProcessedMachineIdentifier"], "version": VERSION}
            return self.xml(200, "MediaContainer", identity)
        if not self.allowed(query):
            return self.answer(401, "<html>401 Unauthorized</html>", "text/html")
        if path == "/library/sections":
            rows = DATA.execute("SELECT id, name FROM library_sections ORDER BY id").fetchall()
            return self.xml(200, "MediaContainer", {"size": str(len(rows))}, [("Directory", {"key": str(id), "title": name}) for id, name in rows])
        if path == "/:/prefs":
            known = {**DEFAULTS, **preferences()}
            return self.xml(200, "MediaContainer", {"size": str(len(DEFAULTS))}, [("Setting", {"id": name, "value": known[name]}) for name in DEFAULTS])
        self.answer(404, "", "text/html")

    def do_PUT(self):
        path, query = self.route()
        if not self.allowed(query):
            return self.answer(401, "", "text/html")
        unknown = query.keys() - DEFAULTS.keys() - {"X-Plex-Token"}
        if path != "/:/prefs" or unknown:
            return self.answer(400, "", "text/html")
        save({name: value for name, value in query.items() if name in DEFAULTS})
        self.answer(200, "", "text/html")

    def do_POST(self):
        path, query = self.route()
        if path == "/myplex/claim":
            return self.claim(query.get("token", ""))
        if path == "/stand-in/transcode":
            return self.transcode(self.json())
        self.answer(404, "", "text/html")

    def claim(self, token):
        """Trades the short-lived token for the account's own, at the lab's plex.tv."""
        try:
            account = stand_in.call(f"{PLEX_TV}/api/claim/exchange", {"token": token})
        except OSError:
            return self.answer(401, "", "text/html")
        save({"PlexOnlineToken": account["authToken"], "PlexOnlineUsername": account["username"]})
        self.answer(200, "", "text/html")

    def transcode(self, job):
        mode = os.environ.get("TRANSCODE_OPERATING_MODE", "local")
        if mode != "local":
            if not (os.environ.get("PMS_SERVICE") or os.environ.get("PMS_IP")):
                return self.answer(500, {"error": "PMS_SERVICE or PMS_IP is needed"})
            try:
                return self.answer(200, {"by": "worker", **stand_in.call(f"{os.environ['ORCHESTRATOR_URL']}/jobs", job, timeout=40)})
            except (OSError, URLError) as problem:
                if mode == "remote":
                    return self.answer(503, {"error": str(problem)})
        self.answer(200, {"by": "server", **transcode(job)})


stand_in.drop_to_user("/config")
DATA = prepare()
stand_in.serve(32400, Handler)
