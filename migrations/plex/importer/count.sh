#!/usr/bin/env bash
# Counts the rows of the databases that have arrived, with the SQLite of the Plex that will read them. Runs in the
# importer's container of that image.
#
# variables: those of lib.sh; PLEX_PROGRAMS
# result: counts
set -euo pipefail
: "${PLEX_PROGRAMS:=/usr/lib/plexmediaserver}"

# shellcheck disable=SC2034 # read by check_database
SQLITE_LEVEL=plex
sqlite() { "$PLEX_PROGRAMS/Plex SQLite" -batch "$1" "$2"; }

main() {
  local name found database=$RESTORED/com.plexapp.plugins.library.db
  for name in "$database" "$RESTORED/com.plexapp.plugins.library.blobs.db"; do
    found=$(damage "$name")
    [[ -z $found ]] || die "$(basename "$name") has arrived and $found" "run the same command again: it is fetched anew"
  done
  if [[ -e $database-wal || -e $database-journal ]]; then
    # Whoever opens it writes the log into it: that is for the server to do, so a copy is counted.
    rm -rf "$STATE/counted" && mkdir -p "$STATE/counted"
    cp --reflink=auto -- "$database"* "$STATE/counted/"
    result "$(counts "$STATE/counted/${database##*/}")"
    rm -rf "$STATE/counted"
  else
    result "$(counts "file:$(sed 's/%/%25/g; s/ /%20/g; s/?/%3f/g; s/#/%23/g' <<<"$database")?immutable=1")"
  fi
}

main "$@" </dev/null
