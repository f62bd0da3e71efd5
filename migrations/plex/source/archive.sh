#!/usr/bin/env bash
# Packs the databases and the settings of the stopped server, and proves the archive by unpacking it: bytes,
# integrity, counts. The archive stays on the host as the backup. The originals are only ever read.
#
# variables: those of lib.sh; EPOCH (of the hold)
# result: digest (SHA-256 of the archive), bytes, unpacked (bytes), checked (plex or stock), counts
set -euo pipefail
: "${EPOCH:?epoch of the hold}"

readonly copy=$BACKUP_DIR/.plex-proof

members() {
  local name
  for name in {"$LIBRARY_DB","$BLOBS_DB"}{,-wal,-journal}; do
    if [[ -s $DATABASES/$name ]]; then echo "$name"; fi
  done
}

# same FOLDER NAME…: byte by byte what was packed.
same() {
  local folder=$1 name
  shift
  for name; do
    cmp -- "$folder/$name" "$copy/$name" >&2 ||
      die "the archive on $(hostname) differs from the library's databases" "check the disk of $BACKUP_DIR; then run the same command again"
  done
}

check_copy() {
  local name=$1 found
  found=$(check_database "$copy/$name")
  [[ -z $found ]] || die "$DATABASES/$name $found" "the old server is put back into service; repair it there: https://support.plex.tv/articles/repair-a-corrupted-database/"
}

main() {
  local names missing counted
  umask 077
  check_held
  mapfile -t names < <(members)
  rm -rf -- "$copy" "$ARCHIVE.partial" "$ARCHIVE.epoch"
  mkdir -p "$copy"
  trap 'wait; rm -rf -- "$copy" "$ARCHIVE.partial"' EXIT

  progress "packing the databases"
  tar --create --owner=0 --group=0 --directory="$DATABASES" "${names[@]}" --directory="$HOME_DIR" Preferences.xml |
    zstd --quiet -3 --threads=0 --check -o "$ARCHIVE.partial"
  progress "unpacking them again, to prove the archive"
  zstd --quiet --decompress --stdout "$ARCHIVE.partial" | tar --extract --no-same-owner --directory="$copy"
  progress "comparing them with the originals"
  same "$DATABASES" "${names[@]}"
  same "$HOME_DIR" Preferences.xml

  progress "checking the databases"
  check_copy "$BLOBS_DB" &
  check_copy "$LIBRARY_DB"
  wait "$!" || exit 1
  missing=$(missing_tables "$copy/$LIBRARY_DB")
  [[ -z $missing ]] || die "$DATABASES/$LIBRARY_DB has no table $missing" "this is no library of a Plex media server"
  counted=$(counts "$copy/$LIBRARY_DB")

  keep_archive unpacked "$(du -sB1 --apparent-size "$copy" | cut -f1)" checked "$SQLITE_LEVEL" counts "$counted"
}

main "$@" </dev/null
