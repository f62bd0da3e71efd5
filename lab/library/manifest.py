"""Prints all that a copy of a folder has to keep, sorted by path, one line an entry, fields between tabs:

path, kind (f, d, l), size, mode, owner, time in ns, SHA-256, target of a link. Bytes that are not plain are written \\xNN.

usage: python3 manifest.py FOLDER   (or on the host in question: python3 - FOLDER <lab/library/manifest.py)
"""

import hashlib
import os
import re
import stat
import sys


def plain(name):
    return re.sub(rb"[^ -\[\]-~]", lambda match: rb"\x%02x" % match[0][0], name).decode()


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def line(path, name):
    state = os.lstat(path)
    kind = {stat.S_IFREG: "f", stat.S_IFDIR: "d", stat.S_IFLNK: "l"}.get(stat.S_IFMT(state.st_mode), "?")
    # A folder's own size is the file system's business.
    size = "" if kind == "d" else state.st_size
    sha256 = digest(path) if kind == "f" else ""
    target = plain(os.readlink(path)) if kind == "l" else ""
    mode, owner = f"{stat.S_IMODE(state.st_mode):04o}", f"{state.st_uid}:{state.st_gid}"
    return "\t".join(map(str, (plain(name), kind, size, mode, owner, state.st_mtime_ns, sha256, target)))


def main():
    root = os.fsencode(sys.argv[1])
    paths = [root]
    for folder, folders, files in os.walk(root):
        paths += (os.path.join(folder, name) for name in folders + files)
    for path in sorted(paths):
        print(line(path, os.path.relpath(path, root)))


main()
