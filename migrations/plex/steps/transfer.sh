#!/usr/bin/env bash
# Brings the archive and what has changed since the pre-copy.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=migrations/plex/move.sh
source "$(dirname "$0")/../move.sh"

main() { chain_step transfer ensure_transferred; }

main "$@" </dev/null
