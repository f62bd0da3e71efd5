#!/bin/sh
# Makes a link, or takes it away.
#
# variables: LINK, TARGET (empty: the link is taken away)
set -eu
: "${LINK:?path of the link}"

main() {
  if [ -n "${TARGET:-}" ]; then ln -s "$TARGET" "$LINK"; else rm -f "$LINK"; fi
}

main "$@" </dev/null
