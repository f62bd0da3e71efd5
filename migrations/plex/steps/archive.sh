#!/usr/bin/env bash
# Packs and proves the databases of the stopped server, while the importer fetches what has changed since the pre-copy.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=migrations/plex/move.sh
source "$(dirname "$0")/../move.sh"

main() { chain_step archive ensure_packed; }

main "$@" </dev/null
