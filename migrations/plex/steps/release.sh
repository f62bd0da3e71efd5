#!/usr/bin/env bash
# Hands the library over: the importer and its key go, the old server is sealed, its switch disarmed. From here on
# the new server may start.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=migrations/plex/move.sh
source "$(dirname "$0")/../move.sh"

main() { release_step :; }

main "$@" </dev/null
