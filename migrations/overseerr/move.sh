# shellcheck shell=bash disable=SC2034
# The move of Overseerr from a container of Docker's to Nomad, as a chain in which each link makes sure of the one before:
# however far an earlier `up` came, and whatever has happened since, a step begins by restoring what it stands on.
#
# Runs on the operator's machine. What its values mean stands where they are given: migrations/overseerr.ts.

readonly APP=overseerr SETTING=overseerr.migration KIND=docker
# Steps stop and start the job; Pulumi changes none that somebody else has changed since it last looked.
readonly UP="pulumi up --refresh"
# shellcheck source=migrations/lib/operator.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/operator.sh"
# shellcheck source=migrations/lib/move.sh
source "$MIGRATIONS/lib/move.sh"
# shellcheck source=migrations/overseerr/nomad.sh
source "$MIGRATIONS/overseerr/nomad.sh"
: "${DATA:?}" "${VOLUME:?}" "${LITESTREAM_IMAGE:?}" "${OWNER:?}"

declare -A VALUES=(
  [source]="$HOLD_VALUES DATA VOLUME LITESTREAM_IMAGE LITESTREAM_CONFIG REPLICA_ENDPOINT REPLICA_BUCKET REPLICA_PATH REPLICA_REGION"
  [server]="SETTLE"
)
declare -A LIBRARIES=(
  [source]="$HOLD_LIBRARIES lib/sqlite.sh overseerr/settings.sh overseerr/source/lib.sh"
  [server]="lib/common.sh overseerr/settings.sh overseerr/api.sh"
)
declare -A JOBS=([source]=${WORK:-/run/media-homelab/overseerr}/jobs)

# The store's keys go to those scripts only that speak to it.
readonly KEYS="MINIO_ACCESS_KEY MINIO_SECRET_KEY"

# withdraw: the new Overseerr is stopped first and its volume closed to it, only then the old one starts.
withdraw() {
  local SAY=withdrawn
  say "stopping the new Overseerr"
  if stop_job && ask source overseerr/source/fence.sh SAY >/dev/null; then
    back_into_service
  else
    printf '%s\n' "✗ the new Overseerr could not be stopped for certain, so the old one was left as it is" \
      "    run: npm run rollback -- $STACK overseerr" >&2
  fi
}

look_at_done() {
  local said
  said=$(ask source overseerr/source/done.sh)
  read -r SEEDED DRILLED SETTLED <<<"$said"
}

ensure_seeded() {
  ensure_archived
  look_at_done
  if [[ $SEEDED != "$EPOCH" ]]; then
    # shellcheck disable=SC2086 # words
    RESULT=$(work source overseerr/source/seed.sh EPOCH $KEYS)
    SEEDED=$EPOCH DRILLED=none
  fi
}

ensure_drilled() {
  ensure_seeded
  if [[ $DRILLED != "$EPOCH" ]]; then
    # shellcheck disable=SC2086 # words
    RESULT=$(work source overseerr/source/drill.sh EPOCH COUNTS $KEYS)
    DRILLED=$EPOCH SETTLED=none
  fi
}

ensure_settled() {
  ensure_drilled
  if [[ $SETTLED != "$EPOCH" ]]; then RESULT=$(ask source overseerr/source/settle.sh EPOCH OWNER); fi
}

tidy() { ask source overseerr/source/tidy.sh >/dev/null; }

# release: nothing of the move is left but the archive; the old Overseerr stays stopped.
release() {
  ensure_settled
  ask source lib/source/release.sh EPOCH >/dev/null
  tidy
}
