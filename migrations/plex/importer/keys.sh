#!/usr/bin/env bash
# Makes the key pairs with which the importer pulls; the private halves never leave its pod.
#
# variables: those of lib.sh; HOST_KEY (of the source)
# result: the public halves, divided by |
set -euo pipefail
: "${HOST_KEY:?host key of the source}"

main() {
  local name
  for name in library archive; do
    [[ -s $KEYS/$name.pub ]] || ssh-keygen -q -t ed25519 -N '' -C importer -f "$KEYS/$name"
  done
  printf 'plex-source %s\n' "$HOST_KEY" >"$KEYS/known_hosts"
  result "$(cut -d' ' -f1-2 "$KEYS/library.pub")|$(cut -d' ' -f1-2 "$KEYS/archive.pub")"
}

main "$@" </dev/null
