#!/usr/bin/env bash
# Brings the archive, while the library that has arrived is compared with its source.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=migrations/plex/move.sh
source "$(dirname "$0")/../move.sh"

main() { chain_step transfer ensure_transferred; }

main "$@" </dev/null
