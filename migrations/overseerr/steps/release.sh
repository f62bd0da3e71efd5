#!/usr/bin/env bash
# Hands Overseerr over: its old container stays stopped and does not start by itself, its switch is disarmed. From here
# on the new one may start.
set -euo pipefail
shopt -s inherit_errexit
# shellcheck source=migrations/overseerr/move.sh
source "$(dirname "$0")/../move.sh"

main() { release_step tidy; }

main "$@" </dev/null
