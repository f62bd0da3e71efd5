#!/usr/bin/env bash
# How many rows the tables have that people would miss: a line each, name and number.
set -euo pipefail
: "${DATABASE:?path of the database}"

main() {
  local table count
  for table in user media_request; do
    # On its own line, or a database that can't be read would have no rows.
    count=$(sqlite3 "$DATABASE" "SELECT count(*) FROM \"$table\"")
    echo "$table $count"
  done
}

main "$@" </dev/null
