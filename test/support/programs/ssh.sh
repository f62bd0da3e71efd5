#!/bin/sh
# A host that is this machine: whoever is let in runs what it is told. Its lines are always open.
case " $* " in *" -O "* | *" -fN "*) exit 0 ;; esac
[ ! -e "${UNREACHABLE:-/nonexistent}" ] || { echo "ssh: connect to host source port 22: Connection refused" >&2; exit 255; }
while [ "$1" != -- ]; do shift; done
exec sh -c "$3"
