#!/usr/bin/env bash
# Ends a run: another one may begin.
#
# variables: those of hold.sh; RUN
set -euo pipefail

main() { free_lock; }

main "$@" </dev/null
