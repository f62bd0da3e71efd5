#!/usr/bin/env bash
# npm run bench -- readme [--cold] [--lab]: what somebody types first who has just cloned the project, in a clean clone of the last
# commit, with the times that README.md promises beside. It fails where a command fails, or where README.md does not say
# what is judged here; a time that is longer than promised is only told, since machines differ.
#
#   --cold  with empty caches of npm, Jest, Go and the lab, all in the clone's own folder; nothing of yours is touched
#   --lab   the lab as well, which must not be running: it is started and taken down again
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# In the order in which they are run: command as README.md writes it, its words on the time, seconds, and whether they are of a
# first run (cold), of a later one (warm), or of any. Where it says nothing of a command, the time is only told.
CLAIMS='
npm ci && npm run render|within a minute|60|any
npm run test:unit|takes about two minutes on two cores|150|any
npm run check|||any
npm run lab -- --once|about half an hour on two cores|1800|cold
npm run lab -- --once|after that it takes a few minutes|360|warm
'

die() {
  printf '✗ %s\n    fix: %s\n' "$1" "$2" >&2
  exit 1
}

# said WORDS: whether the clone's README.md says that, however its lines are broken.
said() { tr -s '\n ' ' ' <"$CLONE/README.md" | grep -qF -- "$1"; }

# names COMMAND: whether it stands there as something to type: as it is, or as a command and one of its options.
names() {
  local base=${1%% -- *} option=${1#* -- }
  grep -qxF -- "$1" "$CLONE/README.md" || said "\`$1\`" || grep -F -- "\`$base\`" "$CLONE/README.md" | grep -qF -- "\`-- $option\`"
}

load() { cut -d' ' -f1-3 /proc/loadavg 2>/dev/null || uptime; }

# empty_caches: all that the commands keep between two runs, in a folder of its own. What the user has set up (npm's registry,
# Go's proxy) stays in force.
empty_caches() {
  local home=$WORK/home
  NPM_CONFIG_USERCONFIG=${NPM_CONFIG_USERCONFIG:-$HOME/.npmrc}
  ! command -v go >/dev/null || GOENV=$(go env GOENV)
  mkdir -p "$home" "$WORK/tmp"
  # Some tests run a script as another user, who has to get there.
  chmod 755 "$WORK"
  export NPM_CONFIG_USERCONFIG GOENV
  export HOME=$home XDG_CACHE_HOME=$home/.cache npm_config_cache=$home/.npm TMPDIR=$WORK/tmp
  export GOPATH=$home/go GOCACHE=$home/.cache/go-build GOMODCACHE=$home/go/pkg/mod LAB_CACHE=$home/.cache/media-homelab
}

# timed COMMAND WORDS SECONDS: one row of the table. On a machine that does something else, the seconds of its processors tell
# more than those of the clock.
timed() {
  local log=$WORK/log status=0 verdict='' took user system
  local TIMEFORMAT='%0R %1U %1S'
  { time { (cd "$CLONE" && bash -c "$1") >"$log" 2>&1 </dev/null || status=$?; }; } 2>"$WORK/time"
  read -r took user system <"$WORK/time"
  if ((status)); then verdict='it failed'; elif [[ -n $3 ]]; then verdict=$( ((took <= $3)) && echo yes || echo "no: $3 s"); fi
  row "$1" "$took s" "$(awk -v a="$user" -v b="$system" 'BEGIN { printf "%.0f s", a + b }')" "$status" "$2" "$verdict"
  ((status == 0)) || { tail -n 30 "$log" | sed 's/^/    │ /' >&2; FAILED=1; }
}

row() { printf '| %-24s | %6s | %6s | %4s | %-38s | %-11s |\n' "$@"; }

main() {
  local cache=warm lab=no command words seconds when
  for option; do
    case $option in
      --cold) cache=cold ;;
      --lab) lab=yes ;;
      *) die "found $option, expected --cold or --lab" "npm run bench -- readme [--cold] [--lab]" ;;
    esac
  done
  # Its network link; a second lab would join the first, and take it down at the end.
  [[ $lab == no ]] || ! ip link show lab0 >/dev/null 2>&1 || die "the lab is running" "npm run lab -- down"
  FAILED=0
  WORK=$(mktemp -d "${TMPDIR:-/tmp}/readme.XXXXXX")
  trap 'rm -rf "$WORK" 2>/dev/null || { chmod -R u+w "$WORK" && rm -rf "$WORK"; }' EXIT
  CLONE=$WORK/media-homelab
  git clone --quiet "$HERE" "$CLONE"
  [[ -z $(git -C "$HERE" status --porcelain --untracked-files=no) ]] || echo "what is not committed is not in the clone" >&2

  while IFS='|' read -r command words _ _; do
    [[ -n $command ]] || continue
    names "$command" || die "README.md does not have people type: $command" "take it out of ${0##*/}, or put it back"
    said "$words" || die "README.md does not say \"$words\" of $command" "correct it there or in ${0##*/}"
  done <<<"$CLAIMS"

  [[ $cache == warm ]] || empty_caches
  printf '%s cores, node %s, caches %s, load %s at the start\n\n' "$(nproc)" "$(node --version)" "$cache" "$(load)"
  row command time CPU exit 'README.md says' 'is it so?'
  row --- ---: ---: ---: --- ---
  while IFS='|' read -r command words seconds when; do
    [[ -n $command && ($when == any || $when == "$cache") && ($lab == yes || $command != *'run lab'*) ]] || continue
    timed "$command" "$words" "$seconds"
  done <<<"$CLAIMS"
  printf '\nload %s at the end\n' "$(load)"
  exit "$FAILED"
}

main "$@" </dev/null
