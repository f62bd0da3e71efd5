#!/usr/bin/env bash
# Runs /tmp/script over and over, each time on the claim as it was, and kills it with all that it has started before its
# first command, its second, … until it gets through; after each, it is run once more in peace. It has to end the same
# every time, and at no time may there be the marker of a library that is not whole.
set -euo pipefail

readonly KILLERS=/tmp/killers
readonly TOOLS=(awk cat chown cp cut find grep head ln mkdir mv rm rmdir sed sync touch)

# The shell's own words on each that was killed are in nobody's way.
exec 3>&2 2>/dev/null

fail() { echo "killed before command $count: $*" >&3; exit 1; }

restore() {
  find /config -mindepth 1 -delete
  cp --archive /tmp/before/. /config/
}

# snapshot FOLDER: all but times, which are those of the run.
snapshot() { (cd "$1" && find . -printf '%P %y %m %U:%G %n\n' | sort && find . -type f -print0 | sort -z | xargs -0 sha256sum); }

# a run in a group of its own, which ends as a whole
peaceful() { setsid --wait bash /tmp/script </dev/null; }

rm -rf /tmp/before "$KILLERS" /tmp/after && mkdir "$KILLERS"
for tool in "${TOOLS[@]}"; do
  cat >"$KILLERS/$tool" <<END
#!/bin/sh
called=\$((\$(/bin/cat /tmp/called) + 1))
echo \$called >/tmp/called
[ \$called -ne \$COUNT ] || kill -KILL 0
exec $(command -v "$tool") "\$@"
END
  chmod +x "$KILLERS/$tool"
done

cp --archive /config /tmp/before
count=0
peaceful >/dev/null
snapshot /config >/tmp/after
whole=$(snapshot /config/Library)
while true; do
  count=$((count + 1))
  restore
  echo 0 >/tmp/called
  status=0
  COUNT=$count PATH=$KILLERS:$PATH setsid --wait bash /tmp/script </dev/null >/tmp/said 2>&1 || status=$?
  if ((status == 0)); then break; fi
  ((status == 137)) || fail "it ended with $status: $(cat /tmp/said)"
  if [[ -e /config/.migration/arrived && $(cat /config/.migration/arrived) != "1 before" ]]; then
    [[ $(snapshot /config/Library) == "$whole" ]] || fail "there is a marker, and the library is not whole"
  elif [[ -e /config/.migration/arrived ]]; then
    [[ -e /config/Library/old ]] || fail "there is a marker of a library that is gone"
  fi
  said=$(peaceful 2>&1) || fail "it does not go on: $said"
  [[ $said == "result arrived" ]] || fail "it said: $said"
  diff /tmp/after <(snapshot /config) >/tmp/said || fail "it has ended otherwise: $(cat /tmp/said)"
done
echo "killed before each of $((count - 1)) commands: it ended the same"
