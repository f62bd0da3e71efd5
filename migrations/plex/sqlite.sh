# shellcheck shell=bash
# Judges a Plex database by a copy that nobody else has open. Plex's tables use a collation and a tokenizer of
# its own, so only the SQLite that ships with Plex can check them whole; a stock one takes a healthy library
# for a damaged one. https://support.plex.tv/articles/repair-a-corrupted-database/
#
# The caller defines: sqlite FILE SQL, and SQLITE_LEVEL: plex, or stock.

readonly TABLES=(library_sections metadata_items media_items media_parts metadata_item_settings metadata_item_views accounts)

# check_database FILE: prints nothing if it is sound. Drift of the full-text index is a warning: Plex rebuilds it.
check_database() {
  local file=$1 found lines table
  found=$(damage "$file")
  [[ -z $found ]] || { echo "$found"; return; }
  if [[ $SQLITE_LEVEL == plex ]]; then
    lines=$(sqlite "$file" "PRAGMA integrity_check(20)" 2>&1) || { echo "can't be checked: ${lines:0:300}"; return; }
  else
    lines=$({
      for table in $(plain_tables "$file"); do sqlite "$file" "PRAGMA integrity_check('$table')" || true; done
      # Of the others it can at least read every row.
      for table in $(collated_tables "$file"); do sqlite "$file" "SELECT * FROM $table NOT INDEXED" >/dev/null || true; done
    } 2>&1 | sort -u)
    [[ -n $lines ]] || { echo "can't be checked: no table can be read"; return; }
  fi
  if grep -q '^malformed inverted index for FTS' <<<"$lines"; then
    say "warning: the full-text index of $(basename "$file") has drifted; Plex rebuilds it when it optimises the database"
  fi
  sed -e '/^ok$/d' -e '/^malformed inverted index for FTS/d' <<<"$lines" | head -n 5 | tr '\n' ';' | cut -c -400 | sed 's/^/is damaged: /'
}

# Tables that stock SQLite can check: no index of theirs uses Plex's collation, and they are no full-text index.
plain_tables() {
  sqlite "$1" "SELECT name FROM sqlite_master t WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT GLOB '*[^A-Za-z0-9_]*'
    AND sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE 'fts%' AND NOT EXISTS
    (SELECT 1 FROM sqlite_master i WHERE i.tbl_name = t.name AND i.sql LIKE '%icu_root%')"
}

# Tables of which an index uses Plex's collation.
collated_tables() {
  sqlite "$1" "SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'index' AND sql LIKE '%icu_root%' AND tbl_name NOT GLOB '*[^A-Za-z0-9_]*'"
}

# missing_tables FILE: those without which it is no Plex library.
missing_tables() {
  local have table missing=()
  have=$(sqlite "$1" "SELECT name FROM sqlite_master WHERE type = 'table'")
  for table in "${TABLES[@]}"; do
    grep -qx "$table" <<<"$have" || missing+=("$table")
  done
  echo "${missing[*]}"
}

# counts FILE: rows by table, the playlists, and the items of each section by its number, as JSON.
counts() {
  local table sql="SELECT 'playlists', COUNT(*) FROM metadata_items WHERE metadata_type = 15"
  for table in "${TABLES[@]}"; do
    sql+=" UNION ALL SELECT '$table', COUNT(*) FROM $table"
  done
  # What Plex calls the items of a section: films, shows, artists, albums of photos.
  sql+=" UNION ALL SELECT 'section ' || s.id, COUNT(m.id) FROM library_sections s LEFT JOIN metadata_items m
    ON m.library_section_id = s.id AND m.metadata_type = s.section_type GROUP BY s.id"
  sqlite "$1" "$sql" | LC_ALL=C sort | awk -F'|' '{ printf "%s\"%s\":%s", (NR == 1 ? "{" : ","), $1, $2 } END { print (NR ? "}" : "{}") }'
}
