#!/usr/bin/env bash
# Plex's first step at every start: it may only run on a library that has arrived whole, and that the old server
# has given up. Two servers of one identity would ruin both.
#
# variables: GENERATION (of the migration; empty: none was asked for); STATE is known
set -euo pipefail
: "${STATE:=/config/.migration}"

refuse() {
  printf '%s\n' "$@" >&2
  exit 1
}

main() {
  local arrived='' rolled_back=''
  arrived=$(cut -d' ' -f1 "$STATE/arrived" 2>/dev/null || true)
  rolled_back=$(cat "$STATE/rolled-back" 2>/dev/null || true)
  if [[ -n $rolled_back && ( -z $arrived || $arrived -le $rolled_back ) ]]; then
    refuse "✗ generation $rolled_back of the migration was rolled back: its old server runs again, so this one must not" \
      "    raise plex.migration.generation to $((rolled_back + 1)) and run: pulumi up"
  fi
  if [[ -n ${GENERATION:-} && $arrived != "$GENERATION" ]]; then
    refuse "✗ the claim holds no library of generation $GENERATION of the migration${arrived:+, but one of generation $arrived}" \
      "    run: pulumi up"
  fi
  # An attempt that never arrived, and no migration asked for any more: the library may be half.
  if [[ -z ${GENERATION:-} && -z $arrived && -d $STATE && -e $STATE/attempted && -e ${STATE%/*}/Library ]]; then
    refuse "✗ a migration onto this claim was begun and never ended" "    let it end (pulumi up with plex.migration), or give Plex another claim"
  fi
}

main "$@" </dev/null
