#!/usr/bin/env bash
# Looks at the mounts of the media as the new server will, by its user. Every problem is told. Runs in the image of
# the server.
#
# variables: those of lib.sh; OWNER (uid:gid), MEDIA (folders that must be readable, a line each), WRITABLE (the same,
#            writable)
# result: seen
set -euo pipefail
: "${OWNER:?uid:gid}" "${MEDIA?folders}" "${WRITABLE?folders}"

# as_owner COMMAND…: a mount that hangs must not hang the check.
as_owner() { timeout 30 setpriv --reuid="${OWNER%:*}" --regid="${OWNER#*:}" --clear-groups -- "$@"; }

# A file that nobody can mean; it is gone a moment later.
writable() { as_owner touch -- "$1/.media-homelab" 2>/dev/null && as_owner rm -f -- "$1/.media-homelab"; }

main() {
  local folder
  while IFS= read -r folder; do
    [[ -z $folder || -n $(as_owner ls -A -- "$folder" 2>/dev/null | head -c 1) ]] ||
      problem "$folder is empty, or can't be read by $OWNER, in the cluster" "check the export, its path and its permissions: storage.library and storage.optimized"
  done <<<"$MEDIA"
  while IFS= read -r folder; do
    [[ -z $folder ]] || writable "$folder" || problem "$folder can't be written to by $OWNER in the cluster" "check the export's permissions for that user, and its root squashing"
  done <<<"$WRITABLE"
  stop_on_problems "The media are not ready in the cluster; nothing was stopped:"
  result seen
}

main "$@" </dev/null
