#!/usr/bin/env bash
# Looks at both sides before anything is stopped, and tells every problem at once: the old server and its library,
# the claim and the cluster, and how long it will take.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=migrations/plex/move.sh
source "$(dirname "$0")/../move.sh"

check_source() {
  if reach_source; then
    ask source plex/source/inspect.sh VERSION ALLOW_EMPTY
  else
    stop_on_problems "The old server can't be reached:"
  fi
}

check_cluster() {
  local pods
  pods=$(kube get pods --output name 2>&1) || {
    problem "the cluster does not answer: $(tail -n 1 <<<"$pods" | cut -c -200)" "kubectl --context $KUBE_CONTEXT get nodes"
    stop_on_problems "The cluster can't be reached:"
  }
  if [[ -n $(server_pods) ]]; then
    problem "a Plex server runs in the cluster already" "if a move has brought it: npm run rollback -- $STACK plex; if it began here: $KUBECTL scale statefulset plex --replicas=0, and if nobody needs its library: pulumi config set --path 'media-homelab:plex.migration.replace' true"
    stop_on_problems "The cluster is not ready; nothing was stopped:"
  fi
  local failed=0
  ensure_importer
  ask plex plex/importer/mounts.sh >/dev/null || failed=1
  ask importer plex/importer/probe.sh || failed=1
  return "$failed"
}

# judge: what only both sides together tell.
judge() {
  local bytes files database free inodes rate present total down
  bytes=$(field bytes "$inspected") files=$(field files "$inspected") database=$(field databaseBytes "$inspected")
  free=$(field free "$probed") inodes=$(field inodes "$probed") rate=$(field rate "$probed") present=$(field present "$probed")
  # The library, the databases twice (archive and counted copy are gone before the rest comes), a tenth to breathe.
  local needed=$(((bytes + 2 * database) * 11 / 10 - present))
  ((free >= needed)) || problem "only $(human "$free") free on the claim, $(human "$needed") are needed for $(human "$bytes") of library and $(human "$database") of databases" \
    "give Plex a larger claim: pulumi config set --path 'media-homelab:plex.size' $(((needed + present) / 1073741824 + 5))Gi"
  ((inodes == 0 || inodes >= files + files / 20)) || problem "only $inodes files can be made on the claim, $files are needed" "give Plex a larger claim, or one with more inodes"
  ((rate > 0)) || rate=1
  total=$((files / rate + (bytes + database) / 100000000 + 60))
  down=$((20 + database / 20000000 + files / 20000))
  say "$files files, $(human "$bytes"), databases $(human "$database"); the claim takes $rate small files a second"
  say "forecast: $(duration "$total") in all, of which $(duration "$down") without a server"
  ((total <= MAX_HOURS * 3600)) || problem "the move would take about $(duration "$total"), longer than the $MAX_HOURS h that are allowed (the claim takes only $rate small files a second)" \
    "use a faster StorageClass for storage.block, or allow it: pulumi config set --path 'media-homelab:plex.migration.maxHours' $((total / 3600 + 1))"
  stop_on_problems "The move can't be made like this; nothing was stopped:"
  RESULT=$(json version "$(field version "$inspected")" identity "$(field identity "$inspected")" claimed "$(field claimed "$inspected")" files "$files" bytes "$bytes" \
    databaseBytes "$database" checked "$(field checked "$inspected")" rate "$rate" forecast "$total" forecastDown "$down" counts "$(object counts "$inspected")")
}

main() {
  local inspected probed failed=0
  begin
  need awk kubectl sed ssh ssh-keygen -- "install it on this machine"
  stop_on_problems "This machine is not ready:"
  # Side by side: what is wrong on one must not hide what is wrong on the other.
  check_source >"$TEMPORARY/inspected" 2>"$TEMPORARY/source" &
  probed=$(check_cluster 2>"$TEMPORARY/cluster") || failed=1
  wait "$!" || failed=1
  inspected=$(<"$TEMPORARY/inspected")
  cat "$TEMPORARY/source" "$TEMPORARY/cluster" >&2
  ((failed == 0)) || exit 1
  judge
  finish check "$RESULT"
}

main "$@" </dev/null
