#!/bin/sh
# Before Decypharr's first start: its settings, and the folders that it and the *arr apps share. Safe to run
# again: what is there stays as it is, so a user's own settings are never overwritten.
#
# usage: PARENT=/parent MOUNTPOINT=dfs LIBRARY=/streaming-media LINK=streaming-media OWNER=1000:1000 \
#          FOLDERS=".downloads tv" SEED=/files/config.json SETTINGS=/app/config.json HANDLES=/app/nfs-handles sh prepare.sh
set -eu
: "${PARENT:?node folder above the file system}" "${MOUNTPOINT:?name of the folder for it}"
: "${LIBRARY:?symlink library}" "${LINK:?its name beside the file system}" "${FOLDERS:?to make in the library}"
: "${OWNER:?uid:gid}" "${SEED:?first settings}" "${SETTINGS:?where Decypharr keeps its settings}"
: "${HANDLES:?where the NFS server keeps its handles}"

# folder PATH: makes it, owned by the apps' user. Never there without its owner, even if this is killed.
folder() {
  [ -d "$1" ] && return
  mkdir -p "$1.partial"
  chown "$OWNER" "$1.partial"
  mv "$1.partial" "$1"
}

# A file system that has died is still mounted there and lets nobody look: Decypharr unmounts it itself.
mount_point() { [ -d "$1" ] || grep -q " $1 fuse" /proc/mounts || mkdir "$1"; }

# link PATH: to the library, under the path that all apps use. A link and not a mount: a mount made below the
# folder that is handed on to the node would stay there after this pod has gone.
link() {
  if [ -e "$1" ] && [ ! -L "$1" ]; then
    echo "found $1, expected a link or nothing: the library is linked there; move it away on the node" >&2
    exit 1
  fi
  ln -sfn "$LIBRARY" "$1"
}

main() {
  mount_point "$PARENT/$MOUNTPOINT"
  link "$PARENT/$LINK"
  for name in $FOLDERS; do folder "$LIBRARY/$name"; done
  folder "$HANDLES"
  if [ ! -s "$SETTINGS" ]; then
    cp "$SEED" "$SETTINGS.partial"
    chown "$OWNER" "$SETTINGS.partial"
    chmod 600 "$SETTINGS.partial"
    sync
    mv "$SETTINGS.partial" "$SETTINGS"
    echo "wrote the first settings to $SETTINGS"
  fi
}

main "$@" </dev/null
