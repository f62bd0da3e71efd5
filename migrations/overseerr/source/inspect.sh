#!/usr/bin/env bash
# Looks at the old Overseerr, at the replica's place and at the volume while it serves, and changes nothing of it. Every
# problem is told.
#
# variables: those of lib.sh; IMAGE_VERSION (that the job has), ALLOW_EMPTY
# result: version, active, policy, bytes, databaseBytes, replica (empty or ours), integrations, counts
set -euo pipefail
: "${IMAGE_VERSION:?version of the new Overseerr}" "${ALLOW_EMPTY:?true or false}"

# Copies, while they are judged.
copies=''

check_container() {
  local there mounted
  if ! docker inspect --type=container "$SERVICE" >/dev/null 2>&1; then
    there=$(docker ps --all --format '{{.Names}}' | grep -i seer | head -n 3 | paste -sd' ' || true)
    problem "there is no container $SERVICE on $(hostname)${there:+; there is $there}" "correct overseerr.migration.source.container"
    return
  fi
  policy=$(docker inspect --format '{{.HostConfig.RestartPolicy.Name}}' "$SERVICE")
  [[ -e $FORMER ]] && say "this host holds an earlier attempt's record of its service; it goes on from there"
  mounted=$(docker inspect --format '{{range .Mounts}}{{if eq .Destination "/app/config"}}{{.Source}}{{end}}{{end}}' "$SERVICE")
  if [[ -z $mounted ]]; then
    problem "the container $SERVICE has nothing mounted at /app/config: its data are in the container itself" "is it Overseerr's? correct overseerr.migration.source.container"
  elif [[ $(readlink -m -- "$mounted") != "$(readlink -m -- "$DATA")" ]]; then
    problem "the container $SERVICE has $mounted at /app/config, not $DATA" "pulumi config set --path overseerr.migration.source.data $mounted"
  fi
  found_version=$(docker run --rm --network none --entrypoint cat "$(docker inspect --format '{{.Image}}' "$SERVICE")" /app/package.json 2>/dev/null |
    sed -n 's/^ *"version": *"\([^"]*\)".*/\1/p' | head -n 1) || found_version=''
  [[ $found_version == "$IMAGE_VERSION" ]] ||
    problem "the container $SERVICE is Overseerr ${found_version:-of an unknown version}, the job's is $IMAGE_VERSION: the versions must be equal" \
      "run sctx/overseerr:$IMAGE_VERSION there first (image: in the compose file; docker compose up -d), and look whether all is well"
}

check_settings() {
  local valid key
  if [[ ! -s $SETTINGS ]]; then
    problem "$SETTINGS is missing or empty" "correct overseerr.migration.source.data: the folder that holds settings.json and db"
    return
  fi
  valid=$(sqlite_json "$SETTINGS" "SELECT json_valid(j) FROM settings")
  if [[ $valid != 1 ]]; then
    if [[ $(head -c 3 "$SETTINGS") == $'\xef\xbb\xbf' ]]; then
      problem "$SETTINGS begins with a byte order mark, which Overseerr can't read" "sudo sed -i '1s/^\\xef\\xbb\\xbf//' $SETTINGS"
    else
      problem "$SETTINGS is no valid JSON" "repair it; python3 -m json.tool $SETTINGS names the place"
    fi
    return
  fi
  key=$(setting "$SETTINGS" '$.main.apiKey')
  [[ -n $key ]] || problem "$SETTINGS has no API key (main.apiKey)" "start the old Overseerr once: it makes one"
  [[ $(setting "$SETTINGS" '$.public.initialized') == 1 || $ALLOW_EMPTY == true ]] ||
    problem "the old Overseerr was never set up (public.initialized in $SETTINGS)" "leave overseerr.migration out and begin with a new one"
  integrations=$(integrations_of "$SETTINGS")
  if [[ -s $VOLUME/settings.json && $(setting "$VOLUME/settings.json" '$.main.apiKey' 2>/dev/null) != "$key" ]]; then
    problem "$VOLUME holds the settings of another Overseerr already" "look whose they are; if nobody needs them: sudo mv $VOLUME/settings.json $VOLUME/settings.json.old"
  fi
}

# By a copy. One of a database in use may be torn, so only two bad ones in a row count.
check_live_database() {
  local found again file
  found=$(damage "$LIVE")
  if [[ -z $found ]]; then
    for again in yes no; do
      rm -f "$copies"/db.sqlite3*
      for file in "$LIVE"{,-wal}; do
        [[ ! -e $file ]] || cp -- "$file" "$copies/"
      done
      found=$(check_database "$copies/db.sqlite3")
      [[ -n $found && $again == yes ]] || break
      sleep 2
    done
  fi
  if [[ -n $found ]]; then
    problem "$LIVE $found" "repair it, or restore a backup of it, while the old Overseerr is stopped"
    return
  fi
  counted=$(counts "$copies/db.sqlite3")
  found_founder=$(founder "$copies/db.sqlite3")
  [[ -n $found_founder || $ALLOW_EMPTY == true ]] ||
    problem "$LIVE has no owner (the first user)" "correct overseerr.migration.source.data, or leave overseerr.migration out and begin with a new one"
  rm -f "$copies"/db.sqlite3*
}

check_space() {
  local free needed
  free=$(df --output=avail -B1 "$BACKUP_DIR" | tail -n 1)
  # The archive and its proof; the database as it is seeded, and as it is restored; something to breathe.
  needed=$((bytes * 2 + database_bytes * 2 + 268435456))
  ((free >= needed)) || problem "only $(human "$free") free in $BACKUP_DIR on $(hostname), $(human "$needed") are needed for the backup of $DATA and its proof" \
    "free some, or name another folder: pulumi config set --path overseerr.migration.source.backupDir /mnt/…"
}

check_volume() {
  local probe=$VOLUME/.media-homelab-check
  if [[ ! -d $VOLUME ]]; then
    problem "there is no folder $VOLUME on $(hostname): the new Overseerr's volume can't be reached" "pulumi config set --path overseerr.migration.volumePath /…, the folder by which this host sees the volume"
  elif ! (: >"$probe") 2>/dev/null; then
    problem "nothing can be written to $VOLUME on $(hostname)" "is it mounted, and not read-only? findmnt --target $VOLUME"
  fi
  rm -f "$probe"
}

# Whoever may read may not yet write: so something small is written below the replica's path, where no replica looks.
check_store() {
  local said probe=$copies/probe
  mkdir -p "$copies/look" "$probe"
  look_at_replica "$copies/look" "$found_founder"
  if [[ $replica_state == unknown ]]; then
    problem "the replica's place $REPLICA_BUCKET/$REPLICA_PATH at $REPLICA_ENDPOINT can't be used: $replica_fault" "$(advice "$replica_fault")"
    return
  fi
  sqlite "$probe/db.sqlite3" 'CREATE TABLE IF NOT EXISTS written (at); INSERT INTO written VALUES (1)'
  said=$(LITESTREAM_LIMIT=${LOOK_LIMIT:-120} REPLICA_PATH=$REPLICA_PATH/.check litestream "$probe" replicate -once -force-snapshot 2>&1) ||
    problem "nothing can be written to the bucket $REPLICA_BUCKET at $REPLICA_ENDPOINT: $(last_words "$said")" "$(advice "$said")"
}

# advice TEXT: on what the store has said.
advice() {
  case $1 in
    *NoSuchBucket*) echo "make the bucket $REPLICA_BUCKET, or correct overseerr.replica.bucket" ;;
    *SignatureDoesNotMatch* | *InvalidAccessKeyId* | *AccessDenied*) echo "correct minioAccessKey and minioSecretKey (npm run secrets), or what that key may do" ;;
    *RequestTimeTooSkewed*) echo "set the clocks of this host and of the store" ;;
    *"no such host"* | *"connection refused"* | *"i/o timeout"* | *x509* | *"HTTP response to HTTPS"*)
      echo "is it up, and is that its address for this host? pulumi config set --path overseerr.migration.endpoint http://…" ;;
    *"lies there"*) echo "give Overseerr a path of its own: pulumi config set --path overseerr.replica.path …" ;;
    *) echo "if something else lies there, give Overseerr a path of its own: pulumi config set --path overseerr.replica.path …" ;;
  esac
}

main() {
  local found_version='' found_founder=unknown policy='' bytes=0 database_bytes=0 counted='{}' integrations='{}' said active=false
  local replica_state replica_fault
  trap '[[ -z $copies ]] || rm -rf -- "$copies"' EXIT
  need awk docker find flock setsid sha256sum sync tar timeout zstd -- "sudo apt-get install coreutils findutils gawk tar util-linux zstd; Docker: https://docs.docker.com/engine/install"
  stop_on_problems "The old Overseerr's host $(hostname) is not ready; nothing was stopped:"
  said=$(docker version 2>&1) || problem "Docker does not answer on $(hostname): $(last_words "$said")" "sudo systemctl start docker"
  stop_on_problems "The old Overseerr's host $(hostname) is not ready; nothing was stopped:"
  said=$(docker image inspect "$LITESTREAM_IMAGE" 2>&1 || timeout 300 docker pull --quiet "$LITESTREAM_IMAGE" 2>&1) ||
    problem "the image $LITESTREAM_IMAGE can't be had on $(hostname): $(last_words "$said")" "docker pull $LITESTREAM_IMAGE"
  stop_on_problems "The old Overseerr's host $(hostname) is not ready; nothing was stopped:"
  take_lock
  [[ ! -e $HALFWAY ]] || problem "the data of $SERVICE on $(hostname) are half replaced" "$(head -n 1 "$HALFWAY")"
  make_backup_dir
  copies=$(mktemp -d -p "$BACKUP_DIR" .overseerr-check.XXXXXX)
  check_container
  check_volume
  if [[ ! -d $DATA ]]; then
    problem "there is no folder $DATA on $(hostname)" "correct overseerr.migration.source.data: the folder that the container has at /app/config"
  else
    bytes=$(du -sB1 -- "$DATA" | cut -f1)
    database_bytes=$(find "$DATA/db" -maxdepth 1 -name 'db.sqlite3*' -printf '%s\n' 2>/dev/null | awk '{ n += $1 } END { printf "%d", n }')
    check_settings
    check_space
    check_live_database
    check_store
  fi
  free_lock
  stop_on_problems "The move can't be made like this; nothing was stopped:"
  if service_active; then active=true; fi
  result "$(json version "$found_version" active "$active" policy "${policy:-no}" bytes "$bytes" databaseBytes "$database_bytes" \
    replica "$replica_state" integrations "$integrations" counts "$counted")"
}

main "$@" </dev/null
