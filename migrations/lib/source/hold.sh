# shellcheck shell=bash disable=SC2034
# The hold on an old server: its service is stopped and kept so, and a switch brings it back when nobody renews the
# hold. Runs on its host, as root.
#
# WORK is gone after a reboot, and with it the hold on the service: a host that restarts serves as before.
# What must outlive that, for a rollback weeks later, lies in BACKUP_DIR.
#
# variables: APP (what is moved), KIND, SERVICE, BACKUP_DIR, GENERATION, RUN (name of this run), STOP_LIMIT
# The app's own library defines HELD_FILES: its databases, of which a server that runs has the first one open. Whoever
# starts the old server changes them.

: "${APP:?what is moved}" "${KIND:?systemd or docker}" "${SERVICE:?name of the unit or container}"
: "${BACKUP_DIR:?folder for the archive}" "${GENERATION:?number of the migration}"
: "${WORK:=/run/media-homelab/$APP}" "${STOP_LIMIT:=120}"

loudly

# The service as it was before anybody touched it; its existence says that it has to be put back.
readonly FORMER="$BACKUP_DIR/$APP-service-before"
readonly ARCHIVE="$BACKUP_DIR/$APP-g$GENERATION.tar.zst"
# When the old server was stopped, once its data have been given up to the new one.
readonly RELEASED="$BACKUP_DIR/$APP-g$GENERATION.released"
# While it exists, data that are neither the old server's nor its successor's may lie in the old one's place. Its first
# line is the command that makes them whole.
readonly HALFWAY="$BACKUP_DIR/$APP-bringing-back"

# require_whole: nobody starts the old server on half-replaced data, nor takes them for the data of a move.
require_whole() {
  [[ ! -e $HALFWAY ]] || die "the data of $SERVICE on $(hostname) are half replaced, so it is not started" "$(head -n 1 "$HALFWAY")"
}

service_exists() {
  case $KIND in
    systemd) [[ $(systemctl show "$SERVICE" --property=LoadState --value) == @(loaded|masked) ]] ;;
    docker) docker inspect --type=container "$SERVICE" >/dev/null 2>&1 ;;
  esac
}

service_active() {
  case $KIND in
    systemd) systemctl is-active --quiet "$SERVICE" ;;
    docker) [[ $(docker inspect --format '{{.State.Running}}' "$SERVICE") == true ]] ;;
  esac
}

# A server that nobody manages, or a second container on the same folder, has the database open all the same. For
# writing, as every server does: who only reads it is a copy being made, such as our own, and changes nothing.
# https://man7.org/linux/man-pages/man5/proc_pid_fdinfo.5.html
database_open() {
  local handle flags
  while read -r handle; do
    # Octal; the last figure is 0 where it is only read. One that is gone by now has none.
    flags=$(sed -n 's/^flags:[[:space:]]*//p' "${handle%/fd/*}/fdinfo/${handle##*/}" 2>/dev/null || true)
    [[ -z $flags || $flags == *0 ]] || return 0
  done < <(find -L /proc/[0-9]*/fd -maxdepth 1 -samefile "${HELD_FILES[0]}" 2>/dev/null || true)
  return 1
}

stopped() { ! service_active && ! database_open; }

# Only root may look into it: the archive holds what the app signs in with.
make_backup_dir() { (umask 077 && mkdir -p "$BACKUP_DIR"); }

# wait_until SECONDS COMMAND…
wait_until() {
  local end=$(($(uptime_seconds) + $1))
  shift
  until "$@"; do
    (($(uptime_seconds) < end)) || return 1
    sleep 0.5
  done
}

# Written once: a second stop would take the first one's work for the way things were.
remember_service() {
  [[ ! -e $FORMER ]] || return 0
  local active=inactive policy=none
  if service_active; then active=active; fi
  case $KIND in
    systemd) policy=$(systemctl show "$SERVICE" --property=UnitFileState --value) ;;
    docker) policy=$(docker inspect --format '{{.HostConfig.RestartPolicy.Name}}{{with .HostConfig.RestartPolicy.MaximumRetryCount}}:{{.}}{{end}}' "$SERVICE") ;;
  esac
  printf '%s %s\n' "$active" "${policy:-none}" | replace "$FORMER"
}

# hold_service: it does not come back by itself, until the host restarts.
hold_service() {
  case $KIND in
    systemd) systemctl mask --runtime --quiet "$SERVICE" ;;
    docker) docker update --restart=no "$SERVICE" >/dev/null ;;
  esac
}

# seal_service: it does not come back even then, since its successor serves.
seal_service() {
  [[ $KIND != systemd ]] || { systemctl unmask --runtime --quiet "$SERVICE" && systemctl mask --quiet "$SERVICE"; }
}

# A server that is started from here must not take the locks along.
unlocked() { "$@" 6>&- 7>&-; }

stop_service() {
  case $KIND in
    systemd) timeout "$STOP_LIMIT" systemctl stop "$SERVICE" ;;
    docker) timeout "$((STOP_LIMIT + 15))" docker stop --time "$STOP_LIMIT" "$SERVICE" >/dev/null ;;
  esac
}

# restore_service: as it was before the migration; nothing to do if nobody has touched it. Safe to run twice.
restore_service() {
  local active policy
  require_whole
  # One at a time: a start that is under way would undo the next stop.
  exec 6>"$WORK/service.guard"
  flock 6
  if [[ ! -e $FORMER ]]; then
    exec 6>&-
    # Not bare: this is called from a trap, too.
    return 0
  fi
  read -r active policy <"$FORMER"
  case $KIND in
    systemd)
      systemctl unmask --runtime --quiet "$SERVICE"
      systemctl unmask --quiet "$SERVICE"
      [[ $policy != masked ]] || systemctl mask --quiet "$SERVICE"
      [[ $active != active ]] || unlocked systemctl start "$SERVICE"
      ;;
    docker)
      docker update --restart="$policy" "$SERVICE" >/dev/null
      [[ $active != active ]] || unlocked docker start "$SERVICE" >/dev/null
      ;;
  esac
  if [[ $active == active ]]; then
    wait_until 30 service_active || die "$SERVICE on $(hostname) was started and does not run" "see its log: journalctl -u $SERVICE, or docker logs $SERVICE"
  fi
  rm -f "$FORMER"
  exec 6>&-
}

# The dead man's switch of this hold: it lives as long as nothing has fired it, and fires when nobody renews it.
switch_live() {
  local pid
  pid=$(cat "$WORK/switch.pid" 2>/dev/null) && [[ -e $WORK/epoch && -d /proc/$pid ]] &&
    tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF "$WORK/switch.sh"
}

renew_switch() { uptime_seconds | replace "$WORK/renewed"; }

# take_epoch NAME: ends the hold. Whoever moves the file away first has ended it, the switch or a step; the
# other one fails.
take_epoch() { mv -T -- "$WORK/epoch" "$WORK/epoch.$1" 2>/dev/null; }

# disarm_switch: returns 1 if it has fired already; waits until it is gone, and what it restores is restored.
disarm_switch() {
  local pid status=0
  take_epoch disarmed || status=1
  pid=$(cat "$WORK/switch.pid" 2>/dev/null) || pid=''
  [[ -z $pid ]] || wait_until 90 eval '[[ ! -d /proc/'"$pid"' ]]' || die "the switch (process $pid) on $(hostname) does not end" "see $WORK/switch.log there"
  rm -f "$WORK"/{switch.pid,switch.sh,renewed,stopped-at,signature}
  return "$status"
}

# signature: of the databases; whoever starts the old server changes it.
signature() {
  local file
  for file in "${HELD_FILES[@]}"; do
    find "$file"{,-wal,-shm,-journal} -maxdepth 0 -printf '%p %s %T@\n' 2>/dev/null || true
  done | LC_ALL=C sort | sha256sum | cut -c -16
}

# left_wal: whether the server has left a write-ahead log behind.
left_wal() {
  local file
  for file in "${HELD_FILES[@]}"; do
    [[ ! -s $file-wal ]] || return 0
  done
  return 1
}

# held: the old server is stopped, the switch lives, and nothing has been written since the stop.
held() { switch_live && stopped && [[ $(cat "$WORK/signature" 2>/dev/null) == "$(signature)" ]]; }

# check_held: still this hold, that of EPOCH.
check_held() {
  if held && [[ $(<"$WORK/epoch") == "$EPOCH" ]]; then return; fi
  die "the old server on $(hostname) is no longer held: it was started, or the switch has fired" "run the same command again"
}

# keep_archive NAME VALUE…: what was packed and proved becomes the archive of this hold, that of EPOCH; result: its
# digest, its size and these values.
keep_archive() {
  local digest
  check_held
  digest=$(sha256sum <"$ARCHIVE.partial" | cut -d' ' -f1)
  sync "$ARCHIVE.partial"
  mv -T -- "$ARCHIVE.partial" "$ARCHIVE"
  printf '%s  %s\n' "$digest" "$(basename "$ARCHIVE")" | replace "$ARCHIVE.sha256"
  json digest "$digest" bytes "$(stat -c %s "$ARCHIVE")" "$@" | replace "$ARCHIVE.json"
  # Last: it says that all of the above is true of this hold.
  echo "$EPOCH" | replace "$ARCHIVE.epoch"
  result "$(<"$ARCHIVE.json")"
}

# Two runs at once would stop and start one server in turns: the first one works, the other has to wait. RUN names
# a run. While one of its scripts runs, that holds the guard; between two, a lock that has not been renewed for
# LOCK_SECONDS belongs to a run that was killed.
take_lock() {
  local other since before='' limit=${LOCK_SECONDS:-45}
  (umask 077 && mkdir -p "$WORK")
  exec 7>"$WORK/lock.guard"
  while true; do
    flock --wait "$limit" 7 || another_run "$(cut -d' ' -f1 "$WORK/lock" 2>/dev/null)"
    read -r other since 2>/dev/null <"$WORK/lock" || other=$RUN
    [[ $other != "$RUN" ]] || break
    if (($(uptime_seconds) - since >= limit)); then
      say "the run $other has ended without a word: its lock is broken"
      break
    fi
    [[ -z $before || $since == "$before" ]] || another_run "$other"
    [[ -n $before ]] || say "another run was at work here just now ($other): waiting for up to $limit s to see whether it still is"
    before=$since
    flock --unlock 7
    sleep 1
  done
  echo "$RUN $(uptime_seconds)" | replace "$WORK/lock"
}

another_run() {
  die "another run is at work on $(hostname): $1" "wait until it has ended; if it was killed, run the same command again in a minute"
}

free_lock() {
  local other
  if read -r other _ 2>/dev/null <"$WORK/lock" && [[ $other == "$RUN" ]]; then rm -f "$WORK/lock"; fi
}
