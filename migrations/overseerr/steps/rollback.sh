#!/usr/bin/env bash
# Takes the move back: the new Overseerr is stopped first and its volume closed to it, then the old one started; with
# requests, the newest state of the replica is brought into it in between. Run by npm run rollback.
#
# Its line "result nothing" says that nothing was touched.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=migrations/overseerr/move.sh
source "$(dirname "$0")/../move.sh"

readonly WITH_REQUESTS=${WITH_REQUESTS:-false}
# shellcheck disable=SC2034 # handed over
readonly WITHOUT=${COMMAND% --with-requests}
readonly AGAIN="$WITHOUT --with-requests"

# refuse WHAT FIX…: before anything was touched.
refuse() {
  result nothing
  die "$@"
}

# bring_back LOOK_ONLY: whether the requests can be brought back, or that they are.
bring_back() {
  # shellcheck disable=SC2034 # handed over
  local LOOK_ONLY=$1 COUNTS=$counts
  # Takes the lock: no other run is at work there.
  look_at_hold || return
  # shellcheck disable=SC2086 # words
  work source overseerr/source/bring-back.sh LOOK_ONLY COUNTS AGAIN $KEYS >/dev/null
}

# The replica is read while the new Overseerr still serves, so that what can't be done stops nobody.
require_requests() {
  [[ $state != *" active" ]] ||
    refuse "the old Overseerr on $SOURCE_HOST runs, so nothing is brought back into it: that would undo what it was asked for" "to stop it, if nobody has used it: docker stop $SERVICE there; then $AGAIN" "to go back as it is: $WITHOUT"
  counts=$(ask source lib/source/archived.sh)
  counts=$(object counts "$counts")
  say "looking whether the requests can be brought back"
  bring_back true || refuse "the requests could not be brought back; nothing was done, and the new Overseerr was left as it is" "to try again: $AGAIN" "to go back without them: $WITHOUT"
}

# What was not heard of may have been done all the same. Otherwise no Overseerr serves now, and only that is safe.
require_brought() {
  local now
  now=$(ask source overseerr/source/brought-back.sh) || now=half
  if [[ $now == half ]]; then
    die "the requests are only half brought back; neither Overseerr runs" "$AGAIN"
  elif [[ $now != whole ]]; then
    die "the requests could not be brought back; nothing of the old Overseerr was touched, and neither runs" "to try again: $AGAIN" "to go back without them: $WITHOUT"
  fi
}

main() {
  # shellcheck disable=SC2034 # told to the volume
  local SAY=rolled-back state status brought counts='{}' bring=$WITH_REQUESTS
  begin
  reach_source || stop_on_problems "The old Overseerr's host can't be reached; nothing was done:"
  state=$(ask source lib/source/service.sh)
  brought=$(ask source overseerr/source/brought-back.sh)
  status=$(job_status) || die "Nomad can't be asked for the job $JOB_ID; nothing was done" "nomad job status -address=$NOMAD_ADDRESS"
  case $brought in
    half) [[ $bring == true ]] || die "the requests are only half brought back, and the old Overseerr can't start like that" "$AGAIN" ;;
    gone) refuse "there is no old Overseerr on $SOURCE_HOST any more: its container or its database was removed" "unpack its archive in $BACKUP_DIR there into $DATA, make the container again without starting it, then run the same command again" ;;
  esac
  if [[ $state == "untouched active" && $status == @(none|stopped) ]]; then
    tidy
    [[ $bring == false || $brought == whole ]] ||
      refuse "the old Overseerr on $SOURCE_HOST serves already, so nothing was brought back into it: that would undo what it was asked for since" "the requests stay in the replica: s3://$REPLICA_BUCKET/$REPLICA_PATH at $REPLICA_ENDPOINT"
    result nothing
    say "nothing to roll back: the old Overseerr on $SOURCE_HOST serves, and none runs in Nomad"
    return
  fi
  if [[ $bring == true && $brought == no ]]; then
    if [[ $state != *" active" && $(ask source lib/source/released.sh) == no ]]; then
      say "the old Overseerr has not given its data up: there are no requests to be brought back"
      bring=false
    else
      require_requests
    fi
  fi
  say "stopping the new Overseerr"
  stop_job || die "the new Overseerr can't be stopped; the old one was left as it is" "nomad job stop $JOB_ID; then run the same command again"
  say "closing its volume to it"
  ask source overseerr/source/fence.sh SAY >/dev/null
  if [[ $bring == true && $brought != whole ]]; then
    say "bringing the requests back"
    bring_back false || require_brought
    brought=whole
  fi
  say "starting the old Overseerr"
  state=$(ask source lib/source/restore.sh)
  tidy
  say "the old Overseerr on $SOURCE_HOST is $state, as it was before the move; the new one is stopped"
  if [[ $brought == whole ]]; then
    say "it has the requests made on the new one since the move; its former database lies in $DATA/db/before-rollback-g$GENERATION there"
  else
    say "requests made on the new one since the move are not in the old one; they stay in the replica: s3://$REPLICA_BUCKET/$REPLICA_PATH at $REPLICA_ENDPOINT"
  fi
}

main "$@" </dev/null
