# shellcheck shell=bash
# Overseerr's API, from the task beside it: https://api-docs.overseerr.dev
#
# variables: API_KEY

readonly PORT=${PORT:-5055}

sqlite_json() { sqlite3 -batch -bail :memory: <<<"CREATE TABLE settings AS SELECT CAST(readfile('$1') AS TEXT) AS j; $2"; }

# setting FILE PATH
setting() { sqlite_json "$1" "SELECT j ->> '$2' FROM settings"; }

# ask_api PATH FILE: what it answers; fails with what it says instead.
ask_api() { call_api GET "$@"; }

# call_api METHOD PATH FILE [BODY]: the same with any method; BODY is a file, too. HTTP/1.0, whose answers are in one piece.
call_api() (
  local method=$1 path=/api/v1/$2 answer=$3 body=${4:-} limit=${LIMIT:-30} head='' line
  exec 9<>"/dev/tcp/127.0.0.1/$PORT" || exit
  printf '%s %s HTTP/1.0\r\nHost: localhost\r\nX-Api-Key: %s\r\nAccept: application/json\r\n' "$method" "$path" "$API_KEY" >&9
  if [[ -n $body ]]; then printf 'Content-Type: application/json\r\nContent-Length: %s\r\n' "$(stat -c %s "$body")" >&9; fi
  printf '\r\n' >&9
  if [[ -n $body ]]; then cat "$body" >&9; fi
  IFS= read -r -t "$limit" -u 9 head
  while IFS= read -r -t 30 -u 9 line && [[ -n ${line%$'\r'} ]]; do :; done
  timeout 30 cat <&9 >"$answer"
  [[ $head == *" 200 "* ]] || { say "$path: $(refusal "${head%$'\r'}" "$answer")"; exit 1; }
)

# refusal HEAD FILE: what stands in an answer that is none, in one line.
refusal() {
  local said
  said=$(sqlite_json "$2" "SELECT coalesce(j ->> '\$.message', j ->> '\$.error') FROM settings" 2>/dev/null) || said=''
  said=${1:-no answer}${said:+: $said}
  echo "${said:0:300}"
}

# await_api FILE: its public settings, as soon as it answers.
await_api() {
  local end=$((SECONDS + ${SETTLE:-60}))
  until ask_api settings/public "$1" 2>"$1.said"; do
    ((SECONDS < end)) || die "Overseerr does not answer: $(tail -n 1 "$1.said" | cut -c -200)" "nomad alloc logs -job -task overseerr overseerr"
    sleep 1
  done
}

# ask_integrations FOLDER: what it has of the three that it speaks to, each in a file of its name, and together in "all".
ask_integrations() {
  local app
  for app in plex radarr sonarr; do ask_api "settings/$app" "$1/$app" || return; done
  printf '{"plex":%s,"radarr":%s,"sonarr":%s}' "$(<"$1/plex")" "$(<"$1/radarr")" "$(<"$1/sonarr")" >"$1/all"
}
