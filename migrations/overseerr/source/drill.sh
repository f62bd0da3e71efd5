#!/usr/bin/env bash
# Restores the replica into a folder of its own, as the new Overseerr will, and compares every table.
#
# variables: those of lib.sh; EPOCH (of the hold), COUNTS (of the archive)
# result: position (Litestream's), counts
set -euo pipefail
: "${EPOCH:?epoch of the hold}" "${COUNTS:?rows by table}"

readonly work=$COPY/drill

main() {
  local said at found counted
  umask 077
  forget_keys
  check_held
  rm -rf -- "$work" "$DRILLED"
  mkdir -p "$work"
  trap 'rm -rf -- "$work"' EXIT
  progress "restoring the replica"
  said=$(litestream "$work" restore -json -integrity-check full -o "$work/restored" "$work/db.sqlite3" 2>&1) || die "the replica can't be restored: $(last_words "$said")" "run the same command again"
  at=$(sed -n 's/.*"txid": "\([0-9a-f]\{16\}\)".*/\1/p' <<<"$said")
  [[ -n $at ]] || die "the replica has no position" "is LITESTREAM_IMAGE of version 0.5? components/images.yaml"
  progress "comparing it"
  found=$(check_database "$work/restored")
  [[ -z $found ]] || die "what was restored from the replica $found" "run the same command again"
  counted=$(counts "$work/restored")
  [[ $counted == "$COUNTS" ]] || die "the replica has other contents: found $counted, expected $COUNTS" "run the same command again"
  check_held
  printf '%s\n' "$EPOCH" "$at" "$(founder "$work/restored")" | replace "$DRILLED"
  result "$(json position "$at" counts "$counted")"
}

main "$@" </dev/null
