"""Packs an archive of databases anew, with something in it that is not from Plex. Prints its SHA-256.

usage: python3 - FOLDER ARCHIVE WHAT    FOLDER holds what belongs into it
"""

import hashlib
import io
import os
import subprocess
import sys
import tarfile

folder, archive, what = sys.argv[1:]
DATABASE = "com.plexapp.plugins.library.db"


def member(name, type=tarfile.REGTYPE, content=b"x", mode=0o600, **fields):
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.size = type, mode, len(content) if type == tarfile.REGTYPE else 0
    for field, value in fields.items():
        setattr(info, field, value)
    return info, io.BytesIO(content)


EXTRA = {
    "absolute": [member("/tmp/evil")],
    "absolute-database": [member(f"/tmp/{DATABASE}")],
    "parent": [member("../evil")],
    "parent-database": [member(f"{DATABASE}-x/../../../evil-wal")],
    "folder-of-database": [member(f"{DATABASE}-x/evil-wal")],
    "symlink": [member(f"{DATABASE}-wal", tarfile.SYMTYPE, linkname="/etc/passwd")],
    "hard-link": [member(f"{DATABASE}-wal", tarfile.LNKTYPE, linkname="Preferences.xml")],
    "device": [member(f"{DATABASE}-wal", tarfile.BLKTYPE, devmajor=7, devminor=0)],
    "pipe": [member(f"{DATABASE}-wal", tarfile.FIFOTYPE)],
    "folder": [member(DATABASE, tarfile.DIRTYPE)],
    "unknown": [member("com.plexapp.plugins.library.db-shm")],
    "setuid": [member(f"{DATABASE}-wal", mode=0o6755)],
    "more": [member(f"{DATABASE}-wal", content=bytes(8 << 20))],
    "nothing": [],
}
packed = io.BytesIO()
with tarfile.open(fileobj=packed, mode="w") as tar:
    for name in sorted(os.listdir(folder)):
        tar.add(os.path.join(folder, name), name)
    for info, content in EXTRA[what]:
        tar.addfile(info, content)
data = subprocess.run(["zstd", "-q", "-c"], input=packed.getvalue(), check=True, stdout=subprocess.PIPE).stdout
with open(archive, "wb") as file:
    file.write(data)
print(hashlib.sha256(data).hexdigest())
