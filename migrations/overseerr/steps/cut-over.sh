#!/usr/bin/env bash
# Waits for the new Overseerr and asks it for all that the old one had. If it does not come, or lacks something, it is
# stopped, its volume closed to it, and the old one started.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=migrations/overseerr/move.sh
source "$(dirname "$0")/../move.sh"

# ensure_released: an earlier attempt may have given it back.
ensure_released() {
  RELEASED_AT=$(ask source lib/source/released.sh)
  if [[ $RELEASED_AT == no ]]; then
    stop_job
    release
    RELEASED_AT=$STOPPED_AT
  fi
}

main() {
  local down API_KEY INTEGRATIONS before known try
  begin
  ensure_released
  # From here on the new one may run: it goes before the old one comes back.
  undo_by withdraw
  before=$(ask source lib/source/archived.sh)
  COUNTS=$(object counts "$before")
  # Its key travels on standard input, and stands in no argument and no result.
  known=$(ask source overseerr/source/key.sh)
  # shellcheck disable=SC2034 # handed over
  read -r API_KEY INTEGRATIONS <<<"$known"
  say "waiting for the new Overseerr"
  await_job
  down=$(($(date +%s) - RELEASED_AT))
  say "the new Overseerr is healthy; the old one was stopped $(duration "$down") before"
  forget_hold
  # It only looks; and now and then Nomad loses what a command says that ends at once.
  for try in 1 2 3; do
    RESULT=$(ask server overseerr/server/cut-over.sh API_KEY INTEGRATIONS COUNTS)
    [[ -z $RESULT ]] || break
    say "Nomad gives no answer of the new Overseerr (attempt $try)"
  done
  [[ -n $RESULT ]] || die "Nomad gives no answer of the new Overseerr" "nomad alloc exec -job -task litestream $JOB_ID true"
  undo_by :
  # What a run that was killed while it handed over has left.
  tidy
  say "the new Overseerr has all that the old one had; that stays stopped"
  finish cut-over "$(json down "$down" before "$COUNTS" server "$RESULT")"
}

main "$@" </dev/null
