#!/bin/sh
# The addresses of the apps that Overseerr speaks to, as its settings name them: lines "hostname": … and "port": …; its
# keys stay where they are.
set -eu
: "${SETTINGS:=/app/config/settings.json}"

main() { grep -oE '"(ip|hostname|port)": *("[^"]*"|[0-9]+)' "$SETTINGS" || true; }

main "$@" </dev/null
