#!/bin/sh
# A few links of the symlink library, one a line; nothing where there are none.
#
# variables: LIBRARY
set -eu
: "${LIBRARY:?folder of the library}"

main() {
  # With the slash, for in Decypharr's own pod the folder itself is a link. A probe's link is gone in a moment.
  timeout 8 find "$LIBRARY/" -type l ! -name '.media-homelab-probe-*' 2>/dev/null | head -n 3
}

main "$@" </dev/null
