#!/usr/bin/env bash
# Puts settings.json on the new Overseerr's volume.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=migrations/overseerr/move.sh
source "$(dirname "$0")/../move.sh"

main() { chain_step settings ensure_settled; }

main "$@" </dev/null
