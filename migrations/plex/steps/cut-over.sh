#!/usr/bin/env bash
# Waits for the new server and asks it for all that the old one had. If it does not come, or lacks something, it is
# stopped, its claim closed to it, and the old server started.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=migrations/plex/move.sh
source "$(dirname "$0")/../move.sh"

# ensure_server: starts it where an earlier attempt has stopped it; the program itself may be making it just now.
ensure_server() {
  local end=$((SECONDS + START_LIMIT)) scaled=no
  until server_exists; do
    ((SECONDS < end)) || die "there is no statefulset/plex in the namespace $NAMESPACE"
    sleep 1
  done
  if [[ $(kube get statefulset plex --output 'jsonpath={.spec.replicas}') == 0 ]]; then
    kube scale statefulset plex --replicas=1 >/dev/null
    scaled=yes
  fi
  say "waiting for the new server${scaled/no/}"
  kube rollout status statefulset/plex --timeout="$((end - SECONDS))s" >/dev/null ||
    die "the new server does not become ready within $(duration "$START_LIMIT"): $(kube get pods --selector app.kubernetes.io/name=plex --output 'jsonpath={range .items[*].status.containerStatuses[*]}{.state}{" "}{end}' | cut -c -300)" "see: $KUBECTL logs statefulset/plex --all-containers"
}

# ensure_released: an earlier attempt may have given the library back.
ensure_released() {
  RELEASED=$(ask source lib/source/released.sh)
  if [[ $RELEASED == no ]]; then
    stop_server
    release
    RELEASED=$STOPPED_AT
  fi
}

main() {
  local down
  begin
  ensure_released
  # From here on the new server may run: it goes before the old one comes back.
  undo_by withdraw
  COUNTS=$(object counts "$(ask source lib/source/archived.sh)")
  ensure_server
  down=$(($(date +%s) - RELEASED))
  say "the new server is up; the old one was stopped $(duration "$down") before"
  forget_hold
  RESULT=$(work server plex/server/cut-over.sh IDENTITY VERSION CLAIMED COUNTS PATHS)
  undo_by :
  ask server plex/server/tidy.sh
  say "the new server has all that the old one had; that stays stopped"
  finish cut-over "$(json down "$down" before "$COUNTS" "server" "$RESULT")"
}

main "$@" </dev/null
