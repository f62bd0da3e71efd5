# shellcheck shell=bash disable=SC2034
# What every move of an old server does on the operator's machine: a step begins, ends or fails; the old server is held,
# and goes back into service if a step fails on the way.
#
# variables: APP, KIND, SERVICE, BACKUP_DIR, GENERATION, WINDOW (seconds without a word until the switch fires)
: "${APP:?}" "${KIND:?}" "${SERVICE:?}" "${BACKUP_DIR:?}" "${GENERATION:?}" "${WINDOW:?}"

# What every script that runs on the source is told, and is put together from.
readonly HOLD_VALUES="APP KIND SERVICE BACKUP_DIR GENERATION RUN WORK LOCK_SECONDS STOP_LIMIT"
readonly HOLD_LIBRARIES="lib/common.sh lib/source/hold.sh"

# The hold on the old server; empty until one is known of.
EPOCH='' STOPPED_AT='' ARCHIVED='' RESULT='{}'

on_exit() {
  local status=$?
  trap - EXIT
  if ((status != 0)); then
    say "✗ the step $(basename "$0" .sh) has failed; its cause stands above"
    "${UNDO[@]}" || true
    say "    to try again: $COMMAND"
  fi
  ask source lib/source/unlock.sh 2>/dev/null || true
  close_line
  rm -rf "$TEMPORARY"
  exit "$status"
}

UNDO=(:)

# undo_by COMMAND…: what to do if this step fails, instead of what was said before.
undo_by() { UNDO=("$@"); }

begin() {
  STARTED=$SECONDS
  trap on_exit EXIT
  # From here on every way out is an exit.
  trap 'exit 130' INT TERM HUP
}

# finish STEP JSON: what goes into the state, with the seconds that it took.
finish() {
  say "$1: done in $(duration $((SECONDS - STARTED)))"
  json step "$1" seconds $((SECONDS - STARTED)) found "$2"
  echo
}

# back_into_service: of the old server, at once rather than when the switch fires.
back_into_service() {
  say "putting the old server back into service"
  if ask source lib/source/restore.sh >/dev/null; then
    say "the old server serves as before; nothing of it was changed"
  else
    printf '%s\n' "✗ the old server could not be told to start; its own switch starts it within $(duration "$WINDOW")" \
      "    by hand, on $SOURCE_HOST: $(by_hand)" >&2
  fi
}

by_hand() {
  case $KIND in
    systemd) echo "sudo systemctl unmask --runtime $SERVICE; sudo systemctl unmask $SERVICE; sudo systemctl start $SERVICE" ;;
    docker) echo "sudo docker start $SERVICE; then its restart policy, the second word of $BACKUP_DIR/$APP-service-before: sudo docker update --restart=POLICY $SERVICE" ;;
  esac
}

# look_at_hold: renews it, and knows whose it is.
look_at_hold() {
  local state
  state=$(ask source lib/source/status.sh) || return
  EPOCH='' STOPPED_AT='' ARCHIVED=''
  [[ $state != held* ]] || read -r _ EPOCH STOPPED_AT ARCHIVED <<<"$state"
}

# forget_hold: what comes now needs none.
forget_hold() { EPOCH=''; }

# watch_over: while something takes long, the hold is renewed; if it is lost, so is what is being done.
watch_over() {
  local before=$EPOCH
  look_at_hold || return 0
  [[ $EPOCH == "$before" ]] || { EPOCH=$before; say "✗ the old server is no longer held: it was started, or its switch has fired"; return 1; }
}

ensure_stopped() {
  local SWITCH NOW said
  look_at_hold
  if [[ -z $EPOCH ]]; then
    SWITCH=$(script_for source lib/source/switch.sh WINDOW)
    NOW=$(date +%s)
    say "stopping the old server; its switch brings it back after $(duration "$WINDOW") without a word from here"
    said=$(ask source lib/source/stop.sh WINDOW SWITCH NOW)
    EPOCH=$(field epoch "$said") STOPPED_AT=$(field stoppedAt "$said") ARCHIVED=''
    RESULT=$said
  fi
}

ensure_archived() {
  ensure_stopped
  archive_held
}

# archive_held: what the held server has, by the app's own script. PACKED is what that has told, COUNTS the rows in there.
archive_held() {
  if [[ $ARCHIVED != "$EPOCH" ]]; then
    PACKED=$(work source "$APP/source/archive.sh" EPOCH)
    ARCHIVED=$EPOCH
    RESULT=$PACKED
  else
    PACKED=$(ask source lib/source/archived.sh)
  fi
  COUNTS=$(object counts "$PACKED")
}

# chain_step NAME LINK: all of a step that makes sure of one link of the chain; if it fails, the old server serves.
chain_step() {
  begin
  undo_by back_into_service
  "$2"
  finish "$1" "$RESULT"
}

# release_step COMMAND…: all of the step that gives the old server up, by the app's own `release`; COMMAND is for what an
# earlier run may have left that did it.
release_step() {
  local released
  begin
  undo_by back_into_service
  # Done, but not heard of: the run was killed between the deed and its record.
  released=$(ask source lib/source/released.sh)
  if [[ $released == no ]]; then
    release
  else
    STOPPED_AT=$released
    "$@"
  fi
  # What has been handed over is no longer to be put back by this step.
  undo_by :
  finish release "$(json stoppedAt "$STOPPED_AT")"
}
