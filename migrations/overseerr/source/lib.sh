# shellcheck shell=bash disable=SC2034
# The old Overseerr's data, and the replica that they become. Runs on its host, as root, after lib/source/hold.sh.
#
# Of the host only Docker, coreutils, tar and zstd are asked: SQLite and Litestream are those of the image that the job
# runs, so that what is written here can be read there.
#
# variables: DATA (folder that the container has at /app/config), VOLUME (the new Overseerr's, as this host sees it),
#            LITESTREAM_IMAGE, LITESTREAM_CONFIG (text of its settings), REPLICA_ENDPOINT, REPLICA_BUCKET, REPLICA_PATH,
#            REPLICA_REGION; where the replica is spoken to: MINIO_ACCESS_KEY, MINIO_SECRET_KEY

: "${DATA:?folder of the old Overseerr}" "${VOLUME:?folder of the new Overseerr}" "${LITESTREAM_IMAGE:?}"

readonly SETTINGS=$DATA/settings.json LIVE=$DATA/db/db.sqlite3
readonly HELD_FILES=("$LIVE")
# What was packed, unpacked again: it is proved and seeded, and nobody else has it open.
readonly COPY=$BACKUP_DIR/.overseerr-copy
# What has been done for the hold of that epoch.
readonly SEEDED=$ARCHIVE.seeded DRILLED=$ARCHIVE.drilled SETTLED=$ARCHIVE.settled
# Tells, once the replica was brought back into the old Overseerr, what was.
readonly BROUGHT_BACK=$ARCHIVE.brought-back

# On the volume; read by the new Overseerr's first task. FENCE: the move was taken back, nothing may start here. MOVED:
# generation whose settings these are. TAKE: the replica counts, whatever is on the disk. SEEN: what it must have.
readonly FENCE=$VOLUME/.taken-back MOVED=$VOLUME/.moved TAKE=$VOLUME/.take-replica SEEN=$VOLUME/.replica-seen

# in_image FOLDER PROGRAM ARGUMENT…: it sees this folder, by its own path, and no network.
in_image() {
  docker run --rm --interactive --network none --user 0:0 --volume "$1:$1" --entrypoint "$2" "$LITESTREAM_IMAGE" "${@:3}"
}

# sqlite FILE STATEMENT
sqlite() { in_image "$(dirname "$1")" sqlite3 -batch -bail "$1" <<<"$2"; }

# litestream FOLDER VERB ARGUMENT…: for the database db.sqlite3 there. The keys are in the environment only. The host's
# network and names are used, and no port of it is taken for figures.
litestream() (
  set -e
  sed '/^addr:/d' <<<"$LITESTREAM_CONFIG" >"$1/litestream.yml"
  export LITESTREAM_ACCESS_KEY_ID=$MINIO_ACCESS_KEY LITESTREAM_SECRET_ACCESS_KEY=$MINIO_SECRET_KEY
  export DATABASE=$1/db.sqlite3 REPLICA_ENDPOINT REPLICA_BUCKET REPLICA_PATH REPLICA_REGION
  # None of these is of weight for a single upload.
  export SYNC_SECONDS=10 SNAPSHOT_HOURS=24 RETENTION_HOURS=8760
  exec timeout "${LITESTREAM_LIMIT:-3600}" docker run --rm --network host --user 0:0 --volume "$1:$1" \
    --env LITESTREAM_ACCESS_KEY_ID --env LITESTREAM_SECRET_ACCESS_KEY --env DATABASE \
    --env REPLICA_ENDPOINT --env REPLICA_BUCKET --env REPLICA_PATH --env REPLICA_REGION \
    --env SYNC_SECONDS --env SNAPSHOT_HOURS --env RETENTION_HOURS \
    --entrypoint litestream "$LITESTREAM_IMAGE" "$2" -config "$1/litestream.yml" "${@:3}"
)

# last_words TEXT: of a program, in a line.
last_words() { tail -n 1 <<<"$1" | cut -c -300; }

# check_database FILE: prints nothing if it is whole, and Overseerr's.
check_database() {
  local found
  found=$(damage "$1")
  [[ -z $found ]] || { echo "$found"; return; }
  found=$(sqlite "$1" 'PRAGMA integrity_check(5)' 2>&1) || { echo "can't be checked: $(last_words "$found")"; return; }
  [[ $found == ok ]] || { echo "is damaged: $(head -n 5 <<<"$found" | tr '\n' ';' | cut -c -400)"; return; }
  found=$(sqlite "$1" "SELECT group_concat(column1, ', ') FROM (VALUES ('media'), ('media_request'), ('migrations'), ('user'))
    WHERE column1 NOT IN (SELECT name FROM sqlite_master WHERE type = 'table')")
  [[ -z $found ]] || echo "is no database of Overseerr: it has no table $found"
}

# counts FILE: rows of every table, as JSON. Litestream adds two of its own.
counts() {
  local sql
  sql=$(sqlite "$1" "SELECT group_concat('SELECT ' || quote(name) || ' AS name, count(*) AS n FROM \"' || replace(name, '\"', '\"\"') || '\"', ' UNION ALL ')
    FROM (SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_litestream\\_%' ESCAPE '\\' ORDER BY name)")
  sqlite "$1" "SELECT json_group_object(name, n) FROM ($sql)"
}

# founder FILE: when the first user was made, who owns the installation and can't be deleted: it tells one
# installation's database from another's.
founder() { sqlite "$1" 'SELECT createdAt FROM user WHERE id = 1'; }

# setting FILE PATH: of a file of settings; nothing where there is none. Fails if it is no JSON.
setting() { sqlite_json "$1" "SELECT j ->> '$2' FROM settings"; }

# sqlite_json FILE STATEMENT: on its text, as settings(j).
sqlite_json() {
  in_image "$(dirname "$1")" sqlite3 -batch -bail :memory: <<<"CREATE TABLE settings AS SELECT CAST(readfile('${1//\'/\'\'}') AS TEXT) AS j; $2"
}

# Tells what lies in the replica's place: empty, ours (this installation's, by its founder), or why it is neither.
# look_at_replica FOLDER FOUNDER: the folder is empty, and for this alone; the founder may be unknown. Sets replica_state
# and replica_fault.
look_at_replica() {
  local said position
  replica_state=unknown replica_fault=''
  if said=$(LITESTREAM_LIMIT=${LOOK_LIMIT:-120} litestream "$1" restore -json -integrity-check full -o "$1/found" "$1/db.sqlite3" 2>&1); then
    position=$(sed -n 's/.*"txid": "\([0-9a-f]\{16\}\)".*/\1/p' <<<"$said")
    replica_fault=$(check_database "$1/found")
    if [[ -n $replica_fault ]]; then
      replica_fault="what lies there $replica_fault"
    elif [[ -z $position ]]; then
      replica_fault="what lies there was not written by Litestream 0.5"
    elif [[ $2 != unknown && $(founder "$1/found") != "$2" ]]; then
      replica_fault="the database of another installation lies there"
    else
      replica_state=ours
    fi
    rm -f "$1/found"
  elif [[ $said == *"no matching backup files available"* ]]; then
    replica_state=empty
  else
    replica_fault=$(last_words "${said:-no answer}")
  fi
}

# unpack ARCHIVE FOLDER
unpack() { zstd --quiet --decompress --stdout "$1" | tar --extract --no-same-owner --directory="$2"; }

# digests FOLDER: of every file in it. What is no file, folder or link has no content to be packed; a socket of a
# program that has ended, say.
digests() { (cd "$1" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum --); }

# forget_keys: of a job's script, as soon as it runs.
forget_keys() { [[ ! -d ${JOB:-} ]] || rm -f "$JOB/script"; }

# epoch_of FILE: for which it was written, its first line; none where there is no such file.
epoch_of() { head -n 1 "$1" 2>/dev/null || echo none; }
