#!/usr/bin/env bash
# Removes what a move may have left behind that was given up half-way. The old host may be gone by now.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=migrations/overseerr/move.sh
source "$(dirname "$0")/../move.sh"

main() {
  begin
  tidy 2>/dev/null || say "$SOURCE_HOST can't be asked; copies of the data may lie in $BACKUP_DIR there"
  finish clean-up '{}'
}

main "$@" </dev/null
