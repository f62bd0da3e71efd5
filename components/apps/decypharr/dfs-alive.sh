#!/bin/sh
# Liveness of an app that reads Decypharr's file system: the app answers, and the mount is not stale. Only a
# new container cures a stale mount. One that is merely absent is Decypharr's trouble, not the app's.
#
# usage: DFS=/mnt/dfs sh dfs-alive.sh URL       PATIENCE: seconds that a look at the mount may take, default 3
set -eu
: "${DFS:?folder of the file system}" "${PATIENCE:=3}"

main() {
  curl --fail --silent --show-error --max-time 5 --output /dev/null "$1"
  # In the words of glibc and of musl. An NFS server that is away makes no error, it makes everybody wait.
  problem=$(timeout "$PATIENCE" stat "$DFS" 2>&1 >/dev/null) || case $problem in
    *"not connected"* | *[Ss]"tale file handle"* | *"Input/output error"* | *"I/O error"*)
      echo "$problem: this mount is dead, a new container gets the living one" >&2
      exit 1
      ;;
  esac
}

main "$@" </dev/null
