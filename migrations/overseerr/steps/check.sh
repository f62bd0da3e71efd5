#!/usr/bin/env bash
# Looks at both sides before anything is stopped, and tells every problem at once: the old Overseerr and its data, the
# replica's place, the volume, and Nomad.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=migrations/overseerr/move.sh
source "$(dirname "$0")/../move.sh"

check_source() {
  reach_source || stop_on_problems "The old Overseerr's host can't be reached:"
  # shellcheck disable=SC2086 # words
  ask source overseerr/source/inspect.sh IMAGE_VERSION ALLOW_EMPTY $KEYS
}

check_nomad() {
  local status
  status=$(job_status) || { problem "Nomad can't be asked whether a job $JOB_ID runs" "nomad.address in the config, NOMAD_TOKEN in the environment; try: nomad job status -address=$NOMAD_ADDRESS"; }
  case ${status:-} in
    '' | none | stopped) ;;
    *) problem "a job $JOB_ID runs in Nomad already (${status% *})" "if a move has brought it: npm run rollback -- $STACK overseerr; if it began there, and nobody needs its requests: nomad job stop $JOB_ID" ;;
  esac
  stop_on_problems "Nomad is not ready; nothing was stopped:"
}

main() {
  local inspected failed=0
  begin
  need awk nomad sed ssh ssh-keygen -- "install it on this machine"
  stop_on_problems "This machine is not ready:"
  # Side by side: what is wrong on one must not hide what is wrong on the other.
  check_source >"$TEMPORARY/inspected" 2>"$TEMPORARY/source" &
  (check_nomad) 2>"$TEMPORARY/nomad" || failed=1
  wait "$!" || failed=1
  inspected=$(<"$TEMPORARY/inspected")
  cat "$TEMPORARY/source" "$TEMPORARY/nomad" >&2
  ((failed == 0)) || exit 1
  say "$(human "$(field bytes "$inspected")") of data, the database $(human "$(field databaseBytes "$inspected")"); the replica's place is $(field replica "$inspected")"
  finish check "$inspected"
}

main "$@" </dev/null
