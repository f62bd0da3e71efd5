#!/usr/bin/env bash
# Second pass, while no server runs: what has changed since the first.
#
# variables: those of pre-copy.sh; EPOCH (of the hold)
# result: nothing more; what rsync says stays on the claim until the archive has come, too
set -euo pipefail
: "${EPOCH:?epoch of the hold}"

# The library is back in staging: a hold that was lost makes what was in its place out of date. First the
# marker goes, so that no server starts on it in between.
take_back() {
  [[ -d $LIBRARY && $(cat "$IN_PLACE" 2>/dev/null) == "$GENERATION" ]] || return 0
  rm -f "$MARKER"
  sync -f "$STATE"
  rm -rf -- "$STAGING"
  mv -T -- "$LIBRARY" "$STAGING"
}

main() {
  local options
  take_back
  mkdir -p "$STAGING"
  rm -f "$STATE"/{caught-up,compared,transferred,verified}
  mapfile -t options < <(library_options)
  # Folder by folder, unlike the first pass: both sides look at once, and there is little of which to tell how much is left.
  pull library "$STAGING" "${options[@]}" --info=progress2,stats1 | follow "what has changed" >"$STATE/catch-up.log"
  progress "writing to disk"
  sync -f "$STATE"
  note_epoch caught-up
  result caught-up
}

main "$@" </dev/null
