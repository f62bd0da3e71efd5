#!/usr/bin/env bash
# Hands the library over: the importer and its key go, the old server is sealed, its switch disarmed. From here on
# the new server may start.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=migrations/plex/move.sh
source "$(dirname "$0")/../move.sh"

main() {
  local released
  begin
  undo_by back_into_service
  # Done, but not heard of: the run was killed between the deed and its record.
  released=$(ask source lib/source/released.sh)
  if [[ $released == no ]]; then release; else STOPPED_AT=$released; fi
  # What has been handed over is no longer to be put back by this step.
  undo_by :
  finish release "$(json stoppedAt "$STOPPED_AT")"
}

main "$@" </dev/null
