#!/usr/bin/env bash
# How far the replica of the database is, as one object: now, when the database was last written to (written), what
# Litestream has noted here (status, and its files with the second of each), and what lies in the store (replica). Fails
# where the store can't be read.
set -euo pipefail
: "${DATABASE:?path of the database}" "${CONFIG:=/local/litestream.yml}"

# Litestream's own files of the newest level.
files() {
  local folder=${DATABASE%/*}/.${DATABASE##*/}-litestream/ltx/0 file separator=''
  for file in "$folder"/*.ltx; do
    [[ -e $file ]] || continue
    printf '%s{"name":"%s","at":%s}' "$separator" "${file##*/}" "$(stat --format=%Y "$file")"
    separator=,
  done
}

# Of the log, into which every program writes first; of the database itself where there is none.
written() { stat --format=%Y "$DATABASE-wal" 2>/dev/null || stat --format=%Y "$DATABASE"; }

main() {
  local status replica
  status=$(litestream status -config "$CONFIG" -json "$DATABASE")
  replica=$(timeout 8 litestream ltx -config "$CONFIG" -level all -json "$DATABASE")
  printf '{"now":%s,"written":%s,"status":%s,"files":[%s],"replica":%s}\n' "$(date +%s)" "$(written)" "$status" "$(files)" "$replica"
}

main "$@" </dev/null
