#!/usr/bin/env bash
# npm test: everything, on a fresh machine too: set-up, static checks and unit tests, then the lab.
# Takes the lab down at the end; what failed is said last.
set -euo pipefail
cd "$(dirname "$0")/.."

main() {
  bash lab/lab.sh setup
  bash test/check.sh
  # A fresh one: what an earlier run was killed at must not matter.
  bash lab/lab.sh down
  bash lab/lab.sh start
  # They mostly wait, and each has stacks of its own.
  local failed=0
  npx jest --selectProjects lab --maxWorkers=2 || failed=1
  # A promise in seconds is judged on a quiet machine.
  npx jest --selectProjects placement || failed=1
  # Alone, too: it breaks the shipped stacks, one fault after the other.
  npx jest --selectProjects living || failed=1
  bash test/moves.sh || failed=1
  # Last and alone: these kill the lab and take it down.
  npx jest --selectProjects lifecycle || failed=1
  bash lab/lab.sh down
  return "$failed"
}

main "$@" </dev/null
