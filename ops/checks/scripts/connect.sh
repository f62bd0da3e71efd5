#!/usr/bin/env bash
# Names those of the addresses, each HOST:PORT, that take no connection from here.
#
# variables: ADDRESSES
set -euo pipefail
: "${ADDRESSES:?addresses to connect to}"

main() {
  local address
  for address in $ADDRESSES; do
    # shellcheck disable=SC2016 # they are the inner shell's
    timeout 4 bash -c 'exec 9<>"/dev/tcp/$0/$1"' "${address%:*}" "${address##*:}" 2>/dev/null || echo "$address"
  done
}

main "$@" </dev/null
