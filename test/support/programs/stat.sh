#!/bin/sh
# What stat says of a mount that has died.
set -eu
[ "${TROUBLE:-}" != hanging ] || exec sleep 20
echo "stat: cannot stat '$1': ${TROUBLE:?what is wrong}" >&2
exit 1
