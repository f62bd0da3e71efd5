#!/bin/sh
# What stat says of a mount that has died.
set -eu
echo "stat: cannot stat '$1': ${TROUBLE:?what is wrong}" >&2
exit 1
