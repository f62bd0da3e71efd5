#!/usr/bin/env bash
# Tells how far a job is.
# variables: JOB (its folder)
set -euo pipefail

main() { job_state "$JOB"; }

main "$@" </dev/null
