#!/usr/bin/env bash
# Compares what has arrived with its source.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=migrations/plex/move.sh
source "$(dirname "$0")/../move.sh"

main() { chain_step verify ensure_verified; }

main "$@" </dev/null
