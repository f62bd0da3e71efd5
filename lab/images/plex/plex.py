#!/usr/bin/env -S python3 -u
"""Stand-in for Plex: everything it says comes from its folder, an empty one becomes a new, unclaimed server.

Preferences.xml holds identity, account and preferences; the databases, in WAL mode as Plex keeps them, the library.
With ClusterPlex's mod, POST /stand-in/transcode hands a transcode on, and does it here if nobody else will.
What tests want of its end lies in /run/plex-stand-in: slow-stop (seconds), leave-wal.
"""

import fcntl
import os
import re
import signal
import sqlite3
import sys
import threading
import time
import uuid
import xml.etree.ElementTree as xml
from pathlib import Path
from urllib.error import URLError
from urllib.parse import parse_qs, urlsplit

import stand_in
from library import KINDS, SECTIONS, Library
from transcoder import transcode

HOME = Path(os.environ.get("PLEX_MEDIA_SERVER_APPLICATION_SUPPORT_DIR", "/config/Library/Application Support"), "Plex Media Server")
PLEX_TV = "http://plex-tv.lab"
PREFERENCES = HOME / "Preferences.xml"
WISHES = Path("/run/plex-stand-in")
VERSION = Path(__file__).with_name("version").read_text().strip()
# The pref's default, for those that the server reports before anybody has set them.
DEFAULTS = {"TranscoderTempDirectory": "", "autoEmptyTrash": "1", "customConnections": "", "HardwareAcceleratedCodecs": "1"}
# Two requests at once each keep what the other has changed.
SAVING = threading.Lock()
EDITABLE = ("name", "agent", "language", "scanner")


def preferences():
    return {**DEFAULTS, **xml.parse(PREFERENCES).getroot().attrib}


def save(changes):
    with SAVING:
        root = xml.Element("Preferences", {**xml.parse(PREFERENCES).getroot().attrib, **changes})
        partial = PREFERENCES.with_suffix(".partial")
        xml.ElementTree(root).write(partial, encoding="utf-8", xml_declaration=True)
        partial.rename(PREFERENCES)


def clean(value):
    """XML has no form for some bytes that a path can have."""
    text = os.fsencode(str(value)).decode(errors="replace")
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\ufffd", text)


def element(tag, attributes, children=()):
    root = xml.Element(tag, {name: clean(value) for name, value in attributes.items() if value is not None})
    root.extend(children)
    return root


def media(row):
    """One Media a part, as of files that are not split."""
    name = f"file.{row['container']}"
    key = f"/library/parts/{row['id']}/{row['updated_at']}/{name}"
    part = element("Part", {"id": row["id"], "key": key, "file": row["file"], "size": row["size"], "duration": row["duration"]})
    return element("Media", {"id": row["media"], "container": row["container"], "deletedAt": row["deleted_at"]}, [part])


def item(row):
    tag, kind = KINDS[row["metadata_type"]]
    names = {"ratingKey": "id", "guid": "guid", "title": "title", "parentRatingKey": "parent_id", "index": "index", "year": "year", "addedAt": "added_at"}
    seen = {"viewCount": "view_count", "viewOffset": "view_offset", "lastViewedAt": "last_viewed_at", "userRating": "user_rating"}
    attributes = {name: row[column] for name, column in {**names, **seen}.items()}
    return element(tag, {"key": f"/library/metadata/{row['id']}", "type": kind, **attributes}, map(media, LIBRARY.parts(row["id"])))


def with_section(action):
    def checked(handler, id):
        section = LIBRARY.section(id)
        return action(handler, section) if section else handler.answer(404, "", "text/html")

    return checked


class Handler(stand_in.Handler):
    def allowed(self):
        """An unclaimed server trusts its own host and nobody else; a claimed one wants its account's token."""
        token = preferences().get("PlexOnlineToken")
        if not token:
            return self.client_address[0] == "127.0.0.1"
        return token in (self.headers.get("X-Plex-Token"), self.query.get("X-Plex-Token"))

    def container(self, children, **attributes):
        children = list(children)
        root = element("MediaContainer", {"size": len(children), **attributes}, children)
        self.answer(200, xml.tostring(root, encoding="unicode", xml_declaration=True), "text/xml")

    def page(self):
        """Where the page that is asked for starts and how long it is; all if nobody asks."""
        names = ("X-Plex-Container-Start", "X-Plex-Container-Size")
        return [int(self.query.get(name) or self.headers.get(name) or default) for name, default in zip(names, (0, -1))]

    def rows(self, table, order, make):
        start, size = self.page()
        rows = LIBRARY.rows(f"SELECT * FROM {table} ORDER BY {order} LIMIT ? OFFSET ?", size, start)
        self.container(map(make, rows), offset=start, totalSize=LIBRARY.count(table))

    def dispatch(self, routes):
        self.path, self.query = self.route()
        if self.path == "/identity" and self.command == "GET":
            return self.identity()
        if self.command != "POST" and not self.allowed():
            return self.answer(401, "<html>401 Unauthorized</html>", "text/html")
        for pattern, action in routes.items():
            match = re.fullmatch(pattern, self.path)
            if match:
                return action(self, *map(int, match.groups()))
        self.answer(404, "", "text/html")

    def route(self):
        url = urlsplit(self.path)
        self.lists = parse_qs(url.query, keep_blank_values=True, errors="surrogateescape")
        return url.path, {key: values[0] for key, values in self.lists.items()}

    def do_GET(self):
        self.dispatch(GET)

    def do_PUT(self):
        self.dispatch(PUT)

    def do_POST(self):
        self.dispatch(POST)

    def identity(self):
        known = preferences()
        claimed = int("PlexOnlineToken" in known)
        self.container((), size=0, claimed=claimed, machineIdentifier=known["ProcessedMachineIdentifier"], version=VERSION)

    def prefs(self):
        known = preferences()
        self.container(element("Setting", {"id": name, "value": known[name]}) for name in DEFAULTS)

    def set_prefs(self):
        wanted = {name: value for name, value in self.query.items() if name != "X-Plex-Token"}
        if wanted.keys() - DEFAULTS.keys():
            return self.answer(400, "", "text/html")
        save(wanted)
        self.answer(200, "", "text/html")

    def sections(self):
        def directory(row):
            attributes = {name: row[name] for name in ("agent", "scanner", "language", "uuid")}
            attributes |= {"key": row["id"], "type": SECTIONS[row["section_type"]], "title": row["name"], "scannedAt": row["scanned_at"]}
            locations = (element("Location", {"id": place["id"], "path": place["root_path"]}) for place in LIBRARY.locations(row["id"]))
            return element("Directory", attributes, locations)

        self.container(map(directory, LIBRARY.sections()))

    @with_section
    def all_of(self, section):
        start, size = self.page()
        rows, total = LIBRARY.items(section["id"], int(self.query.get("type", section["section_type"])), start, size)
        self.container(map(item, rows), offset=start, totalSize=total, librarySectionID=section["id"])

    @with_section
    def edit(self, section):
        LIBRARY.edit(section["id"], {name: self.query[name] for name in EDITABLE if name in self.query}, self.lists.get("location"))
        self.answer(200, "", "text/html")

    @with_section
    def refresh(self, section):
        LIBRARY.scan(section["id"], preferences()["autoEmptyTrash"] == "1")
        self.answer(200, "", "text/html")

    @with_section
    def empty_trash(self, section):
        with LIBRARY.change():
            LIBRARY.empty_trash(section["id"])
        self.answer(200, "", "text/html")

    def accounts(self):
        self.rows("accounts", "id", lambda row: element("Account", {"id": row["id"], "key": f"/accounts/{row['id']}", "name": row["name"]}))

    def playlists(self):
        self.rows("metadata_items WHERE metadata_type = 15", "id", lambda row: element("Playlist", {"ratingKey": row["id"], "title": row["title"]}))

    def history(self):
        def view(row):
            attributes = {"historyKey": f"/status/sessions/history/{row['id']}", "title": row["title"], "viewedAt": row["viewed_at"]}
            return element("Video", {**attributes, "accountID": row["account_id"], "librarySectionID": row["library_section_id"]})

        self.rows("metadata_item_views", "id", view)

    def stream(self, part, _):
        try:
            file = open(LIBRARY.file(part) or "", "rb")
        except OSError:
            return self.answer(404, "", "text/html")
        with file:
            size = os.fstat(file.fileno()).st_size
            wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
            first, last = (int(wanted[1]), min(int(wanted[2] or size), size - 1)) if wanted else (0, size - 1)
            if wanted and first >= size:
                return self.answer(416, "", "text/html")
            self.send_response(206 if wanted else 200)
            if wanted:
                self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
            self.send_header("Content-Length", str(last - first + 1))
            self.end_headers()
            file.seek(first)
            self.wfile.write(file.read(last - first + 1))

    def claim(self):
        """Trades the short-lived token for the account's own, at the lab's plex.tv."""
        try:
            account = stand_in.call(f"{PLEX_TV}/api/claim/exchange", {"token": self.query.get("token", "")})
        except OSError:
            return self.answer(401, "", "text/html")
        save({"PlexOnlineToken": account["authToken"], "PlexOnlineUsername": account["username"]})
        self.answer(200, "", "text/html")

    def transcode(self):
        job, mode = self.json(), os.environ.get("TRANSCODE_OPERATING_MODE", "local")
        if mode != "local":
            if not (os.environ.get("PMS_SERVICE") or os.environ.get("PMS_IP")):
                return self.answer(500, {"error": "PMS_SERVICE or PMS_IP is needed"})
            try:
                return self.answer(200, {"by": "worker", **stand_in.call(f"{os.environ['ORCHESTRATOR_URL']}/jobs", job, timeout=40)})
            except (OSError, URLError) as problem:
                if mode == "remote":
                    return self.answer(503, {"error": str(problem)})
        self.answer(200, {"by": "server", **transcode(job)})


GET = {
    "/library/sections": Handler.sections,
    r"/library/sections/(\d+)/all": Handler.all_of,
    r"/library/sections/(\d+)/refresh": Handler.refresh,
    r"/library/parts/(\d+)/(\d+)/file\.\w+": Handler.stream,
    "/accounts": Handler.accounts,
    "/playlists": Handler.playlists,
    "/status/sessions/history/all": Handler.history,
    "/:/prefs": Handler.prefs,
}
PUT = {
    "/:/prefs": Handler.set_prefs,
    r"/library/sections/(\d+)": Handler.edit,
    r"/library/sections/(\d+)/emptyTrash": Handler.empty_trash,
}
POST = {"/myplex/claim": Handler.claim, "/stand-in/transcode": Handler.transcode}


def only_one():
    """Holds the pid file for as long as this process lives, however it ends."""
    pid = open(HOME / "plexmediaserver.pid", "a+")
    fcntl.flock(pid, fcntl.LOCK_EX | fcntl.LOCK_NB)
    pid.truncate(0)
    pid.write(str(os.getpid()))
    pid.flush()
    return pid


def prepare():
    HOME.mkdir(parents=True, exist_ok=True)
    held = only_one()
    if not PREFERENCES.exists():
        identity = {"MachineIdentifier": str(uuid.uuid4()), "ProcessedMachineIdentifier": uuid.uuid4().hex}
        xml.ElementTree(xml.Element("Preferences", identity)).write(PREFERENCES)
    if "ProcessedMachineIdentifier" not in preferences():
        raise ValueError(f"{PREFERENCES} names no server")
    return held, Library(HOME)


def keep_statistics():
    while True:
        LIBRARY.note_statistics(os.getloadavg()[0])
        time.sleep(5)


def stop():
    if (WISHES / "slow-stop").exists():
        time.sleep(float((WISHES / "slow-stop").read_text()))
    if (WISHES / "leave-wal").exists():
        os._exit(0)
    LIBRARY.close()


if sys.argv[1:] == ["--version"]:
    sys.exit(print(f"v{VERSION}"))
# The handler's exception leaves the server's loop, and what follows it is done.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
if os.getuid() == 0:
    stand_in.drop_to_user("/config")
try:
    HELD, LIBRARY = prepare()
except BlockingIOError:
    sys.exit("another Plex Media Server runs on this folder")
except (OSError, ValueError, xml.ParseError, sqlite3.Error) as problem:
    sys.exit(f"Plex Media Server can't start: {problem}")
threading.Thread(target=keep_statistics, daemon=True).start()
try:
    stand_in.serve(32400, Handler, os.environ.get("PLEX_ADDRESS", "0.0.0.0"))
finally:
    stop()
