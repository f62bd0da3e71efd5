#!/bin/sh
# Holds an app back until Decypharr's file system is there: an app that starts on an empty folder would
# take every streamed title for deleted.
#
# usage: DFS=/mnt/dfs LIMIT=540 sh wait-for-dfs.sh
set -eu
: "${DFS:?folder where the file system appears}" "${LIMIT:?seconds to wait}"

main() {
  waited=0
  # Only the file system itself provides this file, never the folder below it.
  until stat "$DFS/version.txt" >/dev/null 2>&1; do
    if [ "$waited" -ge "$LIMIT" ]; then
      echo "waited $LIMIT s in vain for $DFS/version.txt: Decypharr does not provide its file system" >&2
      echo "see: kubectl logs statefulset/decypharr" >&2
      exit 1
    fi
    [ $((waited % 15)) -ne 0 ] || echo "waiting for Decypharr's file system at $DFS, $waited of $LIMIT s"
    sleep 1
    waited=$((waited + 1))
  done
  echo "$DFS is there: $(cat "$DFS/version.txt")"
}

main "$@" </dev/null
