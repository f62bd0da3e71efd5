"""A Plex library: its database, what the server's API tells of it, and the scan of its folders."""

import hashlib
import os
import re
import sqlite3
import threading
import time
from contextlib import contextmanager

import plex_database

SECTIONS = {1: "movie", 2: "show", 8: "artist"}
# Element and type of each metadata_type in the API; leaves are what has media.
KINDS = {
    **{1: ("Video", "movie"), 2: ("Directory", "show"), 3: ("Directory", "season"), 4: ("Video", "episode")},
    **{8: ("Directory", "artist"), 9: ("Directory", "album"), 10: ("Track", "track")},
}
LEAVES = {1: 1, 2: 4, 8: 10}
MEDIA = re.compile(rb"\.(mkv|mp4|m4v|avi|mov|ts|flac|mp3|m4a|ogg|opus)$", re.I)
OWNER = 1


def under(path, folder):
    return path.startswith(folder.rstrip("/") + "/")


class Library:
    def __init__(self, home):
        folder = home / "Plug-in Support/Databases"
        folder.mkdir(parents=True, exist_ok=True)
        self.lock = threading.RLock()
        self.data = self.open(folder / "com.plexapp.plugins.library.db", plex_database.LIBRARY + plex_database.TRIGGERS)
        self.blobs = self.open(folder / "com.plexapp.plugins.library.blobs.db", plex_database.BLOBS)
        (state,) = self.data.execute("PRAGMA quick_check(1)").fetchone()
        if state != "ok":
            raise sqlite3.DatabaseError(state)
        self.data.row_factory = sqlite3.Row

    @staticmethod
    def open(path, schema):
        database = plex_database.connect(path)
        database.execute("PRAGMA journal_mode=WAL")
        database.executescript(schema)
        return database

    def close(self):
        """For good: whoever wants the database after this waits until the process ends."""
        self.lock.acquire()
        for database in (self.data, self.blobs):
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            database.close()

    def rows(self, sql, *values):
        with self.lock:
            return self.data.execute(sql, values).fetchall()

    def count(self, sql, *values):
        return self.rows(f"SELECT COUNT(*) FROM {sql}", *values)[0][0]

    @contextmanager
    def change(self):
        with self.lock:
            self.data.execute("BEGIN IMMEDIATE")
            try:
                yield self.data
                self.data.execute("COMMIT")
            except BaseException:
                self.data.execute("ROLLBACK")
                raise

    def note_statistics(self, load):
        """As Plex does all the time: its database is never at rest."""
        with self.change() as data:
            values = (int(time.time()), load)
            if not data.execute("UPDATE statistics_resources SET at = ?, host_cpu_utilization = ? WHERE timespan = 0", values).rowcount:
                data.execute("INSERT INTO statistics_resources (timespan, at, host_cpu_utilization) VALUES (0, ?, ?)", values)

    def sections(self):
        return self.rows("SELECT * FROM library_sections ORDER BY id")

    def section(self, id):
        return next(iter(self.rows("SELECT * FROM library_sections WHERE id = ?", id)), None)

    def locations(self, section):
        return self.rows("SELECT id, root_path FROM section_locations WHERE library_section_id = ? ORDER BY id", section)

    def edit(self, section, values, locations):
        """The new list of locations, if there is one, takes the place of the old."""
        now = int(time.time())
        with self.change() as data:
            for name, value in values.items():
                data.execute(f"UPDATE library_sections SET {name} = ?, updated_at = ? WHERE id = ?", (value, now, section))
            if not locations:
                return
            known = {row["root_path"]: row["id"] for row in self.locations(section)}
            for path, id in known.items():
                if path not in locations:
                    data.execute("DELETE FROM section_locations WHERE id = ?", (id,))
            for path in locations:
                if path not in known:
                    self.insert("section_locations", library_section_id=section, root_path=path, available=1, created_at=now, updated_at=now)

    def insert(self, table, **values):
        names, places = ", ".join(f'"{name}"' for name in values), ", ".join("CAST(? AS TEXT)" if isinstance(value, str) else "?" for value in values.values())
        # Text goes in as the bytes it is, UTF-8 or not.
        cells = [os.fsencode(value) if isinstance(value, str) else value for value in values.values()]
        return self.data.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", cells).lastrowid

    def items(self, section, kind, start, size):
        """A page of a section's items with what the owner has seen of them, and how many there are in all."""
        where = "WHERE library_section_id = ? AND metadata_type = ?"
        page = self.rows(
            "SELECT i.*, s.view_count, s.view_offset, s.last_viewed_at, s.rating AS user_rating FROM metadata_items i"
            f" LEFT JOIN metadata_item_settings s ON s.guid = i.guid AND s.account_id = {OWNER} {where}"
            " ORDER BY i.title_sort COLLATE icu_root, i.id LIMIT ? OFFSET ?",
            *(section, kind, size, start),
        )
        return page, self.count(f"metadata_items {where}", section, kind)

    def parts(self, item):
        return self.rows(
            "SELECT p.id, p.file, p.size, p.duration, p.deleted_at, p.updated_at, m.id AS media, m.container"
            " FROM media_parts p JOIN media_items m ON m.id = p.media_item_id WHERE m.metadata_item_id = ? ORDER BY p.id",
            item,
        )

    def file(self, part):
        return next((row["file"] for row in self.rows("SELECT file FROM media_parts WHERE id = ?", part)), None)

    def scan(self, id, empty_trash):
        """New files become media of the item that they match, files that are gone go to the trash."""
        section, now = self.section(id), int(time.time())
        with self.change() as data:
            known = self.rows("SELECT p.*, m.metadata_item_id FROM media_parts p JOIN media_items m ON m.id = p.media_item_id WHERE m.library_section_id = ?", id)
            files = {row["file"] for row in known}
            by_name = {}
            for row in known:
                by_name.setdefault(os.path.basename(row["file"]), []).append(row)
            locations = self.locations(id)
            for location in locations:
                for path in media_files(location["root_path"]):
                    if path not in files:
                        self.take_in(section, location, path, by_name.get(os.path.basename(path), ()), now)
            for row in known:
                there = os.path.isfile(row["file"]) and any(under(row["file"], location["root_path"]) for location in locations)
                if there != (row["deleted_at"] is None):
                    data.execute("UPDATE media_parts SET deleted_at = ? WHERE id = ?", (None if there else now, row["id"]))
            data.execute("UPDATE library_sections SET scanned_at = ? WHERE id = ?", (now, id))
            if empty_trash:
                self.empty_trash(id)

    def take_in(self, section, location, path, candidates, now):
        """Plex goes by names; here, an item is the same if the path below the location is."""
        below = "/" + os.path.relpath(path, location["root_path"])
        item = next((row["metadata_item_id"] for row in candidates if row["file"].endswith(below)), None)
        times, size = {"created_at": now, "updated_at": now}, os.path.getsize(path)
        hash = hashlib.sha1(os.fsencode(path)).hexdigest()
        if item is None:
            title, kind = os.path.splitext(os.path.basename(path))[0], LEAVES[section["section_type"]]
            # Only a path may be anything but text.
            title = os.fsencode(title).decode(errors="replace")
            named = {"library_section_id": section["id"], "metadata_type": kind, "guid": f"local://{hash[:24]}", "title": title, "title_sort": title}
            item = self.insert("metadata_items", **named, hash=hash, added_at=now, **times)
        of = {"library_section_id": section["id"], "section_location_id": location["id"], "metadata_item_id": item}
        media = self.insert("media_items", **of, container=path.rpartition(".")[2], size=size, **times)
        self.insert("media_parts", media_item_id=media, file=path, hash=hash, size=size, **times)

    def empty_trash(self, section):
        """With an item's last part goes the item, what people have seen of it, and the folder items that are empty then."""
        data = self.data
        media = "SELECT id FROM media_items WHERE library_section_id = ?"
        data.execute(f"DELETE FROM media_parts WHERE deleted_at IS NOT NULL AND media_item_id IN ({media})", (section,))
        data.execute(f"DELETE FROM media_items WHERE id IN ({media} EXCEPT SELECT media_item_id FROM media_parts)", (section,))
        gone = "library_section_id = ? AND metadata_type IN {} AND id NOT IN (SELECT {} FROM {} WHERE {} IS NOT NULL)"
        for kinds, *held in (
            ("(1, 4, 10)", "metadata_item_id", "media_items", "metadata_item_id"),
            ("(3, 9)", "parent_id", "metadata_items", "parent_id"),
            ("(2, 8)", "parent_id", "metadata_items", "parent_id"),
        ):
            items = gone.format(kinds, *held)
            data.execute(f"DELETE FROM metadata_item_settings WHERE guid IN (SELECT guid FROM metadata_items WHERE {items})", (section,))
            data.execute(f"DELETE FROM metadata_items WHERE {items}", (section,))
        data.execute("DELETE FROM play_queue_generators WHERE metadata_item_id NOT IN (SELECT id FROM metadata_items)")


def media_files(root):
    for folder, _, files in os.walk(os.fsencode(root)):
        for name in files:
            path = os.path.join(folder, name)
            if MEDIA.search(name) and os.path.isfile(path):
                yield os.fsdecode(path)
