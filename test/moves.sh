#!/usr/bin/env bash
# The moves of both apps in the running lab, the arguments go to jest. One test after the other: there is one old server
# of each app. But the two have nothing to do with each other, and mostly wait.
set -euo pipefail
cd "$(dirname "$0")/.."

main() {
  local other said failed=0
  said=$(mktemp)
  npx jest --selectProjects move-overseerr --runInBand "$@" >"$said" 2>&1 &
  other=$!
  npx jest --selectProjects move --runInBand "$@" || failed=1
  wait "$other" || failed=1
  cat "$said" >&2
  rm "$said"
  return "$failed"
}

main "$@" </dev/null
