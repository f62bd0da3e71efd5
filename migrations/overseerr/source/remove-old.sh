#!/usr/bin/env bash
# Removes the old container and its data, once nobody can need them any more. Every doubt is told, all at once, and then
# nothing is touched. The archive of all data stays, with its SHA-256.
#
# variables: those of lib.sh; REMOVE_ON (the day that the config names), JOB_FAULT (what speaks against the new
#            Overseerr, or nothing)
# result: container, image, data, files, bytes, archive, sha256; already (nothing was left to be removed)
set -euo pipefail
: "${REMOVE_ON:?YYYY-MM-DD}" "${JOB_FAULT?what speaks against the new Overseerr}"

# The folder itself: a link to it would be renamed alone.
FOLDER=$(readlink -m -- "$DATA")
readonly FOLDER ASIDE=$FOLDER.removing-g$GENERATION
# What is removed: while that is being done, and when it is.
readonly ADMITTED=$ARCHIVE.removing REMOVED=$ARCHIVE.removed
readonly work=$COPY/remove-old

nothing_left() { [[ -z $(ls -A -- "$FOLDER" 2>/dev/null) && ! -e $ASIDE ]] && ! service_exists; }

# days SECONDS: the day of that moment, by UTC and by this host's own clock, the earlier one first.
days() { { date --utc --date="@$1" +%F; date --date="@$1" +%F; } | LC_ALL=C sort; }

# By this host's clock, which has written the stamp.
check_day() {
  local now earliest today
  now=$(date +%s)
  if ((now < given_up_at + 86400)); then
    problem "the old Overseerr was given up only $(((now - given_up_at) / 3600)) h ago, 24 h have to pass" "run the same command again after $(date --date="@$((given_up_at + 86400))" '+%F %R %Z')"
  fi
  earliest=$(days "$((given_up_at + 86400))" | sed -n 1p)
  today=$(days "$now" | sed -n 2p)
  # The dashes aside, days compare as numbers.
  ((${REMOVE_ON//-/} >= ${earliest//-/})) ||
    problem "the day to remove the old data, $REMOVE_ON, is before $earliest, a day after the move" "pulumi config set --path overseerr.migration.removeOldData $earliest"
  ((${REMOVE_ON//-/} <= ${today//-/})) ||
    problem "the day to remove the old data, $REMOVE_ON, is still to come: on $(hostname) it is $today" "run the same command again on that day, or: pulumi config rm --path overseerr.migration.removeOldData"
}

check_container() {
  local times at
  if ! service_exists; then
    [[ -e $ADMITTED ]] ||
      problem "there is no container $SERVICE on $(hostname), but there is $DATA" "correct overseerr.migration.source.container, or remove the folder yourself if the container is gone for good"
    return 0
  fi
  if service_active; then problem "the container $SERVICE on $(hostname) runs" "docker stop $SERVICE; what it has written since the move is in no archive"; fi
  times=$(docker inspect --format '{{.Created}} {{.State.StartedAt}}' "$SERVICE")
  for at in $times; do
    (($(date --date="$at" +%s) < given_up_at)) || {
      problem "the container $SERVICE on $(hostname) was made or started since the move, at $at" "what it has written since is in no archive: look at $DATA, and remove it yourself"
      break
    }
  done
}

check_volume() {
  local brought_by
  brought_by=$(cat "$MOVED" 2>/dev/null || echo none)
  [[ ! -e $FENCE ]] || problem "the move was taken back: $(<"$FENCE")" "the old data are what there is; pulumi config rm --path overseerr.migration.removeOldData"
  [[ $brought_by == "$GENERATION" ]] || problem "the volume $VOLUME holds what move $brought_by has brought, not move $GENERATION" "correct overseerr.migration.volumePath or overseerr.migration.generation"
}

# The archive is all that will be left.
check_archive() {
  local said differ
  progress "looking at the archive"
  if ! (cd "$BACKUP_DIR" && sha256sum --check --status -- "$(basename "$ARCHIVE").sha256") 2>/dev/null; then
    problem "the archive $ARCHIVE on $(hostname) is missing or damaged: it has not the SHA-256 that $ARCHIVE.sha256 tells" "the old data are the only backup; make another one before you remove them yourself"
    return
  fi
  # It was compared before it was put aside.
  [[ ! -e $ASIDE ]] || return 0
  progress "comparing the archive with $DATA"
  rm -rf -- "$work"
  mkdir -p "$work"
  if ! said=$(unpack "$ARCHIVE" "$work" 2>&1); then
    problem "the archive $ARCHIVE can't be unpacked on $(hostname): $(last_words "$said")" "is there room in $BACKUP_DIR? df -h $BACKUP_DIR"
    return
  fi
  if ! cmp --quiet <(digests "$FOLDER") <(digests "$work"); then
    differ=$({ digests "$FOLDER"; digests "$work"; } | LC_ALL=C sort | uniq --unique | cut -c 67- | LC_ALL=C sort --unique | head -n 3 | paste -sd' ')
    problem "$DATA is not what the archive holds: $differ" "whoever has changed it since the move may need it; look at it, and remove it yourself"
  fi
}

check_folder() {
  [[ ! -e $ASIDE ]] || return 0
  if mountpoint --quiet "$FOLDER"; then problem "$DATA is a file system of its own, which can't be put aside" "remove what is in it yourself"; fi
  if database_open; then problem "something on $(hostname) has $LIVE open" "see who: sudo fuser -v $LIVE"; fi
}

# What will have been removed; known before anything is.
describe() {
  json container "$SERVICE" image "$(docker inspect --format '{{.Config.Image}}' "$SERVICE")" data "$DATA" files "$(find "$FOLDER" -type f | wc -l)" \
    bytes "$(du -sB1 -- "$FOLDER" | cut -f1)" archive "$ARCHIVE" sha256 "$(cut -d' ' -f1 "$ARCHIVE.sha256")"
}

remove() {
  progress "removing the container $SERVICE"
  [[ ! -e $FENCE ]] || die "the move was taken back meanwhile: $(<"$FENCE")"
  # Not by force: Docker refuses one that has been started meanwhile.
  if service_exists; then docker rm "$SERVICE" >/dev/null; fi
  progress "removing $DATA"
  # At once or not at all: from here on nothing takes what is left for data.
  [[ -e $ASIDE ]] || mv -T -- "$FOLDER" "$ASIDE"
  # Docker makes no new folder for a volume that it knows.
  [[ -e $FOLDER ]] || install -d -m "$(stat -c %a "$ASIDE")" -o "$(stat -c %u "$ASIDE")" -g "$(stat -c %g "$ASIDE")" -- "$FOLDER"
  # The stamp is moved last, so that it is not told before it is true.
  rm -rf --one-file-system -- "$ASIDE"
  mv -T -- "$ADMITTED" "$REMOVED"
}

main() {
  local given_up_at told
  umask 077
  need awk cmp date docker find mountpoint sha256sum tar zstd -- "sudo apt-get install coreutils diffutils findutils gawk tar util-linux zstd"
  docker version >/dev/null 2>&1 || problem "Docker does not answer on $(hostname)" "sudo systemctl start docker"
  stop_on_problems "The old data can't be removed; nothing was touched:"
  if [[ ! -e $REMOVED ]] && nothing_left && [[ -e $ADMITTED ]]; then mv -T -- "$ADMITTED" "$REMOVED"; fi
  if [[ -e $REMOVED ]] || nothing_left; then
    told=$(cat "$REMOVED" 2>/dev/null || json container "$SERVICE" data "$DATA")
    result "${told%\}},\"already\":true}"
    return
  fi
  trap 'rm -rf -- "$work"' EXIT
  if [[ -s $RELEASED ]]; then
    given_up_at=$(stat -c %Y "$RELEASED")
    check_day
    check_container
  else
    problem "move $GENERATION has not given the old Overseerr up on $(hostname)" "is overseerr.migration.generation the number of the move that has ended?"
  fi
  check_folder
  check_volume
  [[ -z $JOB_FAULT ]] || problem "$JOB_FAULT" "nomad job status overseerr"
  check_archive
  stop_on_problems "The old data can't be removed; nothing was touched:"
  [[ -e $ADMITTED ]] || describe | replace "$ADMITTED"
  remove
  told=$(<"$REMOVED")
  result "${told%\}},\"already\":false}"
}

main "$@" </dev/null
