# shellcheck shell=bash disable=SC2034
# The Nomad cluster, from the operator's machine. A token comes from NOMAD_TOKEN, as Nomad's own tools and Pulumi's
# provider take it.
#
# variables: NOMAD_ADDRESS, NOMAD_REGION_NAME (may be empty)
: "${NOMAD_ADDRESS:?}"

export NOMAD_ADDR=$NOMAD_ADDRESS NOMAD_NAMESPACE=default
if [[ -n ${NOMAD_REGION_NAME:-} ]]; then export NOMAD_REGION=$NOMAD_REGION_NAME; else unset NOMAD_REGION; fi

readonly JOB_ID=overseerr

# job_status: none, or Nomad's word and the version of the job. Nomad takes the beginning of a name for the name.
job_status() {
  local said
  if said=$(nomad job inspect -t '{{.ID}} {{.Status}} {{.Stop}} {{.Version}}' "$JOB_ID" 2>&1); then
    case $said in
      # One that died of itself may be tried again at any time.
      "$JOB_ID "*" true "*) echo stopped ;;
      "$JOB_ID "*) cut -d' ' -f2,4 <<<"$said" ;;
      *) echo none ;;
    esac
  elif [[ $said == *"No job(s) with prefix"* || $said == *"matched multiple jobs"* ]]; then
    echo none
  else
    say "✗ Nomad at $NOMAD_ADDRESS does not answer: $(grep . <<<"$said" | tail -n 1 | cut -c -300)"
    return 1
  fi
}

# allocations: those that may still write.
allocations() { nomad job allocs -t '{{range .}}{{if or (eq .ClientStatus "running") (eq .ClientStatus "pending") (eq .ClientStatus "unknown")}}{{.ID}}{{"\n"}}{{end}}{{end}}' "$JOB_ID"; }

# stop_job: and waits until nothing of it is left.
stop_job() {
  local status left end=$((SECONDS + ${JOB_STOP_LIMIT:-180}))
  status=$(job_status) || return
  [[ $status != none ]] || return 0
  [[ $status == stopped ]] || nomad job stop -detach "$JOB_ID" >/dev/null || return
  while left=$(allocations) && [[ -n $left ]]; do
    ((SECONDS < end)) || { say "still there: $left"; return 1; }
    sleep 1
  done
  [[ -z ${left-x} ]]
}

# start_job: as it was before it was stopped. Not by `nomad job start`, which reads the job file anew and without the
# variables that it was registered with.
start_job() {
  local job
  job=$(nomad operator api -X GET "/v1/job/$JOB_ID") || return
  nomad operator api -X POST /v1/jobs <<<"{\"Job\":${job/\"Stop\":true/\"Stop\":false}}" >/dev/null
}

# job_generation: the move for which the job was registered.
job_generation() { nomad operator api -X GET "/v1/job/$JOB_ID" | sed -n 's/.*"GENERATION":"\([0-9]*\)".*/\1/p'; }

# latest_deployment: the version that it is of, and how it went; nothing where Nomad has none, or has forgotten it.
latest_deployment() { nomad job deployments -latest -t '{{.JobVersion}} {{.Status}}: {{.StatusDescription}}' "$JOB_ID" 2>/dev/null || true; }

# serving_allocation: one that runs and is to. All of what Nomad says is read: it must not die of a closed pipe.
serving_allocation() {
  local all
  all=$(nomad job allocs -t '{{range .}}{{if and (eq .ClientStatus "running") (eq .DesiredStatus "run")}}{{.ID}}{{"\n"}}{{end}}{{end}}' "$JOB_ID")
  echo "${all%%$'\n'*}"
}

# job_fault: what speaks against the new Overseerr, in a sentence; nothing if it runs and is healthy. It starts none. An
# `up` may be at its job this very moment, so a deployment under way is waited for. Nomad forgets old deployments: where
# there is none, what runs counts.
job_fault() {
  local status version said end=$((SECONDS + START_LIMIT))
  while true; do
    status=$(job_status 2>/dev/null) || { echo "Nomad at $NOMAD_ADDRESS can't be asked for the job $JOB_ID"; return; }
    read -r status version <<<"$status"
    [[ $status == running ]] || { echo "the new Overseerr does not run: Nomad's word for the job $JOB_ID is ${status/none/none known}"; return; }
    said=$(latest_deployment)
    case $said in
      '' | "$version successful"*)
        [[ -n $(serving_allocation) ]] || echo "the new Overseerr does not run: the job $JOB_ID has no running allocation"
        return
        ;;
      "$version failed"* | "$version cancelled"*) echo "the new Overseerr is not healthy: ${said#* }"; return ;;
    esac
    ((SECONDS < end)) || { echo "the new Overseerr is not healthy: ${said#* }"; return; }
    sleep 2
  done
}

# await_job: until it is healthy. The program itself may be registering it just now; an earlier attempt may have
# stopped it. Sets ALLOCATION.
await_job() {
  local status version said='' end=$((SECONDS + START_LIMIT)) started=no
  while true; do
    status=$(job_status) || die "Nomad can't be asked for the job" "nomad status -address=$NOMAD_ADDRESS"
    read -r status version <<<"$status"
    if [[ $status == stopped && $started == no ]]; then
      # Only after a while: an update of the job starts it, too.
      if ((SECONDS > end - START_LIMIT + ${START_GRACE:-60})); then
        # Stopped by hand, or by a step, since Pulumi has seen it last: then Pulumi does not touch it.
        [[ $(job_generation) == "$GENERATION" ]] || die "Nomad has the job of another move, and Pulumi has not put this one's in its place" "its own error says why; if the job's index has changed: $COMMAND"
        start_job || die "the job $JOB_ID can't be started" "nomad job status $JOB_ID"
        started=yes
      fi
    elif [[ $status != none && $status != stopped ]]; then
      said=$(latest_deployment)
      # That of an earlier attempt says nothing of this one.
      case $said in
        "$version successful"*)
          ALLOCATION=$(serving_allocation)
          [[ -z $ALLOCATION ]] || return 0
          ;;
        "$version failed"* | "$version cancelled"*) die "the new Overseerr does not become healthy: ${said#* }" "nomad job status $JOB_ID; nomad alloc logs -job -task litestream-restore -stderr $JOB_ID" ;;
      esac
    fi
    ((SECONDS < end)) || die "the new Overseerr is not healthy within $(duration "$START_LIMIT"): $status${said:+, ${said#* }}" "nomad job status $JOB_ID"
    sleep 2
  done
}

# The task beside Overseerr shares its network and its database, and has bash and SQLite.
shell_inside() { nomad alloc exec -i=true -t=false -task litestream "$ALLOCATION" bash -s; }
