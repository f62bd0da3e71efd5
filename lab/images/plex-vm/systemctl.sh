#!/usr/bin/env bash
# systemctl for a host without systemd, with its files, messages and exit statuses. What runs is known from
# /run alone and forgotten with it; what is enabled or masked for good lies in /etc.
#
# usage: systemctl is-active|is-enabled|start|stop|restart|enable|disable [--quiet] UNIT…
#        systemctl mask|unmask [--runtime] [--quiet] UNIT…
#        systemctl show UNIT… --property=NAME[,NAME…] [--value]
#        systemctl daemon-reload
set -euo pipefail

readonly ETC=/etc/systemd/system RUN=/run/systemd/system LIB=/usr/lib/systemd/system STATE=/run/systemctl
readonly WANTS=$ETC/multi-user.target.wants

fail() { echo "Failed to $1" >&2; exit "${2:-1}"; }

setting() { sed -n "s/^$2=//p" "$LIB/$1"; }
is_masked() { [[ $(readlink "$1/$2") == /dev/null ]]; }
main_pid() {
  local pid
  { read -r pid <"$STATE/$1/pid" && [[ -d /proc/$pid ]] && echo "$pid"; } 2>/dev/null || echo 0
}
# From its start until its supervisor has noted how it ended.
runs() { [[ -d $STATE/$1 && ! -e $STATE/$1/result ]]; }

load_state() {
  if is_masked $ETC "$1" || is_masked $RUN "$1"; then
    echo masked
  elif [[ -f $LIB/$1 ]]; then
    echo loaded
  else
    echo not-found
  fi
}

active_state() {
  if ! runs "$1"; then
    cat "$STATE/$1/result" 2>/dev/null || echo inactive
  elif [[ -e $STATE/$1/stopping ]]; then
    echo deactivating
  else
    echo active
  fi
}

unit_file_state() {
  if is_masked $ETC "$1"; then
    echo masked
  elif is_masked $RUN "$1"; then
    echo masked-runtime
  elif [[ -e $WANTS/$1 ]]; then
    echo enabled
  elif [[ -f $LIB/$1 ]]; then
    echo disabled
  fi
}

# A process of its own for each unit that runs, as its children's exit statuses are told to nobody else.
supervise() {
  local unit=$1 user home status line environment=()
  user=$(setting "$unit" User)
  user=${user:-root}
  home=$(getent passwd "$user" | cut -d: -f6)
  while IFS= read -r line; do environment+=("$line"); done < <(setting "$unit" Environment)
  until [[ -e $STATE/$unit/stopping ]]; do
    status=0
    setsid env -i "PATH=$PATH" "USER=$user" "HOME=$home" "${environment[@]}" \
      setpriv --reuid="$user" --regid="$user" --init-groups sh -c "exec $(setting "$unit" ExecStart)" &
    echo $! >"$STATE/$unit/pid"
    wait $! || status=$?
    [[ $(setting "$unit" Restart) == always ]] || break
    sleep 1
  done
  # 143 is what SIGTERM leaves.
  if ((status == 0 || status == 143)); then echo inactive; else echo failed; fi >"$STATE/$unit/result"
}

# startable VERB UNIT
startable() {
  case $(load_state "$2") in
    masked) fail "$1 $2: Unit $2 is masked." ;;
    not-found) fail "$1 $2: Unit $2 not found." 5 ;;
  esac
}

start() {
  startable start "$1"
  if runs "$1"; then
    [[ -e $STATE/$1/stopping ]] || return 0
    # Whoever is being stopped, by whomever, ends first.
    finish "$1"
  fi
  rm -rf "${STATE:?}/$1"
  mkdir -p "$STATE/$1"
  setsid "$0" supervise "$1" </dev/null >>"/lab/logs/plex-vm-$1.log" 2>&1 &
  until [[ -s $STATE/$1/pid ]]; do sleep 0.02; done
}

# signal SIGNAL UNIT: to all of its processes, unless the unit wants otherwise.
signal() {
  local pid
  pid=$(main_pid "$2")
  ((pid)) || return 0
  [[ $(setting "$2" KillMode) == process ]] || pid=-$pid
  kill "-$1" -- "$pid" 2>/dev/null || true
}

# finish UNIT: waits for its end, which is forced at last.
finish() {
  local end=$((SECONDS + 90))
  while runs "$1"; do
    ((SECONDS < end)) || signal KILL "$1"
    sleep 0.05
  done
}

stop() {
  [[ $(load_state "$1") != not-found ]] || fail "stop $1: Unit $1 not loaded." 5
  runs "$1" || return 0
  touch "$STATE/$1/stopping"
  signal TERM "$1"
  finish "$1"
}

mask() {
  mkdir -p "$1"
  ln -sf /dev/null "$1/$2"
  [[ $quiet ]] || echo "Created symlink $1/$2 → /dev/null." >&2
}

unmask() {
  ! is_masked "$1" "$2" || { rm "$1/$2" && { [[ $quiet ]] || echo "Removed $1/$2." >&2; }; }
}

enable() {
  case $(load_state "$1") in
    masked) fail "enable unit: Unit file $1 is masked." ;;
    not-found) fail "enable unit: Unit file $1 does not exist." ;;
  esac
  mkdir -p $WANTS
  ln -sf "$LIB/$1" "$WANTS/$1"
}

show() {
  local name value
  for name in ${properties//,/ }; do
    case $name in
      LoadState) value=$(load_state "$1") ;;
      ActiveState) value=$(active_state "$1") ;;
      UnitFileState) value=$(unit_file_state "$1") ;;
      MainPID) value=$(main_pid "$1") ;;
      *) continue ;;
    esac
    [[ $only_value ]] || printf '%s=' "$name"
    echo "$value"
  done
}

# answer YES WORD: prints the word; succeeds if it is the one asked for.
answer() {
  [[ $quiet ]] || echo "$2"
  [[ $2 == "$1" ]]
}

main() {
  local verb='' properties='' only_value='' quiet='' folder=$ETC units=() unit state status=0
  [[ ${1:-} != supervise ]] || { supervise "$2"; return; }
  echo "$(date --iso-8601=seconds) ${SUDO_USER:-$(id -un)} $*" >>/var/log/systemctl.log || true
  while (($#)); do
    case $1 in
      --property=*) properties+=,${1#*=} ;;
      -p) properties+=,$2; shift ;;
      --value) only_value=1 ;;
      --quiet | -q) quiet=1 ;;
      --runtime) folder=$RUN ;;
      -*) echo "systemctl: unrecognized option '$1'" >&2; exit 1 ;;
      *) if [[ $verb ]]; then units+=("${1%.service}.service"); else verb=$1; fi ;;
    esac
    shift
  done
  : "${properties:=LoadState,ActiveState,UnitFileState,MainPID}"
  case $verb in
    start | stop | restart | mask | unmask | enable | disable | daemon-reload)
      ((EUID == 0)) || fail "$verb ${units[*]}: Interactive authentication required." ;;
  esac
  for unit in "${units[@]}"; do
    case $verb in
      is-active) answer active "$(active_state "$unit")" || status=3 ;;
      is-enabled)
        state=$(unit_file_state "$unit")
        [[ $state ]] || fail "get unit file state for $unit: No such file or directory"
        answer enabled "$state" || status=1
        ;;
      restart) startable restart "$unit"; stop "$unit"; start "$unit" ;;
      mask | unmask) "$verb" "$folder" "$unit" ;;
      disable) rm -f "$WANTS/$unit" ;;
      start | stop | show | enable) "$verb" "$unit" ;;
      *) echo "Unknown command verb $verb." >&2; exit 1 ;;
    esac
  done
  [[ ${#units[@]} -gt 0 || $verb == daemon-reload ]] || { echo "systemctl: nothing to do for '$verb'" >&2; exit 1; }
  return $status
}

main "$@"
