"""Generates a Plex library with its media: the same seed makes the same bytes, names, modes and times.

usage: PYTHONPATH=lab/images/base python3 lab/library/generate.py --profile tiny|small|thin|medium|full --seed 1
         --library FOLDER       gets Library/Application Support/Plex Media Server
         --media FOLDER         gets the media files …
         --media-path PATH      … which the database knows under this path
         --optimized FOLDER     likewise for optimized versions of films; optional
         --optimized-path PATH
         --version VERSION      of the server that has last used the library
"""

import argparse
import hashlib
import os
import random
import uuid
import xml.etree.ElementTree as xml
from collections import namedtuple

import plex_database

KIB, MIB = 1 << 10, 1 << 20
Profile = namedtuple("Profile", "files movies shows artists poster_median blobs blob_size views")
PROFILES = {
    "tiny": Profile(500, 12, 2, 2, 4_000, 20, 16 * KIB, 100),
    "small": Profile(12_000, 400, 40, 50, 9_900, 5_000, 36 * KIB, 40_000),
    # The databases of small, and hardly anything else.
    "thin": Profile(1_500, 400, 40, 50, 9_900, 5_000, 36 * KIB, 40_000),
    "medium": Profile(60_000, 1_500, 120, 200, 20_000, 15_000, 36 * KIB, 120_000),
    "full": Profile(200_000, 4_000, 300, 500, 45_000, 40_000, 36 * KIB, 300_000),
}
SEASONS, EPISODES, ALBUMS, TRACKS = 3, 8, 3, 10
# Where files are written, where the database says they are, and its number for that location.
Place = namedtuple("Place", "tree path location")

# What no copy may stumble over.
ODD_NAMES = [
    b"with space",
    b"it's 'quoted'",
    b'say "cheese"',
    b"$(touch pwned)",
    b"`touch pwned`",
    b"new\nline",
    b"-rf",
    b"back\\slash",
    b"*",
    b"255 bytes ".ljust(255, b"x"),
    b"not \xff\xfe UTF-8",
    "Am\u00e9lie".encode(),
    "Ame\u0301lie".encode(),
    "\U0001f3ac".encode(),
]
# A film's folder can well have these.
ODD_TITLES = ["It's a 'Film'", "$(touch pwned)", "`touch pwned`", "Am\u00e9lie", "\U0001f3ac", "Semi; Colon", "100% & More", "-Dash"]
WORDS = "amber anchor autumn beacon candle canyon cedar copper coral ember falcon fern garden glacier harbor hollow iron island ivory jasper " \
    "lantern lotus maple marble meadow midnight mirror moss north ocean orchard pearl pine quiet raven river saffron shadow silver stone " \
    "storm summer thunder tide velvet violet willow winter wolf".split()

# Times count back from here, so that they are the same tomorrow.
NOW = 1_767_225_600
YEAR = 365 * 86_400


class Tree:
    """Writes files of a set size with random content and a random time; counts them."""

    def __init__(self, root, below, chance, pool):
        self.root, self.below, self.chance, self.pool, self.count = os.fsencode(root), os.fsencode(below), chance, pool, 0
        self.folders = set()

    def noise(self, size):
        start = self.chance.randrange(len(self.pool) - size)
        return self.pool[start : start + size]

    def path(self, name):
        path = os.path.join(self.root, self.below, os.fsencode(name))
        folder = os.path.dirname(path)
        if folder not in self.folders:
            os.makedirs(folder, exist_ok=True)
            self.folders.add(folder)
        return path

    def write(self, name, content, mode=0o644, time=None):
        path = self.path(name)
        with open(path, "wb") as file:
            file.write(content)
        os.chmod(path, mode)
        self.date(path, time)
        self.count += 1
        return path

    def date(self, path, time=None):
        time = time or (NOW - self.chance.randrange(5 * YEAR)) * 10**9 + self.chance.randrange(10**9)
        os.utime(path, ns=(time, time), follow_symlinks=False)

    def finish(self):
        """Folders last: each file that was written had changed the time of its own."""
        for folder in sorted(folder for folder, _, _ in os.walk(self.root)):
            self.date(folder)


class Generator:
    def __init__(self, options):
        self.profile = PROFILES[options.profile]
        self.chance = random.Random(options.seed)
        pool = self.chance.randbytes(16 * MIB)
        self.home = Tree(options.library, "Library/Application Support/Plex Media Server", self.chance, pool)
        self.media = Tree(options.media, "", self.chance, pool)
        self.optimized = options.optimized and Tree(options.optimized, "", self.chance, pool)
        self.options = options
        self.rows = {}
        # Folders of bundles, to be filled up with posters and chapter images.
        self.galleries = []

    # Words and numbers.

    def title(self):
        return " ".join(self.chance.sample(WORDS, self.chance.randint(1, 3))).title()

    def text(self, length):
        return " ".join(self.chance.choices(WORDS, k=length // 7)).capitalize() + "."

    def time(self):
        return NOW - self.chance.randrange(5 * YEAR)

    def digest(self, *parts):
        return hashlib.sha1(repr(parts).encode()).hexdigest()

    def poster(self):
        size = int(self.chance.lognormvariate(0, 0.8) * self.profile.poster_median)
        return self.home.noise(min(max(size, 2 * KIB), 200 * KIB))

    # Rows.

    def add(self, table, **values):
        rows = self.rows.setdefault(table, [])
        rows.append({"id": len(rows) + 1, **values})
        return len(rows)

    def item(self, section, kind, title, parent=None, index=None, **values):
        name = {1: "movie", 2: "show", 3: "season", 4: "episode", 8: "artist", 9: "album", 10: "track", 15: "playlist"}[kind]
        hash = self.digest(kind, len(self.rows.get("metadata_items", ())))
        added = self.time()
        return self.add(
            "metadata_items",
            **{"library_section_id": section, "parent_id": parent, "metadata_type": kind, "guid": f"plex://{name}/{hash[:24]}"},
            **{"title": title, "title_sort": title.removeprefix("The "), "original_title": title if added % 5 == 0 else "", "index": index},
            **{"summary": self.text(self.chance.randrange(100, 900)), "rating": round(self.chance.uniform(1, 10), 1), "hash": hash},
            **{"added_at": added, "created_at": added, "updated_at": added, "refreshed_at": added, **values},
        )

    def part(self, section, place, item, file):
        """A media file, its rows, and the bundle with its thumbnail."""
        kind = file.rpartition(".")[2]
        size = min(int(self.chance.lognormvariate(0, 0.7) * 6 * KIB) + 4 * KIB, 64 * KIB)
        place.tree.write(file, self.media.noise(size))
        row = self.rows["metadata_items"][item - 1]
        row["media_item_count"] = row.get("media_item_count", 0) + 1
        hash, time, duration = self.digest("part", file), self.time(), self.chance.randrange(200_000, 9_000_000)
        times = {"created_at": time, "updated_at": time}
        video = {"width": 1920, "height": 1080, "video_codec": "h264", "frames_per_second": 24.0} if kind != "flac" else {}
        media = self.add(
            "media_items",
            **{"library_section_id": section, "section_location_id": place.location, "metadata_item_id": item, "type_id": section, "size": size},
            **{"optimized_for_streaming": int(place.tree is self.optimized), "duration": duration, "bitrate": 8 * size, "container": kind, "audio_codec": "aac" if video else "flac", **video, **times},
        )
        path = f"{place.path}/{file}"
        part = self.add("media_parts", media_item_id=media, hash=hash, file=path, index=0, size=size, duration=duration, **times)
        for index, (stream, codec) in enumerate([(1, "h264"), (2, "aac"), (3, "srt")] if video else [(2, "flac")]):
            self.add("media_streams", stream_type_id=stream, media_item_id=media, media_part_id=part, codec=codec, index=index, **times)
        contents = f"Media/localhost/{hash[0]}/{hash[1:]}.bundle/Contents"
        self.home.write(f"{contents}/Thumbnails/thumb1.jpg", self.poster())
        self.galleries.append(f"{contents}/Chapters/chapter")

    def bundle(self, folder, item):
        """What agents fetch for an item: once as each gave it, once combined."""
        row = self.rows["metadata_items"][item - 1]
        contents = f"Metadata/{folder}/{row['hash'][0]}/{row['hash'][1:]}.bundle/Contents"
        agent = "tv.plex.agents.movie" if folder == "Movies" else "tv.plex.agents.series" if folder == "TV Shows" else "tv.plex.agents.music"
        poster = f"{agent}_{self.digest(row['guid'])}"
        for part in ("_combined", agent):
            root = xml.Element(folder.removesuffix("s").replace(" ", ""), {"title": row["title"], "guid": row["guid"]})
            for _ in range(self.chance.randrange(5, 60)):
                xml.SubElement(root, "role", {"name": self.title(), "role": self.title(), "summary": self.text(60)})
            self.home.write(f"{contents}/{part}/Info.xml", xml.tostring(root, encoding="utf-8", xml_declaration=True))
        self.home.write(f"{contents}/_combined/posters/{poster}", self.poster())
        os.makedirs(self.home.path(f"{contents}/_stored/empty"), exist_ok=True)
        row["user_thumb_url"] = f"metadata://posters/{poster}"
        self.galleries.append(f"{contents}/{agent}/posters/")

    # The library.

    def section(self, name, kind, agent, scanner, folder):
        time = self.time()
        times = {"created_at": time, "updated_at": time}
        named = {"library_id": 1, "name": name, "name_sort": name, "section_type": kind, "language": "en-US"}
        id = self.add("library_sections", **named, agent=agent, scanner=scanner, uuid=str(self.uuid()), **times)
        return id, Place(self.media, self.options.media_path, self.location(id, f"{self.options.media_path}/{folder}"))

    def location(self, section, path):
        time = self.time()
        return self.add("section_locations", library_section_id=section, root_path=path, available=1, created_at=time, updated_at=time)

    def uuid(self):
        return uuid.UUID(int=self.chance.getrandbits(128), version=4)

    def movies(self):
        section, place = self.section("Movies", 1, "tv.plex.agents.movie", "Plex Movie", "movies")
        path = self.options.optimized_path
        smaller = self.optimized and Place(self.optimized, path, self.location(section, path))
        for number in range(self.profile.movies):
            title = ODD_TITLES[number] if number < len(ODD_TITLES) else f"{self.title()} {number}"
            year = self.chance.randrange(1930, 2025)
            name = f"{title} ({year})"
            item = self.item(section, 1, title, year=year)
            self.bundle("Movies", item)
            self.part(section, place, item, f"movies/{name}/{name}.mkv")
            if smaller and number % 6 == 0:
                self.part(section, smaller, item, f"Plex Versions/Optimized for Mobile/{name}.mp4")

    def shows(self):
        section, place = self.section("TV", 2, "tv.plex.agents.series", "Plex TV Series", "tv")
        for number in range(self.profile.shows):
            title = f"The {self.title()} {number}"
            show = self.item(section, 2, title)
            self.bundle("TV Shows", show)
            for season in range(1, SEASONS + 1):
                parent = self.item(section, 3, f"Season {season}", show, season)
                for episode in range(1, EPISODES + 1):
                    item = self.item(section, 4, self.title(), parent, episode)
                    self.part(section, place, item, f"tv/{title}/Season {season:02}/{title} - s{season:02}e{episode:02}.mkv")

    def music(self):
        section, place = self.section("Music", 8, "tv.plex.agents.music", "Plex Music", "music")
        for number in range(self.profile.artists):
            title = f"{self.title()} {number}"
            artist = self.item(section, 8, title)
            self.bundle("Artists", artist)
            for index in range(1, ALBUMS + 1):
                name = f"{self.title()} {index}"
                album = self.item(section, 9, name, artist, index)
                self.bundle("Albums", album)
                for track in range(1, TRACKS + 1):
                    song = self.title()
                    item = self.item(section, 10, song, album, track)
                    self.part(section, place, item, f"music/{title}/{name}/{track:02} - {song}.flac")

    def people(self):
        """Accounts, and what they have seen, rated and collected."""
        # Plex's own account for itself has the number 0.
        self.rows["accounts"] = [{"id": id, "name": name} for id, name in enumerate(["", "owner", "Zo\u00eb", "guest"])]
        leaves = [row for row in self.rows["metadata_items"] if row["metadata_type"] in (1, 4, 10)]
        for account in (1, 2, 3):
            for row in self.chance.sample(leaves, len(leaves) // (account + 1)):
                time = self.time()
                state = {"view_count": self.chance.randrange(1, 9), "view_offset": self.chance.choice([None, 60_000, 1_234_567]), "last_viewed_at": time}
                state["rating"] = self.chance.choice([None, None, 4.0, 8.0, 10.0])
                self.add("metadata_item_settings", account_id=account, guid=row["guid"], **state, created_at=time, updated_at=time)
        for _ in range(self.profile.views):
            row = self.chance.choice(leaves)
            seen = {"metadata_type": row["metadata_type"], "library_section_id": row["library_section_id"], "title": row["title"], "index": row["index"]}
            self.add("metadata_item_views", account_id=self.chance.choice([1, 1, 2, 3]), guid=row["guid"], **seen, viewed_at=self.time())
        for name in ("Rainy Sunday", "Road Trip", "Kids' \U0001f388"):
            playlist = self.item(None, 15, name)
            for order, row in enumerate(self.chance.sample(leaves, 10)):
                self.add("play_queue_generators", playlist_id=playlist, metadata_item_id=row["id"], order=1000.0 * (order + 1))

    def database(self, name, schema):
        path = self.home.path(f"Plug-in Support/Databases/com.plexapp.plugins.library.{name}")
        database = plex_database.connect(path)
        database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + schema)
        database.execute("BEGIN")
        database.executemany("INSERT INTO schema_migrations VALUES (?)", [(str(version),) for version in (20240101000000, 20250301000000)])
        return path, database

    def close(self, path, database):
        database.execute("COMMIT")
        # The mode is written to the file's header, and its last connection leaves no journal behind.
        database.execute("PRAGMA journal_mode=WAL")
        database.close()
        self.home.date(path)
        self.home.count += 1

    def databases(self):
        path, database = self.database("db", plex_database.LIBRARY)
        for table, rows in self.rows.items():
            columns = list(dict.fromkeys(column for row in rows for column in row))
            names, places = ", ".join(f'"{name}"' for name in columns), ", ".join("?" * len(columns))
            database.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", ([row.get(name) for name in columns] for row in rows))
        database.execute("INSERT INTO fts4_metadata_titles_icu(fts4_metadata_titles_icu) VALUES ('rebuild')")
        for trigger in plex_database.TRIGGERS.split("END;")[:-1]:
            database.execute(f"{trigger}END")
        self.close(path, database)
        path, database = self.database("blobs.db", plex_database.BLOBS)
        items = self.rows["metadata_items"]
        size = self.profile.blob_size
        database.executemany(
            "INSERT INTO blobs (linked_type, linked_id, linked_guid, blob_type, blob, created_at) VALUES ('metadata_item', ?, ?, ?, ?, ?)",
            (
                (row["id"], row["guid"], self.chance.choice([1, 6, 7]), self.home.noise(self.chance.randrange(size // 2, 3 * size // 2)), self.time())
                for row in (self.chance.choice(items) for _ in range(self.profile.blobs))
            ),
        )
        self.close(path, database)

    def preferences(self):
        machine = str(self.uuid())
        values = {
            "OldestPreviousVersion": self.options.version,
            "MachineIdentifier": machine,
            "ProcessedMachineIdentifier": hashlib.sha1(machine.encode()).hexdigest(),
            "AnonymousMachineIdentifier": str(self.uuid()),
            "PlexOnlineToken": "canary-plex-online-token-9b21",
            "PlexOnlineUsername": "owner",
            "PlexOnlineMail": "owner@example.com",
            "FriendlyName": "The old server",
            "AcceptedEULA": "1",
            "autoEmptyTrash": "1",
            "customConnections": "",
        }
        self.home.write("Preferences.xml", xml.tostring(xml.Element("Preferences", values), encoding="utf-8", xml_declaration=True), 0o600)

    def rest(self):
        """What lies around in every server's folder and is worth nothing."""
        self.home.write("plexmediaserver.pid", b"4711")
        for number in range(6):
            self.home.write(f"Logs/Plex Media Server.{number or ''}.log".replace("..", "."), self.text(4 * KIB).encode())
            self.home.write(f"Cache/PhotoTranscoder/{number:02}/{self.digest('cache', number)}.jpg", self.poster())
        self.home.write("Cache/CloudUsersV2.dat", self.home.noise(2 * KIB), 0o600)
        self.home.write("Codecs/.device-id", str(self.uuid()).encode())
        self.home.write("Codecs/9b3ab7d-5094-linux-x86_64/libh264_decoder.so", self.home.noise(48 * KIB), 0o755)
        self.home.write(f"Crash Reports/{self.options.version}/PLEX MEDIA SERVER/crash.dmp", self.home.noise(16 * KIB))
        self.home.write("Plug-in Support/Preferences/com.plexapp.agents.imdb.xml", b'<?xml version="1.0"?>\n<PluginPreferences/>\n')

    def oddities(self):
        contents = "Metadata/Movies/0/ddba11.bundle/Contents"
        for name in ODD_NAMES:
            self.home.write(os.path.join(f"{contents}/_combined/posters".encode(), name), self.poster())
        for name in ODD_NAMES[:4]:
            self.home.write(os.path.join(f"{contents}/_stored".encode(), name, b"poster"), self.poster())
        self.home.write(f"{contents}/_combined/empty.jpg", b"")
        self.home.write("Media/localhost/empty", b"")
        future = 4_102_444_800 * 10**9 + 123_456_789
        self.home.write(f"{contents}/_combined/from-2100.jpg", self.poster(), time=future)
        first = self.home.write(f"{contents}/_combined/linked-1.jpg", self.poster())
        os.link(first, self.home.path(f"{contents}/_combined/linked-2.jpg"))
        link = self.home.path(f"{contents}/_combined/poster.jpg")
        os.symlink("posters/with space", link)
        self.home.date(link)
        sparse = self.home.write("Media/localhost/index-sd.bif", self.home.noise(4 * KIB))
        os.truncate(sparse, 2 * MIB)
        self.home.date(sparse)
        self.home.count += 1

    def fill(self):
        """Up to the profile's number of files, the same number to each bundle."""
        for number in range(self.profile.files - self.home.count):
            gallery = self.galleries[number % len(self.galleries)]
            self.home.write(f"{gallery}{self.digest('fill', number)}.jpg", self.poster())

    def run(self):
        for step in (self.preferences, self.rest, self.oddities, self.movies, self.shows, self.music, self.people, self.databases, self.fill):
            step()
        for tree in (self.home, self.media, self.optimized):
            if tree:
                tree.finish()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", choices=PROFILES, required=True)
    parser.add_argument("--seed", type=int, default=1)
    for name in ("library", "media", "media-path", "version"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("optimized", "optimized-path"):
        parser.add_argument(f"--{name}")
    # Whoever generates: modes are part of what is generated.
    os.umask(0o022)
    Generator(parser.parse_args()).run()


main()
