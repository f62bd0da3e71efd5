#!/usr/bin/env bash
# npm run test:soak [-- PROFILE]: all faults that doctor and verify find; then the faults and kills of the moves, each way
# that there is, with a library of many files (by default "small": 12,000; "full" has 200,000 and takes 30 GB of disk and
# a night). In the running lab.
set -euo pipefail
cd "$(dirname "$0")/.."

main() {
  export SOAK=${1:-small}
  local failed=0
  npx jest --selectProjects living || failed=1
  bash test/moves.sh --testPathPatterns '(plex|overseerr)-up/(faults|kill)' || failed=1
  return "$failed"
}

main "$@" </dev/null
