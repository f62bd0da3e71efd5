#!/usr/bin/env bash
# Puts the old server back into service as it was before the migration. Nothing to do where it already is.
#
# variables: those of hold.sh; RUN
# result: active, or inactive if that is what it was
set -euo pipefail

main() {
  take_lock
  disarm_switch || true
  restore_service
  rm -f "$RELEASED"
  free_lock
  if service_active; then result active; else result inactive; fi
}

main "$@" </dev/null
