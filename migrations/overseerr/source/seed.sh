#!/usr/bin/env bash
# Uploads the database as a replica, from the proved copy. What an earlier attempt has uploaded of this installation
# stays as an older state of the same replica; anything else that lies there is refused.
#
# variables: those of lib.sh; EPOCH (of the hold)
# result: bytes, replaced (whether there was an older state)
set -euo pipefail
: "${EPOCH:?epoch of the hold}"

readonly work=$COPY/seed

main() {
  local said replica_state replica_fault
  umask 077
  forget_keys
  check_held
  [[ $(epoch_of "$ARCHIVE.epoch") == "$EPOCH" && -s $COPY/db/db.sqlite3 ]] || die "there is no proved copy of this hold on $(hostname)" "run the same command again"
  rm -rf -- "$work" "$SEEDED"
  mkdir -p "$work/look"
  trap 'rm -rf -- "$work"' EXIT
  progress "looking at the replica's place"
  look_at_replica "$work/look" "$(founder "$COPY/db/db.sqlite3")"
  [[ $replica_state != unknown ]] || die "the replica's place $REPLICA_BUCKET/$REPLICA_PATH can't be used: $replica_fault" "nothing was written there"
  progress "uploading the database"
  cp -- "$COPY/db/db.sqlite3" "$work/"
  said=$(litestream "$work" replicate -once -force-snapshot 2>&1) || die "the database can't be uploaded: $(last_words "$said")" "run the same command again"
  check_held
  echo "$EPOCH" | replace "$SEEDED"
  result "$(json bytes "$(stat -c %s "$COPY/db/db.sqlite3")" replaced "$([[ $replica_state == ours ]] && echo true || echo false)")"
}

main "$@" </dev/null
