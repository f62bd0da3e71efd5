# shellcheck shell=bash
# Work that outlives the connection that started it: it runs detached, one of a name at a time, and is asked
# how far it is. Whoever comes back after a broken line finds the same job.
#
# A job is a folder: script, pid, progress (one line), result (one line), log, begun, and status when it has ended.

# job_running FOLDER
job_running() {
  local pid
  [[ ! -e $1/status ]] && pid=$(cat "$1/pid" 2>/dev/null) && [[ -d /proc/$pid ]] &&
    { tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF "$1 "; } 2>/dev/null
}

# job_start FOLDER TEXT: unless it runs already. What is left of the same work for an earlier hold is ended: the two would
# write to one place.
job_start() {
  local folder=$1 tries=0 other
  mkdir -p "$folder"
  for other in "${folder%-*}"-*/; do
    [[ ${other%/} == "$folder" ]] || job_stop "${other%/}"
  done
  exec 8>"$folder/lock"
  flock 8
  if job_running "$folder"; then
    say "$(basename "${folder%-*}"): it is being done already"
  else
    rm -f "$folder"/{status,result,progress,log,begun}
    printf '%s\n' "$2" >"$folder/script"
    # shellcheck disable=SC2016 # the inner bash expands them
    setsid bash -c ': >"$1/begun"; bash "$1/script" >"$1/said" 2>"$1/log" </dev/null 8>&-; status=$?
      sed -n "s/^result //p" "$1/said" >"$1/result"; echo $status >"$1/status.partial"; mv "$1/status.partial" "$1/status"; exit' \
      job "$folder" 8>&- </dev/null >/dev/null 2>&1 &
    echo $! >"$folder/pid"
    # While one program takes another's place, a process bears no name at all, and would be taken for dead.
    until [[ -e $folder/begun ]] || ((++tries > 100)); do sleep 0.05; done
  fi
  exec 8>&-
}

# job_work FOLDER: processor time that it and all it has started have used, in ticks. Work that says nothing for an
# hour, such as hashing, still uses some; work that waits for a line that is gone does not.
job_work() {
  local pid
  pid=$(cat "$1/pid")
  cat /proc/[0-9]*/stat 2>/dev/null | sed 's/.*) //' | awk -v session="$pid" '$4 == session { n += $12 + $13 + $14 + $15 } END { print n + 0 }'
}

# job_state FOLDER: result "running <ticks> <progress>", "done <result>" or "failed"; what a failed one said goes to stderr.
job_state() {
  # In this order: it may end in between, and has written its status by then.
  if job_running "$1"; then
    result "running $(job_work "$1") $(cat "$1/progress" 2>/dev/null || true)"
  elif [[ -e $1/status ]]; then
    if [[ $(<"$1/status") == 0 ]]; then
      result "done $(cat "$1/result")"
    else
      tail -n 40 "$1/log" >&2
      result failed
    fi
  else
    tail -n 40 "$1/log" >&2 2>/dev/null || true
    say "the job $(basename "$1") was killed"
    result failed
  fi
}

# job_stop FOLDER: with everything that it has started; all is gone by the end, so that a new one can begin.
job_stop() {
  local group signal
  job_running "$1" || return 0
  group=$(cat "$1/pid")
  for signal in TERM KILL; do
    kill "-$signal" -- "-$group" 2>/dev/null || true
    for _ in {1..100}; do
      group_works "$group" || return 0
      sleep 0.1
    done
  done
}

# group_works NUMBER: whether a process of that group is left; one that has ended may wait for ever to be noticed.
group_works() {
  # State, parent and group follow the name, which may hold anything.
  [[ -n $(cat /proc/[0-9]*/stat 2>/dev/null | sed 's/^.*) //' | awk -v group="$1" '$3 == group && $1 != "Z" && $1 != "X"') ]]
}
