#!/usr/bin/env bash
# Restores the replica to a place of its own, looks whether it is whole and Overseerr's, and takes it away again: prints
# how many users and requests are in it.
set -euo pipefail
: "${DATABASE:?path of the database}" "${CONFIG:=/local/litestream.yml}"

main() {
  local folder answer
  folder=$(mktemp -d)
  # shellcheck disable=SC2064 # as it is now
  trap "rm -rf '$folder'" EXIT
  timeout 100 litestream restore -config "$CONFIG" -integrity-check full -o "$folder/restored" "$DATABASE" >/dev/null
  answer=$(sqlite3 "$folder/restored" "SELECT (SELECT count(*) FROM user) || ' users, ' || (SELECT count(*) FROM media_request) || ' requests'")
  echo "$answer"
}

main "$@" </dev/null
