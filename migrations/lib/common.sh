# shellcheck shell=bash
# What every script of a migration starts with, wherever it runs. stderr is for people; what a script has
# found out is its line "result …" on stdout, so that a login shell's greetings are never taken for it.

say() { printf '%s\n' "$*" >&2; }

# die WHAT [FIX…]: one sentence on what is wrong, lines on what to do, then the end.
die() {
  printf '✗ %s\n' "$1" >&2
  shift
  (($# == 0)) || printf '    %s\n' "$@" >&2
  exit 1
}

# loudly: a command that fails unforeseen ends the script, and is named.
loudly() {
  set -E
  trap 'unforeseen "$?" "$BASH_COMMAND"' ERR
}

unforeseen() { say "✗ unforeseen on $(hostname): status $1 of: ${2:0:200}"; }

result() { printf 'result %s\n' "$*"; }

PROBLEMS=()

# problem WHAT FIX: kept until all are known.
problem() { PROBLEMS+=("✗ $1" "    fix: $2"); }

# stop_on_problems HEADLINE: says all of them at once, and ends if there are any.
stop_on_problems() {
  ((${#PROBLEMS[@]} == 0)) && return
  printf '%s\n' "$1" "${PROBLEMS[@]}" >&2
  exit 1
}

# need TOOL… -- FIX: each one that is missing is a problem.
need() {
  local tools=() tool
  while [[ $1 != -- ]]; do
    tools+=("$1")
    shift
  done
  for tool in "${tools[@]}"; do
    command -v "$tool" >/dev/null || problem "$tool is missing on $(hostname)" "$2"
  done
}

# json NAME VALUE…: one object; numbers, true and false as they are, everything else as text.
json() {
  local out='' value
  while (($# > 0)); do
    value=$2
    if [[ ! $value =~ ^(0|-?[1-9][0-9]*|true|false|[{\[].*)$ ]]; then
      value=${value//\\/\\\\}
      value=${value//\"/\\\"}
      value=${value//$'\n'/\\n}
      value=\"${value//[[:cntrl:]]/ }\"
    fi
    out+=${out:+,}\"$1\":$value
    shift 2
  done
  printf '{%s}' "$out"
}

# progress TEXT: of the job that runs this script, for whoever asks how far it is; nothing where none does.
progress() {
  [[ -d ${JOB:-} ]] || return 0
  echo "$*" >"$JOB/progress.partial"
  mv -T -- "$JOB/progress.partial" "$JOB/progress"
}

# human BYTES: in the largest unit that leaves a number of one digit or more.
human() { awk -v n="$1" 'BEGIN { split("B KiB MiB GiB TiB", u); for (i = 1; n >= 1024 && i < 5; i++) n /= 1024; printf (i == 1 ? "%d %s" : "%.1f %s"), n, u[i] }'; }

# seconds since the machine's start: clocks of two machines may differ by hours.
uptime_seconds() {
  local up
  read -r up _ </proc/uptime
  echo "${up%.*}"
}

# replace FILE: with standard input, whole or not at all.
replace() {
  local partial=$1.partial
  cat >"$partial"
  sync "$partial"
  mv -T -- "$partial" "$1"
}
