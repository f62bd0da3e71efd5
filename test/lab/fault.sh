#!/usr/bin/env bash
# Stands before ssh and kubectl on the PATH of a step, under their names. Of each kind of call it lets one fail, the
# first that it meets; one fault a run.
#
# variables: FAULTS (folder: `met`, a kind a line; `fired`, the one of this run), HOW: refused (the call is not made),
#            lost (it is made, its answer lost), killed (the step is killed before it, with all that it has started),
#            STEP (to which a kind belongs; empty: they are the same in all)
set -euo pipefail

readonly TOOL=${0##*/}
REAL=$(PATH=${PATH#*:} command -v "$TOOL")

# kind ARGUMENT…: what the call is for: the script that it carries, as its first comment says, or its own words.
kind() {
  local purpose job words
  purpose=$(grep --text --after-context=1 '^#!/usr/bin/env bash' <<<"$text" | tail -n 1)
  job=$(sed -n 's/^JOB=.*\/\([a-z-]*\)-[a-z0-9]*$/\1/p' <<<"$text")
  # kubectl's follow where to ask.
  words=$(sed -E 's/--(context|kubeconfig|namespace) [^ ]+ //g; s/-g[0-9]+//' <<<"$*" | cut -c -60)
  [[ -n $purpose || $TOOL == ssh ]] || purpose=$words
  echo "${STEP:+$STEP: }$TOOL: ${purpose:-a line} $job"
}

broken() {
  echo "$TOOL: connection reset by fault injection" >&2
  if [[ $TOOL == ssh ]]; then exit 255; else exit 1; fi
}

main() {
  local text name
  text=$(cat)
  name=$(kind "$@")
  # Of two calls at the same time only one makes the file.
  if ! grep -qxF -- "$name" "$FAULTS/met" && (set -o noclobber && echo "$name" >"$FAULTS/fired") 2>/dev/null; then
    echo "$name" >>"$FAULTS/met"
    case $HOW in
      refused) broken ;;
      lost)
        "$REAL" "$@" <<<"$text" >/dev/null 2>&1 || true
        broken
        ;;
      killed) kill -KILL 0 ;;
    esac
  fi
  exec "$REAL" "$@" <<<"$text"
}

main "$@"
