# shellcheck shell=bash disable=SC2034
# The move of a Plex library as a chain in which each link makes sure of the one before: however far an earlier
# `up` came, and whatever has happened since, a step begins by restoring what it stands on. So a step that is
# tried again after the old server went back into service stops it again, archives again, and goes on.
#
# Runs on the operator's machine. What its values mean stands where they are given: migrations/plex.ts.

readonly APP=plex SETTING=plex.migration
# shellcheck source=migrations/lib/operator.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/operator.sh"
# shellcheck source=migrations/lib/kubernetes.sh
source "$MIGRATIONS/lib/kubernetes.sh"
# shellcheck source=migrations/lib/move.sh
source "$MIGRATIONS/lib/move.sh"
: "${LIBRARY:?}" "${OWNER:?}" "${MANIFESTS:?}"

declare -A VALUES=(
  [source]="$HOLD_VALUES LIBRARY FOLLOW SOURCE_USER PLEX_PROGRAMS"
  [importer]="GENERATION SOURCE_HOST SOURCE_PORT SOURCE_USER HOST_KEY OWNER FOLLOW CHECKED REPLACE STALL CLAIM KEYS KUBECTL"
  [plex]="GENERATION PLEX_PROGRAMS CLAIM OWNER MEDIA WRITABLE"
  [server]="PLEX_PROGRAMS SCAN_LIMIT SETTLE KUBECTL"
)
declare -A LIBRARIES=(
  [source]="$HOLD_LIBRARIES lib/sqlite.sh plex/sqlite.sh plex/source/lib.sh"
  [importer]="lib/common.sh plex/importer/lib.sh"
  [plex]="lib/common.sh lib/sqlite.sh plex/sqlite.sh plex/importer/lib.sh"
  [server]="lib/common.sh lib/sqlite.sh plex/sqlite.sh"
)
declare -A JOBS=([source]=${WORK:-/run/media-homelab/plex}/jobs [importer]=${CLAIM:-/config}/.migration/jobs [server]=/config/.migration/jobs)
readonly IMPORTER="plex-importer"
ADMITTED=''
declare -A POD=([importer]="pod/$IMPORTER" [plex]="pod/$IMPORTER" [server]="statefulset/plex")
declare -A CONTAINER=([importer]=importer [plex]=plex [server]=plex)

# withdraw: the new server is stopped first and its claim closed to it, only then the old one starts.
withdraw() {
  local SAY=withdrawn
  say "stopping the new server"
  if stop_server && ensure_importer && ask importer plex/importer/mark.sh SAY >/dev/null; then
    remove_importer || true
    back_into_service
  else
    printf '%s\n' "✗ the new server could not be stopped for certain, so the old one was left as it is" \
      "    run: npm run rollback -- $STACK plex" >&2
  fi
}

server_exists() { [[ -n $(kube get statefulset plex --ignore-not-found --output name) ]]; }

server_pods() { kube get pods --selector app.kubernetes.io/name=plex,app.kubernetes.io/component=media-server --output name; }

stop_server() {
  local pods end=$((SECONDS + 180))
  if server_exists; then kube scale statefulset plex --replicas=0 >/dev/null || return; fi
  while pods=$(server_pods) && [[ -n $pods ]]; do
    ((SECONDS < end)) || { say "still there: $pods"; return 1; }
    sleep 1
  done
  [[ -z ${pods-x} ]]
}

importer_phase() { kube get pod "$IMPORTER" --ignore-not-found --output 'jsonpath={.status.phase} {.metadata.labels.media-homelab/generation}'; }

# ensure_importer: the pod that holds the claim, and its key on the source.
ensure_importer() {
  local phase
  phase=$(importer_phase) || return
  if [[ $phase != "Running $GENERATION" ]]; then
    [[ -z $phase || $phase == "Pending $GENERATION" ]] || remove_importer || return
    kube apply --server-side --filename - <<<"$MANIFESTS" >/dev/null || return
    if ! kube wait --for=condition=Ready "pod/$IMPORTER" --timeout="${POD_LIMIT:-600}s" >/dev/null; then
      printf '%s\n' "✗ the importer does not start in the cluster:" "$(kube get events --field-selector "involvedObject.name=$IMPORTER" \
        --sort-by=.lastTimestamp --output 'custom-columns=:.message' --no-headers 2>/dev/null | tail -n 3 | cut -c -300 | sed 's/^/    /')" \
        "    see: $KUBECTL describe pod $IMPORTER" >&2
      return 1
    fi
  fi
}

# let_importer_in: from the addresses by which a pod leaves the cluster, its node's or its own. Once in each step is
# enough: whoever takes its key away ends the step.
let_importer_in() {
  local KEYS FROM
  [[ -z $ADMITTED ]] || return 0
  KEYS=$(ask importer plex/importer/keys.sh) || return
  FROM=$({ kube get nodes --output 'jsonpath={range .items[*].status.addresses[?(@.type=="InternalIP")]}{.address}{"\n"}{end}' &&
    kube get pod "$IMPORTER" --output 'jsonpath={.status.podIP}'; } | paste -sd,) || return
  FROM+=${FROM_TOO:+,$FROM_TOO}
  ask source plex/source/admit.sh KEYS FROM >/dev/null || return
  ADMITTED=yes
}

remove_importer() {
  ADMITTED=''
  kube delete --ignore-not-found --wait --timeout=120s --filename - <<<"$MANIFESTS" >/dev/null
}

shut_importer_out() {
  local KEYS='' FROM=''
  ask source plex/source/admit.sh KEYS FROM >/dev/null
}

look_at_claim() {
  local SAY=state
  read -r CAUGHT_UP COMPARED TRANSFERRED VERIFIED ARRIVED < <(ask importer plex/importer/mark.sh SAY)
}

# ensure_packed: the archive of the databases; while it is packed on the source, the importer fetches what has changed
# since the pre-copy. Neither needs the other, and nobody serves meanwhile.
ensure_packed() {
  ensure_stopped
  ensure_importer
  look_at_claim
  if [[ $CAUGHT_UP != "$EPOCH" ]]; then
    let_importer_in
    begin_work importer plex/importer/catch-up.sh EPOCH
    archive_held
    end_work importer plex/importer/catch-up.sh >/dev/null
    COMPARED=none TRANSFERRED=none
  else
    archive_held
  fi
}

# ensure_transferred: the archive, on the claim; while it is fetched, the library there is compared with its source.
ensure_transferred() {
  local ARCHIVE DIGEST LIMIT
  ensure_packed
  if [[ $COMPARED != "$EPOCH" || $TRANSFERRED != "$EPOCH" ]]; then
    ARCHIVE=plex-g$GENERATION.tar.zst
    DIGEST=$(field digest "$PACKED")
    LIMIT=$(field unpacked "$PACKED")
    let_importer_in
    begin_work importer plex/importer/compare.sh EPOCH
    RESULT=$(work importer plex/importer/transfer.sh EPOCH DIGEST ARCHIVE LIMIT)
    end_work importer plex/importer/compare.sh >/dev/null
    VERIFIED=none
  fi
}

ensure_verified() {
  local counted
  ensure_transferred
  if [[ $VERIFIED != "$EPOCH" ]]; then
    counted=$(ask plex plex/importer/count.sh)
    [[ $counted == "$COUNTS" ]] || die "the databases have arrived with other contents: found $counted, expected $COUNTS"
    ask importer plex/importer/verify.sh EPOCH IDENTITY >/dev/null
    RESULT=$(json counts "$counted")
    ARRIVED=none
  fi
}

ensure_arrived() {
  ensure_verified
  if [[ $ARRIVED != "$EPOCH" ]]; then
    ask importer plex/importer/promote.sh EPOCH >/dev/null
    RESULT=$(json epoch "$EPOCH")
  fi
}

# release: nothing of the migration is left but the archive; the old server stays stopped.
release() {
  ensure_arrived
  remove_importer
  shut_importer_out
  ask source lib/source/release.sh EPOCH >/dev/null
}
