#!/bin/sh
# A cat for which the world is another one by the time that it reads: a job was let go, and has ended.
set -eu
case $* in
  */pid)
    : >"${LETS_GO:?file that the job waits for}"
    until [ -e "${UNTIL:?file that its end leaves}" ]; do sleep 0.02; done
    sleep 0.2
    ;;
esac
# Without the folder that this one is in.
PATH=${PATH#*:} exec cat "$@"
