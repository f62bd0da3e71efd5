#!/bin/sh
# The real curl, with its arguments on record.
set -eu
: "${ARGUMENTS:?file to add them to}"
printf '%s\n' "$*" >>"$ARGUMENTS"
# Without the folder that this one is in.
PATH=${PATH#*:} exec curl "$@"
