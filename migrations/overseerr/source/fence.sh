#!/usr/bin/env bash
# Closes the volume to the new Overseerr: its first task refuses from here on.
#
# variables: those of lib.sh; SAY (rolled-back: for good; withdrawn: until the same move is tried again)
set -euo pipefail
: "${SAY:?rolled-back or withdrawn}"

main() {
  take_lock
  [[ -d $VOLUME ]] || die "there is no folder $VOLUME on $(hostname): the volume can't be closed to the new Overseerr" "mount it; then run the same command again"
  echo "$SAY $GENERATION" | replace "$FENCE"
  result '{}'
}

main "$@" </dev/null
