#!/bin/sh
# The libraries of the Plex server in this pod, as its API lists them, asked with the server's own token; that stands in
# no argument and in nothing that is printed.
set -eu
: "${SETTINGS:=/config/Library/Application Support/Plex Media Server/Preferences.xml}"

main() {
  token=$(grep -o ' PlexOnlineToken="[^"]*"' "$SETTINGS" | cut -d'"' -f2)
  printf 'header = "X-Plex-Token: %s"\nurl = "http://127.0.0.1:32400/library/sections"\n' "$token" |
    curl --config - --fail --silent --show-error --max-time 8
}

main "$@" </dev/null
