#!/usr/bin/env bash
# Writes the report of the move where the operator reads it.
#
# variables: REPORT (its text), REPORT_FILE (relative to the project)
set -euo pipefail

given=$(cat)
eval "$given"

main() {
  mkdir -p "$(dirname "${REPORT_FILE:?}")"
  printf '%s\n' "${REPORT:?}" >"$REPORT_FILE.partial"
  mv -- "$REPORT_FILE.partial" "$REPORT_FILE"
  printf 'the report of the move: %s\n' "$REPORT_FILE" >&2
}

main "$@" </dev/null
