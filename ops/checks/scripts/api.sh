#!/bin/sh
# Asks an app's API from inside its pod, with the key that the pod was given, which stands in no argument and in nothing
# that is printed. For each path a line "--- PATH", the answer, and a line "=== STATUS".
#
# variables: URL, KEY (name of the variable that holds the key), PATHS
set -eu
: "${URL:?base of the API}" "${KEY:?name of a variable}" "${PATHS:?what to ask}"

main() {
  secret=$(printenv "$KEY")
  for path in $PATHS; do
    echo "--- $path"
    # One that does not answer has the status 000, which the caller judges.
    printf 'header = "X-Api-Key: %s"\nurl = "%s"\n' "$secret" "$URL$path" |
      curl --config - --silent --max-time 6 --write-out '\n=== %{http_code}\n' || true
  done
}

main "$@" </dev/null
