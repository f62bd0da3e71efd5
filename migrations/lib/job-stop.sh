#!/usr/bin/env bash
# Ends a job.
# variables: JOB (its folder)
set -euo pipefail

main() { job_stop "$JOB"; }

main "$@" </dev/null
