#!/usr/bin/env bash
# Compares what has arrived with the stopped source: every file, folder and link, by rsync itself, which would
# name what differs; and the settings' identity.
#
# variables: those of pre-copy.sh; EPOCH, IDENTITY (ProcessedMachineIdentifier of the old server)
# result: files
set -euo pipefail
: "${EPOCH:?epoch of the hold}" "${IDENTITY:?identity of the old server}"

main() {
  local options differing identity
  [[ $(epoch_of transferred) == "$EPOCH" ]] || die "what lies on the claim was not transferred in this hold" "run the same command again"
  mapfile -t options < <(library_options)
  progress "comparing the library with its source"
  differing=$(pull library "$STAGING" "${options[@]}" --dry-run --itemize-changes --8-bit-output) || exit 1
  # The root's own date is of the staging folder.
  differing=$(grep -v '^\.d\.\.t\.* \./$' <<<"$differing" || true)
  [[ -z $differing ]] || die "what has arrived differs from its source: $(wc -l <<<"$differing") entries, the first: $(head -n 1 <<<"$differing" | cut -c -200)" "run the same command again: it is fetched anew"
  identity=$(sed -n 's/.* ProcessedMachineIdentifier="\([^"]*\)".*/\1/p' "$RESTORED/Preferences.xml")
  [[ $identity == "$IDENTITY" ]] || die "the settings that have arrived are of the server \"$identity\", expected \"$IDENTITY\"" "run the same command again"
  result "$(json files "$(find "$STAGING" | wc -l)")"
}

main "$@" </dev/null
