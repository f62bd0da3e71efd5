#!/usr/bin/env bash
# Stands before a program of its own name: instead of the KILL_AT-th call all of the script's session is killed, as when
# its machine dies. The script has to be run by setsid. With SESSION only calls in a session of that name count, but for
# those that tell its progress, and each one is kept in COUNTER.calls.
set -euo pipefail
: "${KILL_AT:?number of the call}" "${COUNTER:?file}" "${REAL_PATH:?PATH with the real programs}"
PATH=$REAL_PATH
session=$(ps -o sid= -p $$ | tr -d ' ')
# Of a session from outside this PID namespace (its number is 0 here) or whose leader has ended nobody knows the name.
name=$(tr '\0' ' ' 2>/dev/null <"/proc/$session/cmdline" || true)
if [[ -n ${SESSION:-} ]]; then
  [[ $name == *"$SESSION"* && $* != */progress* ]] || exec "${0##*/}" "$@"
  echo "${0##*/} $*" >>"$COUNTER.calls"
fi
calls=$(cat "$COUNTER" 2>/dev/null || echo 0)
echo "$((calls + 1))" >"$COUNTER"
if ((calls + 1 == KILL_AT)); then
  # Never the session of whoever runs the tests.
  [[ $name == *"${SESSION:-restore.sh}"* ]] || exit 99
  pkill --signal KILL --session "$session"
fi
exec "${0##*/}" "$@"
