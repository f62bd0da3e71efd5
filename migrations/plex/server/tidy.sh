#!/usr/bin/env bash
# Removes from the claim what only the move needed. A library that was put aside for it stays.
set -euo pipefail
: "${STATE:=/config/.migration}"

main() { rm -rf -- "$STATE"/{jobs,archive,counted,probe,databases{,.placed},library,outdated,{pre-copy,catch-up,transfer}.log}; }

main "$@" </dev/null
