#!/usr/bin/env bash
# Restores that replica and compares every table.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=migrations/overseerr/move.sh
source "$(dirname "$0")/../move.sh"

main() { chain_step drill ensure_drilled; }

main "$@" </dev/null
