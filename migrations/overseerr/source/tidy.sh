#!/usr/bin/env bash
# Removes what only a move that is under way needs; the archive stays.
#
# variables: those of lib.sh
set -euo pipefail

main() {
  # What another run is at is not left over.
  take_lock
  rm -rf -- "$COPY" "$BACKUP_DIR"/.overseerr-check.* "$WORK/jobs"
  # Of requests that were to be brought back.
  [[ -e $HALFWAY ]] || rm -rf -- "$LIVE.part" "${LIVE%/*}"/before-rollback-g*.part
  result '{}'
}

main "$@" </dev/null
