#!/usr/bin/env bash
# Tells of the archive of this hold.
#
# variables: those of hold.sh
# result: that of the app's own archive.sh
set -euo pipefail

main() { result "$(<"$ARCHIVE.json")"; }

main "$@" </dev/null
