#!/usr/bin/env bash
# Takes the move back: the new server is stopped first and its claim closed to it, then the old one started. What
# was watched on the new one since stays on the claim and is not brought back. Run by npm run rollback.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=migrations/plex/move.sh
source "$(dirname "$0")/../move.sh"

main() {
  # shellcheck disable=SC2034 # told to the claim
  local SAY=rolled-back state
  begin
  reach_source || stop_on_problems "The old server can't be reached; nothing was done:"
  state=$(ask source lib/source/service.sh)
  if [[ $state == "untouched active" && -z $(server_pods) ]]; then
    remove_importer
    shut_importer_out
    result nothing
    say "nothing to roll back: the old server on $SOURCE_HOST serves, and none runs in the cluster"
    return
  fi
  say "stopping the new server"
  stop_server || die "the new server can't be stopped; the old one was left as it is" "$KUBECTL scale statefulset plex --replicas=0; then run the same command again"
  say "closing its claim to it"
  ensure_importer
  ask importer plex/importer/mark.sh SAY >/dev/null
  remove_importer
  shut_importer_out
  say "starting the old server"
  state=$(ask source lib/source/restore.sh)
  say "the old server on $SOURCE_HOST is $state, as it was before the move; the new one is stopped, its library kept"
}

main "$@" </dev/null
