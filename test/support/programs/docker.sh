#!/bin/sh
# One container as Docker keeps it: its state in files of the folder STATE, each call on record in "calls" there. What
# runs in it is a process that has DATABASE open; other programs of its image are those of this machine.
set -eu
: "${STATE:=/tmp/docker}" "${DATABASE:?file that the container has open}" "${CONTAINER:=plex}"
echo "$*" | head -n 1 >>"$STATE/calls"
# Its number may be another program's by now.
running() { pid=$(cat "$STATE/pid" 2>/dev/null) && tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -q 'sleep 1000 $'; }
known() { [ "$1$(cat "$STATE/removed" 2>/dev/null)" = "$CONTAINER" ] || { echo "Error: No such object: $1" >&2; exit 1; }; }
command=$1
shift
for last; do :; done
case $command in
  version) ;;
  image) [ ! -e "$STATE/no-image" ] ;;
  pull) echo "Error: no such host" >&2; exit 1 ;;
  ps) echo "$CONTAINER" ;;
  inspect)
    known "$last"
    case $* in
      *State.Running*) if running; then echo true; else echo false; fi ;;
      *RestartPolicy.Name*) cat "$STATE/policy" ;;
      *ExitCode*) echo 0 ;;
      *.State.StartedAt*) cat "$STATE/times" ;;
      *.Mounts*) cat "$STATE/mounted" ;;
      *.Image*) echo sha256:0123 ;;
    esac
    ;;
  update) known "$last"; echo "${1#--restart=}" >"$STATE/policy" ;;
  start)
    known "$last"
    echo "2021-06-01T12:00:00.5Z $(date -u +%FT%TZ)" >"$STATE/times"
    running || { setsid sleep 1000 3<>"$DATABASE" >/dev/null 2>&1 & echo $! >"$STATE/pid"; }
    tries=0
    until running || [ $((tries += 1)) -gt 100 ]; do sleep 0.05; done
    ;;
  stop)
    known "$last"
    [ ! -e "$STATE/hangs" ] || exec sleep 2
    ! running || kill "$pid"
    ;;
  rm)
    known "$last"
    ! running || { echo "Error response from daemon: cannot remove container: container is running" >&2; exit 1; }
    echo " was removed" >"$STATE/removed"
    ;;
  run)
    folder='' place='' program=''
    while true; do
      case $1 in
        --volume) folder=${2%:*} place=${2##*:}; shift ;;
        --entrypoint) program=$2; shift ;;
        --network | --user | --env) shift ;;
        --*) ;;
        *) break ;;
      esac
      shift
    done
    shift
    for argument; do
      shift
      case $argument in
        /app/*) argument=$STATE/${argument#/app/} ;;
        "$place"/*) argument=$folder/${argument#"$place"/} ;;
      esac
      set -- "$@" "$argument"
    done
    exec "$program" "$@"
    ;;
  *) echo "docker: unknown command $command" >&2; exit 1 ;;
esac
