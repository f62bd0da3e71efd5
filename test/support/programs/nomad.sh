#!/bin/sh
# One job as Nomad knows it: its state in files of the folder JOB_STATE, each call on record in "calls" there. Its task
# runs on this machine.
set -eu
: "${JOB_STATE:?folder}"
echo "$*" | head -n 1 >>"$JOB_STATE/calls"
status=$(cat "$JOB_STATE/status" 2>/dev/null) || { echo "No job(s) with prefix or ID \"overseerr\" found" >&2; status=none; }
[ "$status" != away ] || { echo "Error querying job: connection refused" >&2; exit 1; }
case "$1 $2" in
  "job inspect")
    [ "$status" != none ] || exit 1
    if [ "$status" = stopped ]; then echo "overseerr dead true 3"; else echo "overseerr $status false 3"; fi
    ;;
  "job stop") echo stopped >"$JOB_STATE/status" ;;
  "operator api")
    case $* in
      *GET*)
        if [ "$status" = stopped ]; then stop=true; else stop=false; fi
        echo "{\"ID\":\"overseerr\",\"Stop\":$stop,\"Env\":{\"GENERATION\":\"$(cat "$JOB_STATE/generation")\"}}"
        ;;
      *POST*) if grep -q '^{"Job":{.*"Stop":false' ; then echo running >"$JOB_STATE/status"; fi ;;
    esac
    ;;
  "job deployments") cat "$JOB_STATE/deployment" ;;
  "job allocs") [ "$status" != running ] || echo 0123 ;;
  "alloc exec") exec bash -s ;;
  *) echo "nomad: unknown command $*" >&2; exit 1 ;;
esac
