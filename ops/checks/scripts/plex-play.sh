#!/bin/sh
# Asks the Plex server in this pod for the beginning of one film or episode of each folder in FOLDERS, as a player does: for
# each that has one a line "STATUS SECONDS FILE", with 206 where it is served in parts, 000 where nothing comes. The server's
# own token stands in no argument and in nothing that is printed.
#
# variables: FOLDERS, one a line
set -eu
: "${FOLDERS:?folders of which something is played}" "${SERVER:=http://127.0.0.1:32400}"
: "${SETTINGS:=/config/Library/Application Support/Plex Media Server/Preferences.xml}"

# call PATH OPTION…
call() {
  path=$1
  shift
  printf 'header = "X-Plex-Token: %s"\nurl = "%s"\n' "$token" "$SERVER$path" |
    curl --config - --globoff --silent --show-error --max-time 15 "$@"
}

# tags NAME: each start tag of that name on a line of its own.
tags() { tr '\n' ' ' | sed 's/></>\n</g' | grep -o "<$1 [^>]*>" || true; }

attribute() { sed -n "s/.* $1=\"\([^\"]*\)\".*/\1/p"; }

# parts: of the first items of each library of films or series.
parts() {
  call /library/sections --fail | tags Directory | while IFS= read -r section; do
    case $(echo "$section" | attribute type) in
      movie) kind=1 ;;
      show) kind=4 ;;
      *) continue ;;
    esac
    key=$(echo "$section" | attribute key)
    call "/library/sections/$key/all?type=$kind&X-Plex-Container-Start=0&X-Plex-Container-Size=500" --fail | tags Part
  done
}

main() {
  token=$(grep -o ' PlexOnlineToken="[^"]*"' "$SETTINGS" | cut -d'"' -f2)
  all=$(parts)
  echo "$FOLDERS" | while IFS= read -r folder; do
    part=$(echo "$all" | grep -F " file=\"$folder/" | head -n 1) || true
    [ -n "$part" ] || continue
    said=$(call "$(echo "$part" | attribute key)" --range 0-65535 --output /dev/null --write-out '%{http_code} %{time_total}' 2>/dev/null) || true
    echo "${said:-000 0} $(echo "$part" | attribute file)"
  done
}

main "$@" </dev/null
