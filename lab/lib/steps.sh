# shellcheck shell=bash
# Progress for people: one line a step, with its seconds and the time since the start.

STARTED=$(date +%s)

note() { printf '  %s\n' "$*" >&2; }

# die WHAT [FIX…]: one sentence on what is wrong and one on what to do, then the end.
die() {
  printf '\n✗ %s\n' "$1" >&2
  shift
  (($# == 0)) || printf '    %s\n' "$@" >&2
  exit 1
}

# step NAME COMMAND…: runs it with its output in a log of its own; shows the log's end if it fails.
step() {
  local name=$1 log before status now
  shift
  log=$LAB_CACHE/logs/$(tr -c 'a-z0-9\n' - <<<"${name,,}").log
  mkdir -p "$LAB_CACHE/logs"
  before=$(date +%s)
  [[ ! -t 2 ]] || printf '  … %s' "$name" >&2
  # Not tested by "if": inside a condition bash goes on after errors.
  set +e
  (set -e && "$@") >"$log" 2>&1
  status=$?
  set -e
  now=$(date +%s)
  [[ ! -t 2 ]] || printf '\r\033[K' >&2
  if ((status)); then
    printf '  ✗ %s\n' "$name" >&2
    tail -n 20 "$log" | sed 's/^/    │ /' >&2
    die "$name failed after $((now - before)) s" "the whole log: $log" "logs of the lab's parts: $LAB_WORLD/logs (after a stop: $LAB_CACHE/logs/machine)" \
      "run the same command again: it starts from what is there"
  fi
  printf '  ✓ %-40s %4d s  (%d s)\n' "$name" $((now - before)) $((now - STARTED)) >&2
}

# wait_until SECONDS WHAT COMMAND…: polls; says what it waited for when it gives up.
wait_until() {
  local limit=$1 what=$2 end
  shift 2
  end=$((SECONDS + limit))
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || {
      echo "waited $limit s in vain for: $what"
      "$@" || return 1
    }
    sleep 0.5
  done
}
