#!/usr/bin/env bash
# Tells for which holds the replica was seeded and proved, and the settings put on the volume.
#
# variables: those of lib.sh
# result: three epochs, none for what was not done
set -euo pipefail

main() {
  local at
  at=$(epoch_of "$SETTLED")
  # The volume itself counts: it may have been taken back, or be another one by now.
  [[ $(cat "$MOVED" 2>/dev/null) == "$GENERATION" && ! -e $FENCE ]] || at=none
  result "$(epoch_of "$SEEDED") $(epoch_of "$DRILLED") $at"
}

main "$@" </dev/null
