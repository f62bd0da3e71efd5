#!/usr/bin/env bash
# Fetches the archive of the databases, whose digest is compared before and whose members are judged before one of them
# is written.
#
# variables: those of pre-copy.sh; EPOCH (of the hold), DIGEST (SHA-256 of the archive), ARCHIVE (its file name),
#            LIMIT (bytes that its members may have together)
# result: of this and of catch-up.sh together: transferred (bytes), files (that were new or changed)
set -euo pipefail
: "${EPOCH:?epoch of the hold}" "${DIGEST:?SHA-256}" "${ARCHIVE:?file name}" "${LIMIT:?bytes}"

readonly PACKED=$STATE/archive

# total WHAT: the sum of a number that rsync has said of both.
total() { sed -n "s/.*$1.*/\1/p" "$STATE"/{catch-up,transfer}.log | tr -d , | awk '{ n += $1 } END { printf "%d", n }'; }

check_members() {
  local line name total=0 size
  while IFS= read -r line; do
    read -r _ _ size _ _ name <<<"$line"
    [[ $line == -* ]] || die "the archive holds something that is no file: ${name:0:100}" "nothing was unpacked; was $ARCHIVE changed on the source?"
    case $name in
      com.plexapp.plugins.library.db | com.plexapp.plugins.library.db-wal | com.plexapp.plugins.library.db-journal) ;;
      com.plexapp.plugins.library.blobs.db | com.plexapp.plugins.library.blobs.db-wal | com.plexapp.plugins.library.blobs.db-journal) ;;
      Preferences.xml) ;;
      *) die "the archive holds ${name:0:100}, which no Plex database is named" "nothing was unpacked; was $ARCHIVE changed on the source?" ;;
    esac
    total=$((total + size))
  done < <(zstd -qdc -- "$PACKED/$ARCHIVE" | tar --list --verbose --numeric-owner --quoting-style=escape)
  ((total <= LIMIT)) || die "the archive unpacks to $total bytes, more than the $LIMIT that were announced" "nothing was unpacked"
}

main() {
  local digest
  require_done caught-up fetched
  mkdir -p "$PACKED"
  rm -f "$STATE"/{transferred,verified}
  pull archive "$PACKED" --info=progress2,stats1 --delete --include="/$ARCHIVE" --exclude='*' | follow archive >"$STATE/transfer.log"
  progress "comparing the archive's digest"
  digest=$(sha256sum <"$PACKED/$ARCHIVE" | cut -d' ' -f1)
  [[ $digest == "$DIGEST" ]] || { rm -f -- "$PACKED/$ARCHIVE"; die "the archive has arrived with another digest: $digest, expected $DIGEST" "run the same command again: it is fetched anew"; }
  check_members
  progress "unpacking the databases"
  rm -rf -- "$RESTORED"
  mkdir -p "$RESTORED"
  zstd -qdc -- "$PACKED/$ARCHIVE" | head -c "$((LIMIT + 1048576))" | tar --extract --no-same-owner --no-same-permissions --directory="$RESTORED"
  chown "$OWNER" "$RESTORED"/*
  chmod 600 "$RESTORED"/*
  rm -rf -- "$PACKED"
  progress "writing to disk"
  sync -f "$STATE"
  note_epoch transferred
  result "$(json files "$(total 'files transferred: \([0-9,]*\)')" transferred "$(total 'received \([0-9,]*\) bytes')")"
}

main "$@" </dev/null
