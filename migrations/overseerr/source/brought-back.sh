#!/usr/bin/env bash
# Tells what there is of the old Overseerr to go back to.
#
# variables: those of lib.sh
# result: gone (its container or its database is not there any more), half (the replica is being brought back into it),
#         whole (it was), or no
set -euo pipefail

main() {
  if [[ -e $HALFWAY ]]; then
    result half
  elif ! service_exists || [[ ! -e $LIVE ]]; then
    result gone
  elif [[ -e $BROUGHT_BACK ]]; then
    result whole
  else
    result no
  fi
}

main "$@" </dev/null
