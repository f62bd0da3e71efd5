#!/usr/bin/env bash
# Copies all but the databases while the old server serves.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=migrations/plex/move.sh
source "$(dirname "$0")/../move.sh"

main() {
  begin
  ensure_importer
  let_importer_in
  RESULT=$(work importer plex/importer/pre-copy.sh)
  finish pre-copy "$RESULT"
}

main "$@" </dev/null
