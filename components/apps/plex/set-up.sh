#!/usr/bin/env bash
# Sets up a running Plex from inside its pod: claims a new server for an account, and writes the preferences
# that the image takes from nowhere else. Safe to run again; every preference is read back. Prints one line
# of JSON. The claim token lives four minutes and serves once, so it is minted here and kept nowhere.
#
# variables: CLAIM (true, or anything else), PLEX_TOKEN (of the account, only used to claim), PLEX_TV (URL),
#            PREFERENCES (lines NAME=VALUE); SERVER, SETTINGS and LIMIT are known
set -euo pipefail
: "${CLAIM:?whether to claim the server}" "${PLEX_TV:?address of the service that mints claim tokens}"
: "${PREFERENCES:?lines NAME=VALUE}"

# Address and settings of Plex within its pod, and the seconds that it may take to answer.
: "${SERVER:=http://127.0.0.1:32400}" "${LIMIT:=60}"
: "${SETTINGS:=/config/Library/Application Support/Plex Media Server/Preferences.xml}"

die() {
  printf '%s\n' "$@" >&2
  exit 1
}

# attribute NAME: of the XML on standard input, first match.
attribute() { grep -o " $1=\"[^\"]*\"" | head -n 1 | cut -d'"' -f2; }

# request HEADER URL [OPTION…]: curl with what is secret on standard input, never in an argument.
request() {
  local header=$1 url=$2
  shift 2
  printf 'header = "%s"\nurl = "%s"\n' "$header" "$url" | curl --config - --fail --silent --show-error --max-time 30 "$@"
}

identity() { curl --fail --silent --max-time 10 "$SERVER/identity"; }

wait_for_server() {
  local tries
  for ((tries = LIMIT; tries > 0; tries--)); do
    identity >/dev/null && return
    sleep 1
  done
  die "Plex does not answer on $SERVER/identity within $LIMIT s" "see: kubectl logs statefulset/plex"
}

is_claimed() { [[ $(identity | attribute claimed) == 1 ]]; }

claim() {
  local token
  is_claimed && return
  token=$(request "X-Plex-Token: ${PLEX_TOKEN:?token of the Plex account}" "$PLEX_TV/api/claim/token.json" | sed -n 's/.*"token" *: *"\(claim-[^"]*\)".*/\1/p') ||
    die "$PLEX_TV gave no claim token: is the secret plexToken still valid?" "sign in at https://www.plex.tv, read the token again and put it in with: npm run secrets -- edit homelab"
  [[ $token == claim-* ]] || die "$PLEX_TV answered, but not with a claim token"
  request "Accept: text/plain" "$SERVER/myplex/claim?token=$token" --request POST --output /dev/null ||
    die "Plex refused the claim token" "open its web UI and claim the server there, or run the same command again"
  is_claimed || die "Plex took the claim token and still calls itself unclaimed" "see: kubectl logs statefulset/plex"
  echo "claimed the server" >&2
}

# A claimed server asks its own pod for a token, too, which it may not have written down yet; an unclaimed
# one trusts the pod.
server_token() {
  local tries
  is_claimed || return 0
  for ((tries = LIMIT; tries > 0; tries--)); do
    attribute PlexOnlineToken <"$SETTINGS" && return
    sleep 1
  done
  die "Plex is claimed and has not written its token to $SETTINGS within $LIMIT s" "see: kubectl logs statefulset/plex"
}

set_preferences() {
  local token name value kept options=()
  token=$(server_token) || exit 1
  while IFS='=' read -r name value; do
    [[ -n $name ]] && options+=(--data-urlencode "$name=$value")
  done <<<"$PREFERENCES"
  request "X-Plex-Token: $token" "$SERVER/:/prefs" --request PUT --get "${options[@]}" --output /dev/null ||
    die "Plex refused its preferences" "run the same command again; if that does not help, see: kubectl logs statefulset/plex"
  kept=$(request "X-Plex-Token: $token" "$SERVER/:/prefs") || die "Plex does not show its preferences" "run the same command again"
  check_preferences "$kept"
}

# check_preferences XML: each stands there as it was set.
check_preferences() {
  local name value found wrong=()
  while IFS='=' read -r name value; do
    [[ -n $name ]] || continue
    found=$(grep -o "<Setting [^>]*id=\"$name\"[^>]*" <<<"$1" | attribute value) || found=nothing
    # Set as 0 and 1, switches may come back as words.
    case $value/$found in
      0/false | 1/true) continue ;;
    esac
    [[ $found == "$value" ]] || wrong+=("preference $name: found \"$found\", expected \"$value\"")
  done <<<"$PREFERENCES"
  ((${#wrong[@]} == 0)) || die "Plex did not keep its preferences:" "${wrong[@]}"
}

main() {
  wait_for_server
  [[ $CLAIM != true ]] || claim
  set_preferences
  identity | sed -n 's/.*\(machineIdentifier="[^"]*"\).*/\1/p' | sed 's/\(.*\)="\(.*\)"/{"\1":"\2"}/'
}

main "$@" </dev/null
