#!/usr/bin/env bash
# First pass, while the old server serves: everything but the databases, then once more by content, so that
# what is left for the time without a server is small, and every byte has been compared.
#
# variables: those of lib.sh; SOURCE_HOST, SOURCE_PORT, SOURCE_USER, OWNER (uid:gid), FOLLOW, CHECKED (true: compare content)
# result: files, bytes (as they lie on the claim), transferred (bytes), seconds
set -euo pipefail
: "${OWNER:?uid:gid}" "${SOURCE_HOST:?address}"

# An earlier generation's library is the best start for the next: what has not changed is linked, not copied.
basis() { if [[ -d $LIBRARY && -e $IN_PLACE ]]; then printf '%s\n' "--link-dest=$LIBRARY"; fi; }

main() {
  local options started=$SECONDS
  mkdir -p "$STAGING"
  mapfile -t options < <(library_options; basis)
  pull library "$STAGING" "${options[@]}" --info=progress2,stats1 --no-inc-recursive | follow pre-copy >"$STATE/pre-copy.log"
  if [[ $CHECKED == true ]]; then
    pull library "$STAGING" "${options[@]}" --checksum --info=progress2 --no-inc-recursive | follow "comparing by content" >&2
  fi
  progress "writing to disk"
  sync -f "$STAGING"
  result "$(json files "$(find "$STAGING" | wc -l)" bytes "$(du -sB1 "$STAGING" | cut -f1)" \
    transferred "$(sed -n 's/.*received \([0-9,]*\) bytes.*/\1/p' "$STATE/pre-copy.log" | tr -d ,)" seconds $((SECONDS - started)))"
}

main "$@" </dev/null
