#!/usr/bin/env bash
# Counts what has arrived, and says the last word on it.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=migrations/plex/move.sh
source "$(dirname "$0")/../move.sh"

main() { chain_step verify ensure_verified; }

main "$@" </dev/null
