#!/bin/sh
# Names the folders that can't be read here, each with the reason; nothing where all can.
#
# variables: FOLDERS, one a line
set -eu
: "${FOLDERS:?folders to look at}"

main() {
  echo "$FOLDERS" | while IFS= read -r folder; do
    said=$(timeout 5 ls -A "$folder/" 2>&1 >/dev/null) || echo "$folder: ${said:-it does not answer within 5 s}"
  done
}

main "$@" </dev/null
