#!/usr/bin/env bash
# Asks the new Overseerr, through its API and in its database, for all that the old one had. Runs beside it.
#
# variables: API_KEY, INTEGRATIONS (of the old one, as settings.sh tells them), COUNTS (rows by table of the old one),
#            SETTLE (seconds that it may take to answer)
# result: initialized, users, requests (as its API counts them), integrations, counts
set -euo pipefail
: "${API_KEY:?}" "${INTEGRATIONS:?}" "${COUNTS:?}"

loudly

readonly LIVE=${LIVE:-/alloc/data/db/db.sqlite3}

rows() { sqlite3 -batch -bail "file:$LIVE?mode=ro" <<<"$1"; }

# before TABLE: rows of the old one.
before() { sqlite3 -batch :memory: <<<"SELECT '$COUNTS' ->> '$1'"; }

otherwise() { die "the new Overseerr answers otherwise than the old one" "its settings or its users are not those of the old one"; }

api() { ask_api "$1" "$2" || otherwise; }

main() {
  local answers table now listed expected found
  umask 077
  answers=$(mktemp -d)
  # shellcheck disable=SC2064 # as it is now
  trap "rm -rf '$answers'" EXIT
  await_api "$answers/public"
  [[ $(setting "$answers/public" '$.initialized') == 1 || $(before user) == 0 ]] || die "the new Overseerr has not been set up: its settings are not those of the old one"
  # The old key opens the new one.
  api settings/main "$answers/main"
  # People may have signed in and asked for films since.
  for table in user media_request media season_request issue; do
    expected=$(before "$table")
    [[ -n $expected ]] || continue
    now=$(rows "SELECT count(*) FROM $table")
    ((now >= expected)) || die "$table: the new Overseerr has $now, the old one had $expected"
  done
  api 'user?take=1' "$answers/user"
  listed=$(setting "$answers/user" '$.pageInfo.results')
  ((listed >= $(before user))) || die "users: the new Overseerr lists $listed, the old one had $(before user)"
  api 'request?take=1' "$answers/request"
  # Of those whose film or series was removed it does not speak.
  expected=$(rows "SELECT count(*) FROM media_request r JOIN media m ON m.id = r.mediaId WHERE r.status IN (1, 2, 3)
    AND iif(r.is4k, m.status4k, m.status) BETWEEN 1 AND 5 AND r.id <= $(rows 'SELECT coalesce(max(id), 0) FROM media_request')")
  found=$(setting "$answers/request" '$.pageInfo.results')
  ((found >= expected)) || die "requests: the new Overseerr lists $found, expected $expected"
  ask_integrations "$answers" || otherwise
  now=$(integrations_of "$answers/all")
  [[ $now == "$INTEGRATIONS" ]] || die "the new Overseerr speaks to $now, the old one to $INTEGRATIONS"
  result "$(json initialized true users "$listed" requests "$found" integrations "$now")"
}

main "$@" </dev/null
