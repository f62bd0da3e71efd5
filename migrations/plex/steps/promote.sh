#!/usr/bin/env bash
# Puts the library in its place and marks it as whole.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=migrations/plex/move.sh
source "$(dirname "$0")/../move.sh"

main() { chain_step promote ensure_arrived; }

main "$@" </dev/null
