"""What SQLite needs for Plex's databases, and an empty one's tables, as far as they are known.

Plex builds SQLite with a collation and a tokenizer of its own: without them, programs refuse its tables.
"""

import functools
import os
import sqlite3
import unicodedata
from urllib.parse import quote


@functools.lru_cache(maxsize=None)
def sort_key(text):
    """As ICU's root collation goes about it: letters first, then accents, then case."""
    split = unicodedata.normalize("NFD", text)
    return "".join(c for c in split if not unicodedata.combining(c)).casefold(), split.casefold(), text.swapcase()


def compare(one, other):
    one, other = sort_key(one), sort_key(other)
    return (one > other) - (one < other)


def connect(path, mode="rwc"):
    # The command line takes such an address, too.
    address = path if str(path).startswith("file:") else f"file:{quote(os.fsencode(path))}?mode={mode}"
    database = sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None)
    # Not all of a path need be UTF-8.
    database.text_factory = os.fsdecode
    database.create_collation("icu_root", compare)
    (simple,) = database.execute("SELECT fts3_tokenizer(?)", ("simple",)).fetchone()
    database.execute("SELECT fts3_tokenizer(?, ?)", ("collating", simple))
    return database


LIBRARY = """
CREATE TABLE IF NOT EXISTS schema_migrations (version varchar(255) NOT NULL);
CREATE TABLE IF NOT EXISTS accounts (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, name varchar(255), hashed_password varchar(255), salt varchar(255),
  default_audio_language varchar(255), default_subtitle_language varchar(255), auto_select_subtitle boolean DEFAULT 1,
  auto_select_audio boolean DEFAULT 1, created_at dt_integer(8), updated_at dt_integer(8));
CREATE TABLE IF NOT EXISTS library_sections (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, library_id integer, name varchar(255),
  name_sort varchar(255) COLLATE NOCASE, section_type integer, language varchar(255), agent varchar(255), scanner varchar(255),
  user_thumb_url varchar(255), user_art_url varchar(255), uuid varchar(255), created_at dt_integer(8), updated_at dt_integer(8),
  scanned_at dt_integer(8), changed_at integer(8) DEFAULT 0, content_changed_at integer(8) DEFAULT 0);
CREATE TABLE IF NOT EXISTS section_locations (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, library_section_id integer, root_path varchar(255),
  available boolean DEFAULT 1, scanned_at dt_integer(8), created_at dt_integer(8), updated_at dt_integer(8));
CREATE TABLE IF NOT EXISTS metadata_items (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, library_section_id integer, parent_id integer,
  metadata_type integer, guid varchar(255), media_item_count integer, title varchar(255), title_sort varchar(255) COLLATE NOCASE,
  original_title varchar(255), studio varchar(255), rating float, tagline varchar(255), summary text, content_rating varchar(255),
  "index" integer, absolute_index integer, duration integer, user_thumb_url varchar(255), user_art_url varchar(255),
  originally_available_at dt_integer(8), year integer, added_at dt_integer(8), created_at dt_integer(8), updated_at dt_integer(8),
  deleted_at dt_integer(8), refreshed_at dt_integer(8), extra_data varchar(255), hash varchar(255), audience_rating float,
  changed_at integer(8) DEFAULT 0, resources_changed_at integer(8) DEFAULT 0);
CREATE TABLE IF NOT EXISTS media_items (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, library_section_id integer, section_location_id integer,
  metadata_item_id integer, type_id integer, width integer, height integer, size integer(8), duration integer, bitrate integer,
  container varchar(255), video_codec varchar(255), audio_codec varchar(255), display_aspect_ratio float, frames_per_second float,
  audio_channels integer, created_at dt_integer(8), updated_at dt_integer(8), optimized_for_streaming boolean, deleted_at dt_integer(8),
  extra_data varchar(255));
CREATE TABLE IF NOT EXISTS media_parts (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, media_item_id integer, directory_id integer, hash varchar(255),
  open_subtitle_hash varchar(255), file varchar(255), "index" integer, size integer(8), duration integer, created_at dt_integer(8),
  updated_at dt_integer(8), deleted_at dt_integer(8), extra_data varchar(255));
CREATE TABLE IF NOT EXISTS media_streams (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, stream_type_id integer, media_item_id integer,
  media_part_id integer, codec varchar(255), language varchar(255), "index" integer, channels integer, bitrate integer,
  created_at dt_integer(8), updated_at dt_integer(8), extra_data varchar(255));
CREATE TABLE IF NOT EXISTS metadata_item_settings (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, account_id integer, guid varchar(255), rating float,
  view_offset integer, view_count integer, last_viewed_at dt_integer(8), skip_count integer DEFAULT 0, last_skipped_at dt_integer(8),
  created_at dt_integer(8), updated_at dt_integer(8), changed_at integer(8) DEFAULT 0, extra_data varchar(255), last_rated_at dt_integer(8));
CREATE TABLE IF NOT EXISTS metadata_item_views (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, account_id integer, guid varchar(255),
  metadata_type integer, library_section_id integer, grandparent_title varchar(255), parent_index integer, parent_title varchar(255),
  "index" integer, title varchar(255), thumb_url varchar(255), viewed_at dt_integer(8), grandparent_guid varchar(255), device_id integer);
CREATE TABLE IF NOT EXISTS play_queue_generators (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, playlist_id integer, metadata_item_id integer,
  uri varchar(255), "limit" integer, continuous boolean, "order" float, created_at dt_integer(8), updated_at dt_integer(8));
CREATE TABLE IF NOT EXISTS statistics_resources (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, timespan integer, at dt_integer(8),
  host_cpu_utilization float, process_cpu_utilization float);
CREATE INDEX IF NOT EXISTS index_metadata_items_on_parent_id ON metadata_items (parent_id);
CREATE INDEX IF NOT EXISTS index_metadata_items_on_guid ON metadata_items (guid);
CREATE INDEX IF NOT EXISTS index_metadata_items_on_library_section_id_and_metadata_type ON metadata_items (library_section_id, metadata_type);
CREATE INDEX IF NOT EXISTS index_title_sort_icu ON metadata_items (title_sort COLLATE icu_root);
CREATE INDEX IF NOT EXISTS index_media_items_on_metadata_item_id ON media_items (metadata_item_id);
CREATE INDEX IF NOT EXISTS index_media_parts_on_media_item_id ON media_parts (media_item_id);
CREATE INDEX IF NOT EXISTS index_media_parts_on_file ON media_parts (file);
CREATE INDEX IF NOT EXISTS index_metadata_item_settings_on_guid ON metadata_item_settings (guid);
CREATE VIRTUAL TABLE IF NOT EXISTS fts4_metadata_titles_icu USING fts4(content="metadata_items", title, title_sort, original_title, tokenize=collating);
"""

# Apart from the tables, since rows that are there already are indexed at once and not one by one.
TRIGGERS = """
CREATE TRIGGER IF NOT EXISTS fts4_metadata_titles_before_update_icu BEFORE UPDATE ON metadata_items
  BEGIN DELETE FROM fts4_metadata_titles_icu WHERE docid=old.rowid; END;
CREATE TRIGGER IF NOT EXISTS fts4_metadata_titles_before_delete_icu BEFORE DELETE ON metadata_items
  BEGIN DELETE FROM fts4_metadata_titles_icu WHERE docid=old.rowid; END;
CREATE TRIGGER IF NOT EXISTS fts4_metadata_titles_after_update_icu AFTER UPDATE ON metadata_items
  BEGIN INSERT INTO fts4_metadata_titles_icu(docid, title, title_sort, original_title) VALUES (new.rowid, new.title, new.title_sort, new.original_title); END;
CREATE TRIGGER IF NOT EXISTS fts4_metadata_titles_after_insert_icu AFTER INSERT ON metadata_items
  BEGIN INSERT INTO fts4_metadata_titles_icu(docid, title, title_sort, original_title) VALUES (new.rowid, new.title, new.title_sort, new.original_title); END;
"""

BLOBS = """
CREATE TABLE IF NOT EXISTS schema_migrations (version varchar(255) NOT NULL);
CREATE TABLE IF NOT EXISTS blobs (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, linked_type varchar(255), linked_id integer, linked_guid varchar(255),
  blob_type integer, blob blob, created_at dt_integer(8));
CREATE INDEX IF NOT EXISTS index_blobs_on_linked_type_and_linked_id ON blobs (linked_type, linked_id);
"""
