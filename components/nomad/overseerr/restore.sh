#!/usr/bin/env bash
# The first task of every start of Overseerr: makes sure that the database which it is going to open is the newest
# there is. Whatever it can't be sure of ends the task, and with it the start: an empty Overseerr would be replicated
# over the backup of a full one.
#
# It needs only what Litestream's image has: bash, coreutils and sqlite3
# (https://github.com/benbjohnson/litestream/blob/v0.5.17/Dockerfile).
#
# variables: DATABASE      path of the database, on the allocation's disk
#            SETTINGS      folder with Overseerr's settings, which outlive the allocation
#            CONFIG        Litestream's settings, with the one replica of DATABASE
#            OWNER         user and group that Overseerr runs as, as 1000:1000
#            ALLOW_EMPTY   true: where neither a database nor a replica has ever been, Overseerr may begin anew
#            GENERATION    number of the move that has brought it here; empty: none has
#            WAIT_SECONDS  how long the replica may take until it can be read: the mesh's proxy starts beside this task
set -euo pipefail
: "${DATABASE:?path of the database}" "${SETTINGS:?folder of the settings}" "${CONFIG:?settings of Litestream}"
: "${OWNER:?uid:gid of Overseerr}" "${ALLOW_EMPTY:?true or false}" "${WAIT_SECONDS:?seconds}"
GENERATION=${GENERATION:-}
# Positions are compared as text.
export LC_ALL=C

readonly FOLDER=${DATABASE%/*} NAME=${DATABASE##*/}
# What Litestream remembers of the database: https://litestream.io/how-it-works/
readonly MEMORY=$FOLDER/.$NAME-litestream
readonly CANDIDATE=$FOLDER/.restoring/$NAME
readonly SUPERSEDED=$FOLDER/superseded
# Position up to which the database was restored, for as long as Litestream has none of its own.
readonly RESTORED=$FOLDER/.restored
# Position and founder of the replica at the last start.
readonly SEEN=$SETTINGS/.replica-seen
# Of a move from another host, which writes them: it was taken back; it has ended; the replica that it has brought is the
# one to start with.
readonly FENCE=$SETTINGS/.taken-back MOVED=$SETTINGS/.moved TAKE=$SETTINGS/.take-replica

local_state=none local_at='' local_founder='' local_fault=''
replica_state=unknown replica_at='' replica_founder=''

say() { printf '%s\n' "$@"; }

# told STATE POSITION: none, position 0000000000000007 …
told() {
  case $1 in
    none | unknown) echo "$1" ;;
    damaged) echo "damaged ($local_fault), position ${2:-unknown}" ;;
    *) echo "position ${2:-unknown}" ;;
  esac
}

refuse() {
  printf '%s\n' "✗ $1" "    local database: $(told "$local_state" "$local_at")" \
    "    replica: $(told "$replica_state" "$replica_at")" "${@:2}" >&2
  exit 1
}

# Two Overseerrs of one installation part for good: none starts here whose move was taken back, or has not ended. Nor does
# one on a volume that the move has never seen.
require_moved() {
  local word='' at='' moved
  if [[ -e $FENCE ]]; then
    read -r word at <"$FENCE" || true
    printf '%s\n' "✗ the move ${at:-from the old Overseerr} was ${word:-taken back}: that one serves again" \
      "    if it is to move again: pulumi up; if nobody needs it any more, remove ${FENCE##*/} from the volume" >&2
    exit 1
  fi
  [[ -n $GENERATION ]] || return 0
  moved=$(cat "$MOVED" 2>/dev/null || true)
  [[ $moved == "$GENERATION" ]] || {
    printf '%s\n' "✗ this volume holds nothing of move $GENERATION, but ${moved:-none}" \
      "    does overseerr.migration.volumePath lead to this volume on the old Overseerr's host?" >&2
    exit 1
  }
}

# ask FILE STATEMENT: without a checkpoint, which would part Litestream from the WAL that it knows. Nobody else has the
# file open: where nothing lies beside it SQLite need not make anything, either; and a transaction that was cut off
# is undone as Overseerr's own start would do it.
ask() {
  local how='immutable=1'
  [[ ! -e $1-wal ]] || how='mode=ro'
  [[ ! -e $1-journal ]] || how='mode=rw'
  sqlite3 -bail "file:$1?$how" "$2" 2>&1
}

# examine FILE: whether it is whole, and Overseerr's. Sets founder, or fault and fails.
examine() {
  local answer
  founder='' fault=''
  answer=$(ask "$1" 'PRAGMA integrity_check(1)' || true)
  if [[ $answer != ok ]]; then
    fault="integrity check: $(tail -n 1 <<<"$answer")"
    return 1
  fi
  answer=$(ask "$1" "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('media', 'media_request', 'migrations', 'user')" || true)
  if [[ $answer != 4 ]]; then
    fault="it has not the tables of Overseerr"
    return 1
  fi
  # The first user owns the installation and can't be deleted, so this tells one installation's database from another's.
  founder=$(ask "$1" 'SELECT createdAt FROM user WHERE id = 1')
}

# The later of two positions.
later() { [[ $1 > $2 ]] && echo "$1" || echo "$2"; }

look_at_local() {
  local own restored
  [[ -e $DATABASE ]] || return 0
  own=$(litestream status -config "$CONFIG" -json "$DATABASE" | sed -n 's/.*"local_txid": "\([0-9a-f]\{16\}\)".*/\1/p')
  restored=$(cat "$RESTORED" 2>/dev/null || true)
  local_at=$(later "$own" "$restored")
  if examine "$DATABASE"; then
    local_state=good local_founder=$founder
  else
    local_state=damaged local_fault=$fault
  fi
}

# Sets listing: all that the replica consists of. A failure may pass: the mesh's proxy or the store is not up yet.
list_replica() {
  local end=$((SECONDS + WAIT_SECONDS)) once=$((WAIT_SECONDS < 15 ? WAIT_SECONDS : 15)) said
  # Litestream's own patience with a store that does not answer is longer than that.
  until said=$(timeout "$once" litestream ltx -config "$CONFIG" -level all -json "$DATABASE" 2>&1); do
    said=$(tail -n 1 <<<"$said")
    ((SECONDS < end)) || refuse "the replica can't be read: ${said:-no answer}" "    asked for $WAIT_SECONDS s; Nomad tries again"
    sleep 2
  done
  listing=$said
}

fetch_candidate() {
  local said
  said=$(litestream restore -config "$CONFIG" -json -integrity-check full -o "$CANDIDATE" "$DATABASE" 2>&1) ||
    refuse "the replica can't be restored: $(tail -n 1 <<<"$said")"
  replica_state=readable
  replica_at=$(sed -n 's/.*"txid": "\([0-9a-f]\{16\}\)".*/\1/p' <<<"$said")
  [[ -n $replica_at ]] || refuse "the replica was not written by Litestream 0.5: it has no position"
  examine "$CANDIDATE" || refuse "the replica holds no database of Overseerr: $fault"
  replica_founder=$founder
}

# The allocation's disk may be lost at any time; the volume then still knows which replica belongs here.
require_seen_replica() {
  local at='' since=''
  [[ -e $SEEN ]] || return 0
  { read -r at && read -r since; } <"$SEEN" || true
  local hint="    if this is the replica to go on with, remove ${SEEN##*/} from the volume"
  [[ -z $since || $since == "$replica_founder" ]] || refuse "the replica is that of another installation" "$hint"
  [[ ! $replica_at < $at ]] || refuse "the replica has lost what it had: it was at position $at" "$hint"
}

remember_replica() {
  printf '%s\n' "$replica_at" "$replica_founder" >"$SEEN.part"
  mv "$SEEN.part" "$SEEN"
}

# Out of the way, not away: what was never replicated is here alone. A WAL that stayed would be taken for the new
# database's, so nothing is put in the place of these files before all of them are gone.
set_aside() {
  local file
  mkdir -p "$SUPERSEDED.part"
  for file in "$DATABASE"{,-wal,-shm,-journal} "$MEMORY" "$RESTORED"; do
    [[ ! -e $file ]] || mv --force --no-target-directory "$file" "$SUPERSEDED.part/${file##*/}"
  done
  rm -rf "$SUPERSEDED"
  mv "$SUPERSEDED.part" "$SUPERSEDED"
}

take_replica() {
  require_seen_replica
  [[ -z $(compgen -G "$DATABASE*") && ! -e $MEMORY ]] || set_aside
  printf '%s\n' "$replica_at" >"$RESTORED"
  mv "$CANDIDATE" "$DATABASE"
  sync "$FOLDER"
  remember_replica
  say "restored the replica at position $replica_at: $1"
}

keep_local() {
  say "kept the local database at position ${local_at:-unknown}: $1"
}

# There is nothing at all in the place of the replica.
start_without_replica() {
  replica_state=none
  [[ ! -e $SEEN ]] || refuse "the replica is gone" "    if Overseerr is to begin anew, remove ${SEEN##*/} from the volume"
  [[ $ALLOW_EMPTY == true ]] ||
    refuse "there is no replica" "    if Overseerr is to begin anew: pulumi config set --path overseerr.replica.allowEmptyBootstrap true"
  case $local_state in
    none) say "neither a database nor a replica: Overseerr begins anew" ;;
    good) keep_local "there is no replica yet" ;;
    damaged) refuse "there is no replica" ;;
  esac
}

# Whether one of two databases goes on where the other one was: of the newer one only, the founder may be unknown to the other.
one_history() {
  [[ $local_founder == "$replica_founder" ]] && return
  if [[ $replica_at > $local_at ]]; then [[ -z $local_founder ]]; else [[ -z $replica_founder ]]; fi
}

choose() {
  # Once: from then on the database goes its own way.
  if [[ -e $TAKE ]]; then
    take_replica "a move has brought it"
    rm -f "$TAKE"
    return
  fi
  case $local_state in
    none) take_replica "there is no local database" ;;
    damaged) take_replica "the local database is damaged ($local_fault); it was at position ${local_at:-unknown} and lies in ${SUPERSEDED##*/}" ;;
    good)
      [[ -n $local_at ]] || refuse "the local database and the replica can't be compared: Litestream has never seen the local one"
      one_history || refuse "the local database and the replica are of different installations"
      if [[ $replica_at > $local_at ]]; then
        take_replica "the local database is older, at position $local_at; it lies in ${SUPERSEDED##*/}"
      else
        keep_local "the replica is at position $replica_at"
        remember_replica
      fi
      ;;
  esac
}

# Both must be there before Overseerr's container mounts one into the other.
make_folders() {
  mkdir -p "$FOLDER" "$SETTINGS/${FOLDER##*/}"
  # Left by a start that was killed; what it had begun to put aside is no longer whole in its place.
  rm -rf "${CANDIDATE%/*}"
  [[ ! -e $SUPERSEDED.part ]] || set_aside
}

hand_over() {
  rm -rf "${CANDIDATE%/*}"
  chown -R "$OWNER" "$FOLDER"
  # Root writes everywhere; anybody else must own what it writes to.
  [[ ${OWNER%:*} == 0 || $(stat --format=%u:%g "$SETTINGS") == "$OWNER" ]] || chown -R "$OWNER" "$SETTINGS"
}

main() {
  local listing founder fault
  require_moved
  make_folders
  look_at_local
  list_replica
  if [[ $listing == '[]' ]]; then
    start_without_replica
  else
    fetch_candidate
    choose
  fi
  hand_over
}

main "$@" </dev/null
