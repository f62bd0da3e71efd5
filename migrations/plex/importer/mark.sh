#!/usr/bin/env bash
# Writes on the claim, or reads from it, how far the migration is.
#
# variables: those of lib.sh; SAY: "state" only reads; "withdrawn": no server may start on it until the library has
#            arrived anew; "rolled-back": the same, for this generation for ever
# result: "CAUGHT_UP COMPARED TRANSFERRED VERIFIED ARRIVED", the epoch of each, or none
set -euo pipefail

main() {
  mkdir -p "$STATE"
  case ${SAY:?what to write} in
    state) ;;
    withdrawn) rm -f "$MARKER" ;;
    rolled-back)
      echo "$GENERATION" | replace "$ROLLED_BACK"
      rm -f "$MARKER"
      ;;
    *) die "unknown: $SAY" ;;
  esac
  sync -f "$STATE"
  local part found=()
  for part in caught-up compared transferred verified arrived; do
    if [[ $(cut -d' ' -f1 "$STATE/$part" 2>/dev/null) == "$GENERATION" ]]; then found+=("$(epoch_of "$part")"); else found+=(none); fi
  done
  result "${found[*]}"
}

main "$@" </dev/null
