#!/usr/bin/env bash
# Tells how the old service is.
#
# variables: those of hold.sh
# result: touched (a migration has it in its hands) or untouched, and active or inactive
set -euo pipefail

main() {
  local touched=untouched active=inactive
  [[ ! -e $FORMER ]] || touched=touched
  if service_active; then active=active; fi
  result "$touched $active"
}

main "$@" </dev/null
