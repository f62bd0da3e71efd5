#!/usr/bin/env bash
# Brings the newest state of the replica back into the old Overseerr, which is stopped and has given its data up. Its
# former database is kept beside it, complete. All of it or nothing: killed at any point, it goes on from there when it
# is run again; until then HALFWAY stands, and nothing of the move starts the old Overseerr.
#
# Its switch was disarmed and its restart policy is "no" from the release on. restore.sh, the switch of another move and
# its stop ask for HALFWAY all the same (require_whole).
#
# variables: those of lib.sh; COUNTS (of the archive), LOOK_ONLY (true: whether it can be done, nothing is touched),
#            AGAIN (the command that goes on after a kill)
# result: position (Litestream's), counts (of what was brought back), kept (folder of the former database)
set -euo pipefail
: "${COUNTS:?rows by table}" "${LOOK_ONLY:?true or false}" "${AGAIN:?command}"

readonly work=$COPY/bring-back
readonly FOLDER=${LIVE%/*}
readonly KEPT=$FOLDER/before-rollback-g$GENERATION
# What replaces the database, on its own file system.
readonly NEW=$LIVE.part
# What SQLite keeps beside a database, and would take for the new one's.
readonly BESIDE=("$LIVE-wal" "$LIVE-shm" "$LIVE-journal")

digest() { sha256sum <"$1" | cut -d' ' -f1; }

fetch() {
  local said found
  progress "restoring the replica"
  said=$(litestream "$work" restore -json -integrity-check full -o "$work/restored" "$work/db.sqlite3" 2>&1) || die "the replica $REPLICA_BUCKET/$REPLICA_PATH at $REPLICA_ENDPOINT can't be read: $(last_words "$said")"
  position=$(sed -n 's/.*"txid": "\([0-9a-f]\{16\}\)".*/\1/p' <<<"$said")
  [[ -n $position ]] || die "the replica has no position: it was not written by Litestream 0.5"
  progress "checking it"
  found=$(check_database "$work/restored")
  [[ -z $found ]] || die "what was restored from the replica $found"
}

migrations_of() { sqlite "$1" "SELECT group_concat(name) FROM (SELECT name FROM migrations ORDER BY name)"; }

# By a copy: whoever opens a database changes it.
compare() {
  local file table few rows='' old=$work/old
  progress "comparing it with the old database"
  mkdir "$old"
  for file in "$LIVE"{,-wal,-journal}; do
    [[ ! -e $file ]] || cp -- "$file" "$old/"
  done
  [[ $(founder "$work/restored") == "$(founder "$old/${LIVE##*/}")" ]] || die "the replica is the database of another installation than $LIVE"
  [[ $(migrations_of "$work/restored") == "$(migrations_of "$old/${LIVE##*/}")" ]] ||
    die "the replica was changed by another version than that of the old Overseerr, which could not read it"
  for table in user media_request media; do
    rows+="${rows:+ UNION ALL }SELECT '$table' AS name, (SELECT count(*) FROM $table) AS now"
  done
  few=$(sqlite "$work/restored" "SELECT group_concat(name || ': found ' || now || ', expected ' || before || ' or more', '; ')
    FROM (SELECT name, now, '${COUNTS//\'/\'\'}' ->> name AS before FROM ($rows)) WHERE now < before")
  [[ -z $few ]] || die "the replica has fewer rows than the archive of the old Overseerr: $few"
}

# Without HALFWAY the database in place is the old one, whole: a copy of an earlier attempt is of no use.
keep_old() {
  local file
  progress "keeping the old database"
  rm -rf -- "$KEPT.part"
  mkdir "$KEPT.part"
  chown --reference="$FOLDER" "$KEPT.part"
  for file in "$LIVE" "${BESIDE[@]}"; do
    [[ ! -e $file ]] || cp --preserve=all -- "$file" "$KEPT.part/"
  done
  sync "$KEPT.part"/* "$KEPT.part"
  rm -rf -- "$KEPT"
  mv -T -- "$KEPT.part" "$KEPT"
}

prepare() {
  install -m "$(stat -c %a "$LIVE")" -o "$(stat -c %u "$LIVE")" -g "$(stat -c %g "$LIVE")" -- "$work/restored" "$NEW"
  sync "$NEW" "$FOLDER"
  [[ $(digest "$NEW") == "$(digest "$work/restored")" ]] || die "the new database has arrived in $FOLDER with another digest: look at that file system"
  printf '%s\n' "$AGAIN" "$(digest "$NEW")" "$told" | replace "$HALFWAY"
  sync "$BACKUP_DIR"
  # From here on nothing of the move starts it; whoever did so just before is seen now.
  if ! stopped || [[ ! -s $RELEASED ]]; then
    rm -f -- "$HALFWAY"
    die "the old Overseerr on $(hostname) was started meanwhile"
  fi
}

# Needs neither the replica nor what was done before, but NEW.
put_in_place() {
  local half
  progress "putting it in place"
  mapfile -t half <"$HALFWAY"
  if [[ -e $NEW ]]; then
    [[ $(digest "$NEW") == "${half[1]}" ]] || die "$NEW is not what was restored: the former database lies in $KEPT, put it back and remove $HALFWAY"
    # First: a log that stayed would be played into the new database.
    rm -f -- "${BESIDE[@]}"
    sync "$FOLDER"
    mv -T -- "$NEW" "$LIVE"
    sync "$FOLDER"
  fi
  [[ $(digest "$LIVE") == "${half[1]}" ]] || die "$LIVE is not what was restored: the former database lies in $KEPT, put it back and remove $HALFWAY"
  echo "${half[2]}" | replace "$BROUGHT_BACK"
  rm -f -- "$HALFWAY"
}

main() {
  local position told
  umask 077
  forget_keys
  stopped || die "the container $SERVICE on $(hostname) runs, or something has $LIVE open"
  if [[ -e $BROUGHT_BACK ]]; then
    # Killed between the two.
    rm -f -- "$HALFWAY"
  elif [[ -e $HALFWAY ]]; then
    put_in_place
  else
    [[ -s $RELEASED ]] || die "the old Overseerr on $(hostname) has not given its data up"
    rm -rf -- "$work"
    mkdir -p "$work"
    trap 'rm -rf -- "$work"; [[ -e $HALFWAY ]] || rm -rf -- "$KEPT.part" "$NEW"' EXIT
    fetch
    compare
    told=$(json position "$position" counts "$(counts "$work/restored")" kept "$KEPT")
    if [[ $LOOK_ONLY == true ]]; then
      result "$told"
      return
    fi
    keep_old
    prepare
    put_in_place
  fi
  result "$(<"$BROUGHT_BACK")"
}

main "$@" </dev/null
