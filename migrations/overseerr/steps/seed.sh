#!/usr/bin/env bash
# Uploads the database as the replica that the new Overseerr will start from.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=migrations/overseerr/move.sh
source "$(dirname "$0")/../move.sh"

main() { chain_step seed ensure_seeded; }

main "$@" </dev/null
