#!/bin/sh
# Looks at Decypharr's file system as this container sees it: "alive" and what it says of itself, or "dead" and why.
#
# variables: DFS
set -eu
: "${DFS:?folder of the file system}"

main() {
  # Only the file system itself has this file. One whose server is away makes everybody wait.
  if said=$(timeout 5 cat "$DFS/version.txt" 2>&1); then
    echo "alive $said"
  else
    echo "dead ${said:-it does not answer within 5 s}"
  fi
}

main "$@" </dev/null
