#!/bin/sh
# Names the links whose file can't be read here, each with the reason; nothing where all can.
#
# variables: LINKS, one a line
set -eu
: "${LINKS:?links to follow}"

main() {
  echo "$LINKS" | while IFS= read -r link; do
    said=$(timeout 5 head -c 1 "$link" 2>&1 >/dev/null) || echo "$link: ${said:-it does not answer within 5 s}"
  done
}

main "$@" </dev/null
