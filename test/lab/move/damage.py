"""Damages a Plex database in one place.

usage: python3 - FILE leaf|index|header|page-size|truncate|wal|journal
"""

import os
import shutil
import sqlite3
import sys

import plex_database

file, what = sys.argv[1:]
databases = os.path.dirname(file)


def root_of(*names):
    database = plex_database.connect(file)
    rows = database.execute(f"SELECT rootpage FROM sqlite_master WHERE name IN ({', '.join('?' * len(names))})", names).fetchall()
    size = database.execute("PRAGMA page_size").fetchone()[0]
    database.close()
    return rows[0][0], size


def leaf(page, size):
    """Offset of the rightmost leaf below a page."""
    with open(file, "rb") as data:
        while True:
            data.seek((page - 1) * size)
            head = data.read(12)
            if head[0] not in (2, 5):
                return (page - 1) * size
            page = int.from_bytes(head[8:12], "big")


def flip(offset):
    with open(file, "r+b") as data:
        data.seek(offset)
        byte = data.read(1)[0]
        data.seek(offset)
        data.write(bytes([byte ^ 0x80]))


if what == "leaf":
    flip(leaf(*root_of("metadata_items", "blobs")))
elif what == "index":
    # The last bytes of a leaf are of its first key.
    page, size = root_of("index_metadata_items_on_guid", "index_blobs_on_linked_type_and_linked_id")
    flip(leaf(page, size) + size - 6)
elif what == "header":
    flip(3)
elif what == "page-size":
    with open(file, "r+b") as data:
        data.seek(16)
        data.write(b"\x03\xe9")
elif what == "truncate":
    os.truncate(file, os.path.getsize(file) // 2)
elif what == "wal":
    # Whoever ends like this leaves its log behind.
    database = plex_database.connect(file)
    database.execute("PRAGMA wal_autocheckpoint=0")
    database.execute("INSERT INTO accounts (id, name) VALUES (77, 'only in the log')")
    for end in ("", "-wal", "-shm"):
        if os.path.exists(file + end):
            os.chown(file + end, 997, 997)
    os._exit(0)
elif what == "journal":
    database = plex_database.connect(file)
    database.execute("PRAGMA journal_mode=DELETE")
    database.execute("PRAGMA cache_size=1")
    database.execute("BEGIN IMMEDIATE")
    database.execute("DELETE FROM metadata_item_views")
    for end in ("", "-journal"):
        shutil.copy(file + end, f"/tmp/half-done{end}")
    database.execute("ROLLBACK")
    database.close()
    for end in ("", "-journal"):
        shutil.move(f"/tmp/half-done{end}", file + end)
        os.chown(file + end, 997, 997)
