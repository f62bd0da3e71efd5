#!/usr/bin/env bash
# Says whether the old server is held, and renews the hold.
#
# variables: those of hold.sh; RUN
# result: "held EPOCH STOPPED_AT ARCHIVED", or "free"; ARCHIVED is the epoch of the archive, or none
set -euo pipefail

main() {
  take_lock
  if held; then
    renew_switch
    result "held $(<"$WORK/epoch") $(<"$WORK/stopped-at") $(cat "$ARCHIVE.epoch" 2>/dev/null || echo none)"
  else
    result free
  fi
}

main "$@" </dev/null
