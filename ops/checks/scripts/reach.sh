#!/bin/sh
# What the addresses of other apps answer to this one: for each a line "URL STATUS", 000 where nobody answers.
#
# variables: URLS
set -eu
: "${URLS:?addresses to ask}"

main() {
  for url in $URLS; do
    status=$(curl --silent --output /dev/null --max-time 4 --write-out '%{http_code}' "$url") || true
    echo "$url $status"
  done
}

main "$@" </dev/null
