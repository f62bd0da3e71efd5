#!/usr/bin/env bash
# Packs and proves the databases of the stopped server.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=migrations/plex/move.sh
source "$(dirname "$0")/../move.sh"

main() { chain_step archive ensure_archived; }

main "$@" </dev/null
