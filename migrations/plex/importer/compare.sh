#!/usr/bin/env bash
# Compares what has arrived with the stopped source: every file, folder and link, by rsync itself, which would name
# what differs.
#
# variables: those of pre-copy.sh; EPOCH (of the hold)
# result: compared
set -euo pipefail
: "${EPOCH:?epoch of the hold}"

main() {
  local options differing
  require_done caught-up fetched
  rm -f "$STATE"/{compared,verified}
  mapfile -t options < <(library_options)
  progress "comparing the library with its source"
  differing=$(pull library "$STAGING" "${options[@]}" --dry-run --itemize-changes --8-bit-output) || exit 1
  # The root's own date is of the staging folder.
  differing=$(grep -v '^\.d\.\.t\.* \./$' <<<"$differing" || true)
  [[ -z $differing ]] || die "what has arrived differs from its source: $(wc -l <<<"$differing") entries, the first: $(head -n 1 <<<"$differing" | cut -c -200)" "run the same command again: it is fetched anew"
  note_epoch compared
  result compared
}

main "$@" </dev/null
