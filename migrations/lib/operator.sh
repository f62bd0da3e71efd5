# shellcheck shell=bash disable=SC2034
# Drives a migration from the operator's machine: scripts go to the source over SSH and into the new server's machine by
# what manages it, always on standard input of "bash -s", with their values before them. Nothing of the data passes here.
#
# The values of a step come on its own standard input, as assignments: SOURCE_HOST, SOURCE_PORT, SOURCE_USER, HOST_KEY,
# IDENTITY_FILE (empty: the agent's, or the user's own), STACK (for the commands that people are told to type).
#
# The move that loads it has set SETTING, the place of its own config, and UP, if another `up` than the plain one tries
# a failed step again; it defines shell_inside PLACE: the script on
# standard input, at a place that is not the source.

MIGRATIONS=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=migrations/lib/common.sh
source "$MIGRATIONS/lib/common.sh"

given=$(cat)
eval "$given"
: "${SOURCE_HOST:?}" "${SOURCE_PORT:?}" "${SOURCE_USER:?}" "${HOST_KEY:?}" "${STACK:?}" "${SETTING:?place of the config}"

readonly COMMAND=${COMMAND:-${UP:-pulumi up} --stack $STACK}

# Names this run to others: whose it is, and that it is no other of the same.
RUN="${USER:-somebody}@$(hostname)-$$-$RANDOM"

TEMPORARY=$(mktemp -d)
# Of the line to the source: a socket.
LINE=$TEMPORARY/line

# ssh_source OPTION…: to the source. The host is the one whose key is pinned, whatever this machine has known by that
# name before.
ssh_source() {
  printf 'source %s\n' "$HOST_KEY" >"$TEMPORARY/known_hosts"
  ssh -p "$SOURCE_PORT" -l "$SOURCE_USER" ${IDENTITY_FILE:+-i "$IDENTITY_FILE" -o IdentitiesOnly=yes} \
    -o UserKnownHostsFile="$TEMPORARY/known_hosts" -o GlobalKnownHostsFile=/dev/null -o HostKeyAlias=source \
    -o HostKeyAlgorithms="$(host_key_algorithms)" -o StrictHostKeyChecking=yes -o UpdateHostKeys=no -o BatchMode=yes \
    -o ConnectTimeout=10 -o ServerAliveInterval=10 -o ServerAliveCountMax=3 -o ForwardAgent=no -o ForwardX11=no \
    -o RemoteCommand=none -o RequestTTY=no "$@"
}

# source_shell [OPTION…]: the script on standard input, as root on the source.
source_shell() {
  local command='exec bash -s'
  [[ $SOURCE_USER == root ]] || command='exec sudo -n bash -s'
  ssh_source "$@" -- "$SOURCE_HOST" "$command"
}

# open_line: what is asked every second must not log in every second. Where it is broken the next question opens
# another; nobody's for a minute, it closes by itself. Called from a trap, too, where a bare "return" would give the
# status that the trap is for.
open_line() {
  if ssh_source -o ControlPath="$LINE" -O check -- "$SOURCE_HOST" 2>/dev/null; then return 0; fi
  if ssh_source -o LogLevel=ERROR -o ControlPath="$LINE" -o ControlMaster=yes -o ControlPersist=60 -fN -- "$SOURCE_HOST" >"$LINE.log" 2>&1; then return 0; fi
  cat "$LINE.log" >&2
  return 255
}

close_line() { [[ ! -S $LINE ]] || ssh_source -o ControlPath="$LINE" -O exit -- "$SOURCE_HOST" 2>/dev/null || true; }

# A pinned RSA key signs by better hashes than the one that its type is named after.
host_key_algorithms() {
  local type=${HOST_KEY%% *}
  [[ $type != ssh-rsa ]] || type=rsa-sha2-512,rsa-sha2-256
  echo "$type"
}

# reach_source: tells apart why it can't be reached; says nothing where it can.
reach_source() {
  local said offered log=$TEMPORARY/reach.log where="$SOURCE_USER@$SOURCE_HOST, port $SOURCE_PORT"
  # ssh's own words apart, which would tear those of the host.
  if said=$(echo true | source_shell -v -E "$log" -o ControlPath=none 2>&1 >/dev/null); then return; fi
  said+=$'\n'$(cat "$log")
  said=${said//$'\r'/}
  offered=$(sed -n 's/.*Server host key: //p' <<<"$said" | head -n 1)
  case $said in
    *"no matching host key type"*)
      problem "the host key of $SOURCE_HOST is of another type than the pinned ${HOST_KEY%% *}: it offers ${said##*Their offer: }" \
        "read it on the host itself: cat /etc/ssh/ssh_host_*_key.pub; then correct $SETTING.source.hostKey"
      ;;
    *"Host key verification failed"*)
      problem "$SOURCE_HOST has another host key than the pinned one: found $offered, expected ${HOST_KEY%% *} $(ssh-keygen -lf - <<<"$HOST_KEY" | cut -d' ' -f2)" \
        "if the host was reinstalled, read its key there (cat /etc/ssh/ssh_host_*_key.pub) and correct $SETTING.source.hostKey; else somebody else answers"
      ;;
    *"Permission denied"*)
      problem "$where lets nobody in with the keys at hand" "ssh-copy-id -p $SOURCE_PORT ${IDENTITY_FILE:+-i "$IDENTITY_FILE" }$SOURCE_USER@$SOURCE_HOST; a key with a passphrase has to be in the agent: ssh-add"
      ;;
    *"Could not resolve"*) problem "there is no host $SOURCE_HOST" "correct $SETTING.source.host" ;;
    *"Connection refused"*) problem "$SOURCE_HOST refuses connections on port $SOURCE_PORT" "start its SSH server, or correct $SETTING.source.port" ;;
    *"timed out"* | *"No route"* | *unreachable*) problem "$SOURCE_HOST does not answer on port $SOURCE_PORT" "is it switched on, and let through by its firewall?" ;;
    *sudo:*)
      problem "$SOURCE_USER may not become root on $SOURCE_HOST without a password: $(grep -m 1 'sudo:' <<<"$said" | cut -c -200)" \
        "on that host: echo '$SOURCE_USER ALL=(root) NOPASSWD: ALL' | sudo tee /etc/sudoers.d/media-homelab"
      ;;
    *) problem "$where can't be used: $(grep -vE '^(debug|Authenticated|Transferred|Bytes)' <<<"$said" | tail -n 2 | tr '\n' ' ' | cut -c -300)" "try it by hand: ssh -p $SOURCE_PORT $SOURCE_USER@$SOURCE_HOST" ;;
  esac
  return 1
}

# shell_of PLACE: the script on standard input, at that place.
shell_of() {
  case $1 in
    source)
      open_line </dev/null || return
      source_shell -o ControlPath="$LINE" -o LogLevel=ERROR
      ;;
    *) shell_inside "$1" ;;
  esac
}

# compose NAME… -- FILE…: the values of those of these variables that are set, and the texts of these files.
compose() {
  while [[ $1 != -- ]]; do
    [[ ! -v $1 ]] || printf '%s=%q\n' "$1" "${!1}"
    shift
  done
  shift
  local file
  for file; do cat "$MIGRATIONS/$file"; done
}

# script_for PLACE SCRIPT [NAME…]: with what every script of that place needs.
script_for() {
  local place=$1 script=$2
  shift 2
  # shellcheck disable=SC2086 # words
  compose ${VALUES[$place]} "$@" -- ${LIBRARIES[$place]} "$script"
}

# tell PLACE: runs the script on standard input and prints its result.
tell() {
  local said status=0
  said=$(shell_of "$1") || status=$?
  ((status != 255)) || [[ $1 != source ]] || say "the line to $SOURCE_HOST broke"
  ((status == 0)) || return "$status"
  sed -n 's/^result //p' <<<"$said"
}

# ask PLACE SCRIPT [NAME…]: what takes seconds.
ask() {
  local text
  text=$(script_for "$@") || return
  tell "$1" <<<"$text"
}

# progress_of STATE: what people are told of "running <ticks> <progress>".
progress_of() { cut -d' ' -f3- <<<"$1"; }

# about_job VERB [NAME…]: asks the place of JOB about it.
about_job() {
  local verb=$1
  shift
  compose JOB "$@" -- lib/common.sh lib/job.sh "lib/job-$verb.sh" | tell "$place"
}

# job_of PLACE SCRIPT: its folder there. Another hold is another job.
job_of() { echo "${JOBS[$1]}/$(basename "$2" .sh)-${EPOCH:-before}"; }

# work PLACE SCRIPT [NAME…]: what takes minutes or hours. It runs detached on its side and is asked how far it is, so
# that a line that breaks breaks nothing.
work() { begin_work "$@" && end_work "$1" "$2"; }

# begin_work PLACE SCRIPT [NAME…]: it goes on by itself, whatever is done meanwhile.
begin_work() {
  local place=$1 TEXT JOB
  JOB=$(job_of "$1" "$2")
  TEXT=$(script_for "$@" JOB) || return
  about_job start TEXT
}

# Seconds between two questions to a job: it may be a short one.
readonly PAUSES=(0.2 0.3 0.5)

# end_work PLACE SCRIPT: waits until what was begun has ended, and prints its result. Meanwhile `watch_over` is called now
# and then; if it fails, so does the work.
end_work() {
  local place=$1 JOB state='' before='' broken=0 moved=$SECONDS told=$SECONDS watched=$SECONDS asked=0
  JOB=$(job_of "$1" "$2")
  while true; do
    sleep "${PAUSES[asked++]:-1}"
    if ! state=$(about_job state); then
      ((++broken < 20)) || die "$place can't be asked any more how far it is" "the work itself goes on there"
      sleep 2
      continue
    fi
    broken=0
    case $state in
      done*)
        echo "${state#done }"
        return
        ;;
      failed) return 1 ;;
    esac
    if [[ $state != "$before" ]]; then
      before=$state
      moved=$SECONDS
    elif ((SECONDS - moved > ${STALL:-300})); then
      about_job stop || true
      die "nothing has moved for ${STALL:-300} s: $(progress_of "$state")"
    fi
    if ((SECONDS - told >= 10)); then
      told=$SECONDS
      say "  $(progress_of "$state")"
    fi
    if ((SECONDS - watched >= ${WATCH:-15})); then
      watched=$SECONDS
      watch_over || { about_job stop || true; return 1; }
    fi
  done
}

# field NAME JSON: a number, a word or an object out of a flat object.
field() { sed -n "s/.*\"$1\":\({[^}]*}\|\"[^\"]*\"\|[^,}]*\).*/\1/p" <<<"$2" | tr -d '"' ; }

# object NAME JSON: the same as it is, quotes and all.
object() { sed -n "s/.*\"$1\":\({[^}]*}\).*/\1/p" <<<"$2"; }

# duration SECONDS: for people.
duration() {
  if (($1 < 90)); then echo "$1 s"; elif (($1 < 5400)); then echo "$((($1 + 30) / 60)) min"; else awk -v s="$1" 'BEGIN { printf "%.1f h\n", s / 3600 }'; fi
}
