#!/usr/bin/env bash
# Removes what a move may have left behind that was given up half-way. The old host may be gone by now.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=migrations/plex/move.sh
source "$(dirname "$0")/../move.sh"

main() {
  begin
  remove_importer
  shut_importer_out 2>/dev/null || say "$SOURCE_HOST can't be asked; the importer's key on it, if there is one, expires within a week"
  finish clean-up '{}'
}

main "$@" </dev/null
