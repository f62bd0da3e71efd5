#!/usr/bin/env bash
# Removes the old container and its data on the day that the config names; the archive stays. Whatever speaks against it
# is told, and then nothing is touched.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=migrations/overseerr/move.sh
source "$(dirname "$0")/../move.sh"

main() {
  local JOB_FAULT
  begin
  reach_source || stop_on_problems "The old Overseerr's host can't be reached; nothing was removed:"
  # shellcheck disable=SC2034 # handed over
  JOB_FAULT=$(job_fault)
  # Takes the lock: no other run is at work there.
  look_at_hold
  RESULT=$(work source overseerr/source/remove-old.sh REMOVE_ON JOB_FAULT)
  tidy
  if [[ $(field already "$RESULT") == true ]]; then
    say "there is nothing left of the old Overseerr on $SOURCE_HOST"
  else
    say "removed on $SOURCE_HOST: the container $SERVICE ($(field image "$RESULT")), and $(human "$(field bytes "$RESULT")") in $(field files "$RESULT") files of $DATA"
    say "to have the data back there: sudo tar --zstd --numeric-owner -xpf $(field archive "$RESULT") -C $DATA"
  fi
  finish remove-old "$RESULT"
}

main "$@" </dev/null
