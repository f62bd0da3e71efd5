#!/usr/bin/env bash
# Second pass, while no server runs: what has changed since the first, and the archive of the databases, whose
# digest is compared before and whose members are judged before one of them is written.
#
# variables: those of pre-copy.sh; EPOCH (of the hold), DIGEST (SHA-256 of the archive), ARCHIVE (its file name),
#            LIMIT (bytes that its members may have together)
# result: transferred (bytes), files (that were new or changed), seconds
set -euo pipefail
: "${EPOCH:?epoch of the hold}" "${DIGEST:?SHA-256}" "${ARCHIVE:?file name}" "${LIMIT:?bytes}"

readonly PACKED=$STATE/archive

# The library is back in staging: a hold that was lost makes what was in its place out of date. First the
# marker goes, so that no server starts on it in between.
take_back() {
  [[ -d $LIBRARY && $(cat "$IN_PLACE" 2>/dev/null) == "$GENERATION" ]] || return 0
  rm -f "$MARKER"
  sync -f "$STATE"
  rm -rf -- "$STAGING"
  mv -T -- "$LIBRARY" "$STAGING"
}

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
  local options started=$SECONDS digest
  mkdir -p "$PACKED"
  take_back
  mkdir -p "$STAGING"
  rm -f "$STATE"/{transferred,verified}
  mapfile -t options < <(library_options)
  pull library "$STAGING" "${options[@]}" --info=progress2,stats1 --no-inc-recursive | follow "what has changed" >"$STATE/transfer.log"
  pull archive "$PACKED" --info=progress2,stats1 --delete --include="/$ARCHIVE" --exclude='*' | follow archive >>"$STATE/transfer.log"
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
  result "$(json files "$(sed -n 's/.*files transferred: \([0-9,]*\).*/\1/p' "$STATE/transfer.log" | tr -d , | awk '{ n += $1 } END { printf "%d", n }')" \
    transferred "$(sed -n 's/.*received \([0-9,]*\) bytes.*/\1/p' "$STATE/transfer.log" | tr -d , | awk '{ n += $1 } END { printf "%d", n }')" seconds $((SECONDS - started)))"
}

main "$@" </dev/null
