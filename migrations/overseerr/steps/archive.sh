#!/usr/bin/env bash
# Packs and proves the data of the stopped Overseerr.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=migrations/overseerr/move.sh
source "$(dirname "$0")/../move.sh"

main() { chain_step archive ensure_archived; }

main "$@" </dev/null
