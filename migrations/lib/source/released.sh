#!/usr/bin/env bash
# Tells whether the data have been given up to the new server.
#
# variables: those of hold.sh
# result: when the old server was stopped (the operator's clock, seconds since 1970), or no
set -euo pipefail

main() { if stopped && [[ -s $RELEASED ]]; then result "$(<"$RELEASED")"; else result no; fi; }

main "$@" </dev/null
