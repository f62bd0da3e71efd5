# shellcheck shell=bash disable=SC2034
# The library of the old server. Runs on its host, as root, after lib/source/hold.sh.

: "${LIBRARY:?folder named Library}" "${PLEX_PROGRAMS:=/usr/lib/plexmediaserver}"

readonly HOME_DIR="$LIBRARY/Application Support/Plex Media Server"
readonly DATABASES="$HOME_DIR/Plug-in Support/Databases"
readonly LIBRARY_DB=com.plexapp.plugins.library.db BLOBS_DB=com.plexapp.plugins.library.blobs.db
readonly HELD_FILES=("$DATABASES/$LIBRARY_DB" "$DATABASES/$BLOBS_DB")

# preference NAME: from the old server's settings.
preference() { sed -n "s/.* $1=\"\([^\"]*\)\".*/\1/p" "$HOME_DIR/Preferences.xml" | head -n 1; }

owner() { stat -c '%u %g' "$LIBRARY"; }

# as_owner COMMAND…: with the rights of the library's owner and nothing else; by number, since a container's
# user has no name here and Plex's own has no shell.
as_owner() {
  local uid gid
  read -r uid gid < <(owner)
  setpriv --reuid="$uid" --regid="$gid" --clear-groups -- "$@"
}

# rrsync_path: where the distributions put it.
rrsync_path() {
  local file
  for file in "$(command -v rrsync || true)" /usr/share/rsync/scripts/rrsync /usr/share/doc/rsync/support/rrsync; do
    [[ ! -x $file ]] || { echo "$file"; return; }
  done
}

# sqlite FILE SQL, with Plex's own SQLite where there is one.
if [[ $KIND == systemd && -x "$PLEX_PROGRAMS/Plex SQLite" ]]; then
  SQLITE_LEVEL=plex
  sqlite() { "$PLEX_PROGRAMS/Plex SQLite" -batch "$1" "$2"; }
elif [[ $KIND == docker ]] && command -v docker >/dev/null; then
  # The copy's folder is shown to a container of the same image, of which only SQLite is run.
  SQLITE_LEVEL=plex
  sqlite() {
    docker run --rm --network none --user 0:0 --volume "$(dirname "$1"):/copy" --entrypoint "$PLEX_PROGRAMS/Plex SQLite" \
      "$(docker inspect --format '{{.Image}}' "$SERVICE")" -batch "/copy/$(basename "$1")" "$2"
  }
else
  SQLITE_LEVEL=stock
  sqlite() { sqlite3 -batch "$1" "$2"; }
fi
