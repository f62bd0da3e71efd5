#!/usr/bin/env bash
# Puts the library in its place: databases and settings into staging, one rename, then the marker, each written
# to disk before the next. Killed anywhere, it goes on where it was.
#
# variables: those of lib.sh; EPOCH
# result: arrived
set -euo pipefail
: "${EPOCH:?epoch of the hold}" "${OWNER:?uid:gid}"

# Else a scan while a mount is away deletes what lay there, with everybody's watched marks; and the first scan
# comes before anybody can ask the new server not to.
keep_trash() {
  local settings=$1
  if grep -q ' autoEmptyTrash="' "$settings"; then
    sed -i 's/ autoEmptyTrash="[^"]*"/ autoEmptyTrash="0"/' "$settings"
  else
    sed -i 's/<Preferences /<Preferences autoEmptyTrash="0" /' "$settings"
  fi
  grep -q ' autoEmptyTrash="0"' "$settings" || die "the settings are no Preferences.xml of Plex" "see $HOME_IN_LIBRARY/Preferences.xml on the source"
}

main() {
  local home="$STAGING/$HOME_IN_LIBRARY" databases aside
  if [[ $(epoch_of arrived) == "$EPOCH" ]]; then
    result arrived
    return
  fi
  require_done verified
  if [[ -d $STAGING ]]; then
    databases="$home/Plug-in Support/Databases"
    if [[ -d $RESTORED ]]; then
      keep_trash "$RESTORED/Preferences.xml"
      mkdir -p "$databases"
      find "$databases" -mindepth 1 -delete
      rm -f -- "$home/Preferences.xml"
      # Linked, not moved: until the folder is renamed, all of this can be done again.
      ln -- "$RESTORED/Preferences.xml" "$home/"
      ln -- "$RESTORED"/com.plexapp.* "$databases/"
      chown -R "$OWNER" "$databases" "$home/Preferences.xml"
      rmdir "$home/../../.rsync-partial" 2>/dev/null || true
      sync -f "$STAGING"
      rm -rf -- "$RESTORED.placed"
      mv -T -- "$RESTORED" "$RESTORED.placed"
    fi
    rm -rf -- "$RESTORED.placed"
    if [[ -e $LIBRARY ]]; then
      rm -f "$MARKER"
      aside=$PREVIOUS
      [[ ! -e $IN_PLACE ]] || aside=$OUTDATED
      rm -rf -- "$aside"
      mv -T -- "$LIBRARY" "$aside"
    fi
    echo "$GENERATION" | replace "$IN_PLACE"
    chown "$OWNER" "$STAGING"
    mv -T -- "$STAGING" "$LIBRARY"
    sync -f "$CLAIM"
  fi
  [[ -s "$LIBRARY/$HOME_IN_LIBRARY/Preferences.xml" && -s "$LIBRARY/$HOME_IN_LIBRARY/Plug-in Support/Databases/com.plexapp.plugins.library.db" ]] ||
    die "the library is not in its place" "run the same command again"
  note_epoch arrived
  sync -f "$STATE"
  result arrived
}

main "$@" </dev/null
