#!/bin/sh
# Writes a small file, reads it again and takes it away: "written", or what went wrong.
#
# variables: FOLDER, NAME (that nobody else takes)
set -eu
: "${FOLDER:?folder to write to}" "${NAME:?name of the file}"

main() {
  file=$FOLDER/$NAME
  trap 'rm -f "$file"' EXIT
  if said=$({ echo probe >"$file" && [ "$(cat "$file")" = probe ]; } 2>&1); then
    echo written
  else
    echo "${said:-it does not read back what was written}"
  fi
}

main "$@" </dev/null
