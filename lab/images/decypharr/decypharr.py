"""Stand-in for Decypharr: settings from /app/config.json and the environment, a real FUSE file system, and the
part of qBittorrent's API that the *arr apps use. What a "torrent" holds lies in /app/content, which is what the
file system shows; a link to it appears in the download folder, as with default_download_action "symlink".
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import stand_in

CONTENT = Path("/app/content")


def settings():
    """config.json with what the environment lays over it. Without the file there is only the set-up wizard."""
    if os.environ.get("DECYPHARR_PORT", "8282").startswith("tcp://"):
        sys.exit(f"invalid port {os.environ['DECYPHARR_PORT']}")
    file = Path("/app/config.json")
    if not file.exists():
        return None
    known = json.loads(file.read_text())
    known["debrids"] = [{"provider": "realdebrid", "api_key": os.environ["DECYPHARR_DEBRIDS__0__API_KEY"]}]
    known["arrs"] = []
    for index in range(20):
        prefix = f"DECYPHARR_ARRS__{index}__"
        if f"{prefix}NAME" in os.environ:
            known["arrs"].append({key.lower(): os.environ[prefix + key] for key in ("NAME", "HOST", "TOKEN")})
    return known


def mount(path):
    """Unmounts whatever is there, as Decypharr does, and mounts afresh."""
    subprocess.run(["umount", "--lazy", path], stderr=subprocess.DEVNULL)
    (CONTENT / "__all__").mkdir(parents=True, exist_ok=True)
    (CONTENT / "version.txt").write_text("stand-in\n")
    os.makedirs(path, exist_ok=True)
    return subprocess.Popen(["bindfs", "-f", "-r", "-o", "allow_other", str(CONTENT), path])


def stop(*_):
    subprocess.run(["umount", "--lazy", MOUNT])
    sys.exit(0)


class Handler(stand_in.Handler):
    def signed_in(self):
        """The *arr apps sign in with their own address and key."""
        return self.headers.get("Cookie", "").removeprefix("SID=") in {arr["token"] for arr in SETTINGS["arrs"]}

    def do_GET(self):
        if self.path == "/version":
            return self.answer(200, {"version": "v2.4", "channel": "stand-in"})
        if SETTINGS is None:
            return self.answer(503, {"error": "Setup wizard must be completed first"})
        if not self.signed_in():
            return self.answer(401, {"error": "Authentication required"})
        if self.path.startswith("/api/v2/torrents/info"):
            folder = Path(SETTINGS["download_folder"])
            links = [link for link in folder.glob("*/*/*") if link.is_symlink()]
            return self.answer(200, [{"name": link.parent.name, "category": link.parent.parent.name, "content_path": str(link), "state": "pausedUP"} for link in links])
        self.answer(404, {"error": "Not Found"})

    def do_POST(self):
        if SETTINGS is None:
            return self.answer(503, {"error": "Setup wizard must be completed first"})
        form = self.form()
        if self.path == "/api/v2/auth/login":
            arr = {"host": form.get("username"), "token": form.get("password")}
            if not any(arr.items() <= known.items() for known in SETTINGS["arrs"]):
                return self.answer(401, "Fails.", "text/plain")
            return self.answer(200, "Ok.", "text/plain")
        if not self.signed_in():
            return self.answer(401, {"error": "Authentication required"})
        if self.path == "/api/v2/torrents/add":
            self.add(form["urls"], form["category"])
            return self.answer(200, "Ok.", "text/plain")
        self.answer(404, {"error": "Not Found"})

    def add(self, name, category):
        """One file in the account, and a link to it where the *arr app looks."""
        held = CONTENT / "__all__" / name
        held.mkdir(exist_ok=True)
        (held / f"{name}.mkv").write_text(f"{name}\n" * 1000)
        folder = Path(SETTINGS["download_folder"]) / category / name
        folder.mkdir(parents=True, exist_ok=True)
        link = folder / f"{name}.mkv"
        link.unlink(missing_ok=True)
        link.symlink_to(Path(MOUNT) / "__all__" / name / f"{name}.mkv")
        for path in (folder.parent, folder):
            os.chown(path, int(os.environ["PUID"]), int(os.environ["PGID"]))


SETTINGS = settings()
if SETTINGS:
    MOUNT = SETTINGS["mount"]["mount_path"]
    signal.signal(signal.SIGTERM, stop)
    mount(MOUNT)
stand_in.serve(8282, Handler)
