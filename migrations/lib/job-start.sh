#!/usr/bin/env bash
# Starts a job.
# variables: JOB (its folder), TEXT (its script)
set -euo pipefail

main() { job_start "$JOB" "$TEXT"; }

main "$@" </dev/null
