#!/usr/bin/env bash
# Gives the data up to the new server: from here on the old one stays stopped, after a restart of its host, too.
#
# variables: those of hold.sh; RUN, EPOCH (of the hold on which everything was proved)
# result: released
set -euo pipefail
: "${EPOCH:?epoch of the hold}"

main() {
  local at
  take_lock
  check_held
  at=$(<"$WORK/stopped-at")
  # Sealed while the switch still lives: if this fails, the switch puts everything back.
  seal_service
  disarm_switch || die "the switch on $(hostname) has fired at the last moment: the old server serves again" "run the same command again"
  echo "$at" | replace "$RELEASED"
  # The guard stays: whoever waits for it must not wait for another file.
  find "$WORK" -mindepth 1 ! -name lock.guard -delete
  result released
}

main "$@" </dev/null
