#!/usr/bin/env bash
# The dead man's switch: puts the old server back into service when nobody has renewed the hold for a while.
# Runs detached until the hold is released, the host restarts, or it has fired.
#
# variables: those of hold.sh; EPOCH (of the hold that it guards), WINDOW (seconds without renewal)
set -euo pipefail
: "${EPOCH:?epoch of the hold}" "${WINDOW:?seconds without renewal}"

main() {
  local renewed
  while [[ $(cat "$WORK/epoch" 2>/dev/null) == "$EPOCH" ]]; do
    renewed=$(cat "$WORK/renewed" 2>/dev/null) || renewed=0
    if (($(uptime_seconds) - renewed > WINDOW)); then
      # First the end of the hold, so that nobody goes on in the belief that it stands.
      take_epoch fired || return 0
      restore_service
      return
    fi
    sleep 1
  done
}

main "$@" </dev/null
