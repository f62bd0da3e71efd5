#!/usr/bin/env bash
# npm run check: format, lint, types and unit tests. Runs every step, then fails if one did.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PWD/node_modules/.bin:$PATH
failed=0

# step NAME COMMAND...: one line with its seconds; its output only if it fails.
step() {
  local name=$1 started=$SECONDS output
  shift
  if output=$("$@" 2>&1); then
    printf '✓ %-12s %3d s\n' "$name" $((SECONDS - started))
  else
    printf '✗ %-12s %3d s\n%s\n' "$name" $((SECONDS - started)) "$output"
    failed=1
  fi
}

# shellcheck disable=SC2317 # called through step
shell_lint() {
  command -v shellcheck >/dev/null || {
    echo "shellcheck is missing; install it with: apt-get install shellcheck"
    return 1
  }
  git ls-files -z --cached --others --exclude-standard '*.sh' | xargs -0 shellcheck -x
}

step format prettier --check --log-level warn .
step lint eslint --max-warnings 0 .
step shellcheck shell_lint
step types tsc --noEmit
# Jest leaves one core idle, which is half of a small machine.
step unit jest --selectProjects unit --silent --maxWorkers=100%
# Nomad's own formatter, where there is one; the lab always has it.
if command -v nomad >/dev/null; then
  step nomad-fmt nomad fmt -check -recursive components
fi

exit "$failed"
