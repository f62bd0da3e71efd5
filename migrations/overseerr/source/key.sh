#!/usr/bin/env bash
# Tells the operator's machine, for its next question to the new Overseerr, the key of the API and what the old one
# speaks to. From the archived data's originals, which nobody changes while the old one is stopped.
#
# variables: those of lib.sh
# result: the key, a space, the integrations
set -euo pipefail

main() { result "$(setting "$SETTINGS" '$.main.apiKey') $(integrations_of "$SETTINGS")"; }

main "$@" </dev/null
