#!/usr/bin/env bash
# The last word on what has arrived in this hold: it was compared, its databases are those of the archive, and their
# settings are of the server that was moved.
#
# variables: those of lib.sh; EPOCH (of the hold), IDENTITY (ProcessedMachineIdentifier of the old server)
# result: verified
set -euo pipefail
: "${EPOCH:?epoch of the hold}" "${IDENTITY:?identity of the old server}"

main() {
  local identity
  require_done compared
  require_done transferred
  identity=$(sed -n 's/.* ProcessedMachineIdentifier="\([^"]*\)".*/\1/p' "$RESTORED/Preferences.xml")
  [[ $identity == "$IDENTITY" ]] || die "the settings that have arrived are of the server \"$identity\", expected \"$IDENTITY\"" "run the same command again"
  note_epoch verified
  result verified
}

main "$@" </dev/null
