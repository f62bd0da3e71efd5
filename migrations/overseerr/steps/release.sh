#!/usr/bin/env bash
# Hands Overseerr over: its old container stays stopped and does not start by itself, its switch is disarmed. From here
# on the new one may start.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=migrations/overseerr/move.sh
source "$(dirname "$0")/../move.sh"

main() {
  local released
  begin
  undo_by back_into_service
  # Done, but not heard of: the run was killed between the deed and its record.
  released=$(ask source lib/source/released.sh)
  if [[ $released == no ]]; then
    release
  else
    STOPPED_AT=$released
    ask source overseerr/source/tidy.sh >/dev/null
  fi
  # What has been handed over is no longer to be put back by this step.
  undo_by :
  finish release "$(json stoppedAt "$STOPPED_AT")"
}

main "$@" </dev/null
