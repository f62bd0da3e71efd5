#!/usr/bin/env bash
# Stops the old server and keeps it stopped; before that it arms the switch that brings it back.
#
# variables: those of hold.sh; RUN, WINDOW (seconds without renewal until the switch fires), SWITCH (text of the
#            switch, with all that it needs), NOW (the operator's clock, for the report)
# result: epoch, stoppedAt, seconds (until everything was closed), leftWal
set -euo pipefail
: "${RUN:?name of this run}" "${WINDOW:?seconds}" "${SWITCH:?text of the switch}" "${NOW:?seconds since 1970}"

arm() {
  remember_service
  epoch=$(od -An -N6 -tx1 /dev/urandom | tr -d ' \n')
  # A hold from now on: what an earlier one has given up is not given up any more.
  rm -f "$WORK/signature" "$RELEASED"
  printf '%s\n' "EPOCH=$epoch" "$SWITCH" | replace "$WORK/switch.sh"
  renew_switch
  echo "$epoch" | replace "$WORK/epoch"
  setsid bash "$WORK/switch.sh" >"$WORK/switch.log" 2>&1 </dev/null 6>&- 7>&- &
  echo $! | replace "$WORK/switch.pid"
  sleep 0.3
  switch_live || die "the switch that would bring the old server back does not run" "see $WORK/switch.log on $(hostname); the server was not stopped"
}

main() {
  local epoch started wal=false
  take_lock
  if held; then
    renew_switch
    epoch=$(<"$WORK/epoch")
    result "$(json epoch "$epoch" stoppedAt "$(<"$WORK/stopped-at")" seconds 0 leftWal false)"
    return
  fi
  require_whole
  disarm_switch || true
  make_backup_dir
  trap '[[ $? == 0 ]] || { disarm_switch || true; restore_service; }' EXIT
  arm
  echo "$NOW" | replace "$WORK/stopped-at"
  started=$(uptime_seconds)
  hold_service
  stop_service || say "$SERVICE did not stop in $STOP_LIMIT s"
  [[ $KIND != docker || $(docker inspect --format '{{.State.ExitCode}}' "$SERVICE") != 137 ]] ||
    say "$SERVICE did not end by itself and was killed: what it had not written to its database lies in the write-ahead log"
  wait_until "$STOP_LIMIT" stopped || die "$SERVICE on $(hostname) still has its database open, $STOP_LIMIT s after it was told to stop" \
    "see who: sudo fuser -v \"${HELD_FILES[0]}\"; then run the same command again"
  if left_wal; then
    wal=true
    say "the server has left a write-ahead log behind: it is moved with its database"
  fi
  signature | replace "$WORK/signature"
  renew_switch
  result "$(json epoch "$epoch" stoppedAt "$NOW" seconds $(($(uptime_seconds) - started)) leftWal "$wal")"
}

main "$@" </dev/null
