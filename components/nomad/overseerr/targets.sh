#!/usr/bin/env bash
# Tells Overseerr, through its own API, which Plex, Sonarr and Radarr it is to speak to. Runs beside it. What is so already
# is not written; as long as something is unclear, nothing is. Safe to run again. Prints one line of JSON: the addresses
# before and after.
#
# variables: PLEX, SONARR, RADARR (URLs; an empty one leaves what Overseerr has), SONARR_KEY, RADARR_KEY (the same),
#            SETTLE (seconds that Overseerr may take to answer); GENERATION is there to make another move another run
set -euo pipefail
shopt -s inherit_errexit
: "${SETTLE:?seconds}" "${PLEX=}" "${SONARR=}" "${RADARR=}" "${SONARR_KEY=}" "${RADARR_KEY=}"

loudly

readonly SETTINGS=${SETTINGS:-/config/settings.json}
readonly AGAIN="then run pulumi up again"

# Apps whose entry is not as it should be.
CHANGES=()

# text WORD: as SQL takes it.
text() {
  local quote="'"
  printf "'%s'" "${1//$quote/$quote$quote}"
}

# fields APP URL KEY: what Overseerr's entry has to say.
fields() {
  local host port ssl=false base key=''
  [[ $2 =~ ^(https?)://([^/:]+)(:([0-9]+))?(/.*)?$ ]] || die "overseerr.targets.$1: found $2, expected an http or https URL" "correct it, $AGAIN"
  host=$(text "${BASH_REMATCH[2]}") port=${BASH_REMATCH[4]} base=$(text "${BASH_REMATCH[5]%/}")
  if [[ ${BASH_REMATCH[1]} == https ]]; then ssl=true port=${port:-443}; fi
  [[ -z $3 ]] || key=", 'apiKey', $(text "$3")"
  if [[ $1 == plex ]]; then host="'ip', $host" base=''; else host="'hostname', $host" base=", 'baseUrl', $base"; fi
  sqlite3 -batch -bail :memory: <<<"SELECT json_object($host, 'port', ${port:-80}, 'useSsl', json('$ssl') $base $key)"
}

# differing ENTRY FIELDS: names of the fields that the entry has otherwise; both are files.
differing() {
  sqlite_json "$1" "SELECT w.key FROM json_each($(text "$(<"$2")")) w
    LEFT JOIN (SELECT key, value FROM settings, json_each(j)) e ON e.key = w.key
    WHERE w.value IS NOT coalesce(e.value, CASE w.key WHEN 'useSsl' THEN 0 WHEN 'baseUrl' THEN '' END)"
}

# address APP ENTRY: as the report has it.
address() {
  local entry
  entry=$(<"$2")
  [[ $1 == plex ]] || entry="[$entry]"
  printf '{"%s":%s}' "$1" "$entry" >"$answers/one"
  integrations_of "$answers/one" >"$answers/one.url"
  setting "$answers/one.url" "\$.$1[0]"
}

# choose APP: of its entries the only one, or the default one that is not for 4K.
choose() {
  local found names app=${1^}
  mapfile -t found < <(sqlite_json "$answers/$1" "SELECT value FROM settings, json_each(j)
    WHERE json_array_length(j) = 1 OR (value ->> '\$.isDefault' AND NOT coalesce(value ->> '\$.is4k', 0))")
  if ((${#found[@]} == 1)); then
    printf '%s\n' "${found[0]}" >"$answers/$1.entry"
    return
  fi
  names=$(sqlite_json "$answers/$1" "SELECT group_concat(coalesce(value ->> '\$.name', 'one without a name'), ', ') FROM settings, json_each(j)")
  if [[ -z $names ]]; then
    problem "overseerr.targets.$1: found no $app in Overseerr, expected one" "add it in Overseerr (Settings, Services), $AGAIN"
  else
    problem "overseerr.targets.$1: found several servers in Overseerr ($names), expected exactly one default server among those not for 4K" \
      "choose the default server in Overseerr (Settings, Services), $AGAIN"
  fi
  return 1
}

# look_at APP URL KEY: what would have to be changed of it.
look_at() {
  local app=$1
  [[ -n $2 ]] || return 0
  if [[ $app == plex ]]; then cp "$answers/plex" "$answers/plex.entry"; else choose "$app" || return 0; fi
  fields "$@" >"$answers/$app.fields"
  differing "$answers/$app.entry" "$answers/$app.fields" >"$answers/$app.other"
  [[ ! -s $answers/$app.other ]] || CHANGES+=("$app")
}

# change APP URL
change() {
  local app=$1 entry=$answers/$1.entry was method=PUT place limit=30
  was=$(address "$app" "$entry")
  if [[ $app == plex ]]; then
    # All else of Plex it may not be told; and before it answers it tries to reach it.
    cp "$answers/plex.fields" "$answers/plex.body"
    method=POST place=settings/plex limit=150
  else
    # The whole entry, but for what it may not be told.
    sqlite_json "$entry" "SELECT json_remove(json_patch(j, $(text "$(<"$answers/$app.fields")")), '\$.id') FROM settings" >"$answers/$app.body"
    place=settings/$app/$(setting "$entry" '$.id')
  fi
  if ! LIMIT=$limit call_api "$method" "$place" "$answers/answer" "$answers/$app.body"; then
    [[ $app != plex ]] || refuse_plex "$2"
    die "overseerr.targets.$app: Overseerr refuses $2" "its reason stands above; correct the address, $AGAIN"
  fi
  if [[ $(<"$answers/$app.other") == apiKey ]]; then
    say "$app: $was, with another key"
  else
    say "$app: ${was:-nothing} -> $2"
  fi
}

# refuse_plex URL: Overseerr could not reach it, and has it in mind nevertheless, though not in its settings.
refuse_plex() {
  local more=()
  sqlite_json "$answers/plex.entry" "SELECT json_object('ip', j -> '\$.ip', 'port', j -> '\$.port', 'useSsl', json(coalesce(j -> '\$.useSsl', 'false'))) FROM settings" >"$answers/plex.body"
  LIMIT=150 call_api POST settings/plex "$answers/answer" "$answers/plex.body" 2>/dev/null || true
  if ! ask_api settings/plex "$answers/plex" 2>/dev/null || [[ -n $(differing "$answers/plex" "$answers/plex.body") ]]; then
    more=("until Overseerr is restarted it asks the new address: nomad job restart overseerr")
  fi
  die "overseerr.targets.plex: Overseerr can't reach Plex at $1, so the old address stays" \
    "does it answer there? on Overseerr's node: curl $1/identity" \
    "if the mesh lets nothing out: overseerr.service.directNetworks" \
    "if it answers, the owner has to sign in to Overseerr once more: Plex refuses the old token" "${more[@]}"
}

# check APP: it has all that it was told, and what it had besides.
check() {
  local app=$1 lost
  if [[ $app == plex ]]; then
    cp "$answers/plex" "$answers/plex.entry"
  else
    sqlite_json "$answers/$app" "SELECT value FROM settings, json_each(j) WHERE value ->> '\$.id' = $(setting "$answers/$app.entry" '$.id')" >"$answers/$app.now"
    mv "$answers/$app.now" "$answers/$app.entry"
  fi
  lost=$(differing "$answers/$app.entry" "$answers/$app.body")
  [[ -z $lost ]] || die "overseerr.targets.$app: Overseerr did not keep ${lost//$'\n'/, }" "look at its entry in Overseerr (Settings, Services), $AGAIN"
}

ask_all() { ask_integrations "$answers" || die "Overseerr does not tell what it speaks to" "its reason stands above"; }

main() {
  local answers app url before after API_KEY=''
  umask 077
  answers=$(mktemp -d)
  # shellcheck disable=SC2064 # as it is now
  trap "rm -rf '$answers'" EXIT
  await_api "$answers/public"
  [[ $(setting "$answers/public" '$.initialized') == 1 ]] || die "Overseerr has not been set up" "open it, sign in with Plex, add Sonarr and Radarr; $AGAIN"
  # shellcheck disable=SC2034 # what is asked from here on is asked with it
  API_KEY=$(setting "$SETTINGS" '$.main.apiKey')
  ask_all
  before=$(integrations_of "$answers/all")
  look_at plex "$PLEX" ''
  look_at radarr "$RADARR" "$RADARR_KEY"
  look_at sonarr "$SONARR" "$SONARR_KEY"
  if ((${#CHANGES[@]} > 0)) && [[ $(setting "$SETTINGS" '$.main.csrfProtection') == 1 ]]; then
    problem "Overseerr's API is read-only: CSRF protection is on" "switch it off in Overseerr (Settings, General); nomad job restart overseerr; $AGAIN"
  fi
  stop_on_problems "Overseerr's targets can't be set, and nothing was changed:"
  # Plex comes first: while it has in mind one that it can't reach, nothing else may make it write its settings.
  for app in "${CHANGES[@]}"; do
    url=${app^^}
    change "$app" "${!url}"
  done
  ask_all
  for app in "${CHANGES[@]}"; do check "$app"; done
  after=$(integrations_of "$answers/all")
  json before "$before" after "$after"
  echo
}

main "$@" </dev/null
