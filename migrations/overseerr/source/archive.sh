#!/usr/bin/env bash
# Packs the data of the stopped Overseerr, and proves the archive by unpacking it: digests of every file, integrity and
# counts of the database. The archive stays on the host as the backup; the originals are only ever read.
#
# variables: those of lib.sh; EPOCH (of the hold)
# result: digest (SHA-256 of the archive), bytes, settings (SHA-256), counts
set -euo pipefail
: "${EPOCH:?epoch of the hold}"

main() {
  local found counted
  umask 077
  check_held
  rm -rf -- "$COPY" "$ARCHIVE.partial" "$ARCHIVE".{epoch,seeded,drilled,settled}
  mkdir -p "$COPY"
  trap '[[ $? == 0 ]] || rm -rf -- "$COPY" "$ARCHIVE.partial"' EXIT

  progress "packing $DATA"
  tar --create --numeric-owner --directory="$DATA" . | zstd --quiet -3 --threads=0 --check -o "$ARCHIVE.partial"
  progress "unpacking it again, to prove the archive"
  unpack "$ARCHIVE.partial" "$COPY"
  progress "comparing it with the originals"
  cmp --quiet <(digests "$DATA") <(digests "$COPY") ||
    die "the archive on $(hostname) differs from $DATA" "check the disk of $BACKUP_DIR; then run the same command again"
  progress "checking the database"
  # What else is there has been proved, and is not needed any more.
  find "$COPY" -mindepth 1 -maxdepth 1 ! -name db ! -name settings.json -exec rm -rf -- {} +
  # On the copy only: all that the old Overseerr had not written to its database gets there.
  found=$(damage "$COPY/db/db.sqlite3")
  [[ -n $found ]] || found=$(sqlite "$COPY/db/db.sqlite3" 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null 2>"$COPY/said" || echo "can't be read: $(last_words "$(<"$COPY/said")")")
  [[ -n $found ]] || found=$(check_database "$COPY/db/db.sqlite3")
  [[ -z $found ]] || die "$LIVE $found" "the old Overseerr is put back into service; repair it there"
  counted=$(counts "$COPY/db/db.sqlite3")

  keep_archive settings "$(sha256sum <"$COPY/settings.json" | cut -d' ' -f1)" counts "$counted"
}

main "$@" </dev/null
