#!/usr/bin/env bash
# Stops the old server, with a switch armed that brings it back.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=migrations/plex/move.sh
source "$(dirname "$0")/../move.sh"

main() { chain_step stop ensure_stopped; }

main "$@" </dev/null
