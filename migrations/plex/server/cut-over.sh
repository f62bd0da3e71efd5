#!/usr/bin/env bash
# Asks the new server, from inside its pod, for all that the old one had, moves its sections to where the media are
# now, and plays a little of each. The database is only ever changed by Plex itself.
#
# variables: IDENTITY, VERSION, CLAIMED (true or false) of the old server; COUNTS (of its database, JSON);
#            KUBECTL (as people type it), PATHS (old and new prefix of media folders by tab, a pair a line; empty: they stay)
# result: identity, version, sections, items, moved (sections), played (parts), slowest (milliseconds to the
#         first bytes), counts (of the new server's database)
set -euo pipefail
: "${IDENTITY:?}" "${VERSION:?}" "${CLAIMED:?}" "${COUNTS:?}" "${KUBECTL:?}"
: "${SERVER:=http://127.0.0.1:32400}" "${HOME_DIR:=/config/Library/Application Support/Plex Media Server}"
: "${PLEX_PROGRAMS:=/usr/lib/plexmediaserver}" "${SCAN_LIMIT:=3600}" "${SAMPLES:=3}"

loudly
TOKEN=''

# shellcheck disable=SC2034 # read by counts
SQLITE_LEVEL=plex
sqlite() { "$PLEX_PROGRAMS/Plex SQLite" -batch "$1" "$2"; }

# call PATH [OPTION…]: the token travels on standard input, never in an argument.
call() {
  local path=$1
  shift
  printf 'header = "X-Plex-Token: %s"\nurl = "%s"\n' "$TOKEN" "$SERVER$path" | curl --config - --globoff --fail --silent --show-error --max-time 120 "$@"
}

# tags NAME: each start tag of that name on a line of its own.
tags() { tr '\n' ' ' | sed 's/></>\n</g' | grep -o "<$1 [^>]*>" || true; }

# attribute NAME: of the tags on standard input, unescaped.
attribute() {
  sed -n "s/.*[[:space:]]$1=\"\([^\"]*\)\".*/\1/p" |
    sed "s/&lt;/</g; s/&gt;/>/g; s/&quot;/\"/g; s/&#39;/'/g; s/&apos;/'/g; s/&amp;/\&/g"
}

expected() { sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" <<<"$COUNTS"; }

check_identity() {
  local said
  said=$(curl --fail --silent --max-time 30 "$SERVER/identity") || die "Plex does not answer on $SERVER/identity" "see: $KUBECTL logs statefulset/plex"
  identity=$(tags MediaContainer <<<"$said" | attribute machineIdentifier)
  version=$(tags MediaContainer <<<"$said" | attribute version)
  local claimed=false
  local -A claimed_words=([true]="an account" [false]="nobody")
  [[ $(tags MediaContainer <<<"$said" | attribute claimed) != 1 ]] || claimed=true
  [[ $identity == "$IDENTITY" ]] || problem "the new server is another one: found $identity, expected $IDENTITY" "its settings did not arrive; the old server goes on"
  [[ $version == "$VERSION" ]] || problem "the new server is Plex $version, expected $VERSION" "leave VERSION=docker as it is, and the image's tag at the old server's version"
  [[ $claimed == "$CLAIMED" ]] || problem "the new server belongs to ${claimed_words[$claimed]}, the old one to ${claimed_words[$CLAIMED]}" "claim it in its web UI, or sign the old server in first"
  TOKEN=$(sed -n 's/.* PlexOnlineToken="\([^"]*\)".*/\1/p' "$HOME_DIR/Preferences.xml" | head -n 1)
  stop_on_problems "The new server is not the old one:"
}

# Plex's own order for moving media: never empty the trash, show the new folder beside the old, scan, then take the
# old one away. https://support.plex.tv/articles/201154537-move-media-content-to-a-new-location/
keep_trash() {
  call "/:/prefs?autoEmptyTrash=0" --request PUT --output /dev/null || die "Plex does not take its preferences" "see: $KUBECTL logs statefulset/plex"
  [[ $(call /:/prefs | tags Setting | grep ' id="autoEmptyTrash"' | attribute value) == @(0|false) ]] ||
    die "Plex would empty its trash by itself, and with it forget what is away for a moment" "see: $KUBECTL logs statefulset/plex"
}

# load_sections: one line each in SECTIONS: key, type, agent, language, name, and its folders, by the unit separator.
load_sections() {
  local line what tag=''
  SECTIONS=()
  while IFS= read -r line; do
    case $line in
      "<Directory "*)
        [[ -z $tag ]] || SECTIONS+=("$tag")
        tag=$(for what in key type agent language title; do attribute "$what" <<<"$line" | tr -d '\n'; printf '\037'; done)
        [[ $line != *' refreshing="1"'* ]] || scanning=yes
        ;;
      "<Location "*) tag+="$(attribute path <<<"$line")"$'\037' ;;
    esac
  done < <(call /library/sections | tr '\n' ' ' | sed 's/></>\n</g' | grep -E '^<(Directory|Location) ' || true)
  [[ -z $tag ]] || SECTIONS+=("$tag")
}

encoded() { printf '%s' "$1" | od -An -v -tx1 | tr -d '\n' | sed 's/ /%/g'; }

# edit_section KEY AGENT NAME LANGUAGE LOCATION…: the list replaces the folders that it had.
edit_section() {
  local path location
  path="/library/sections/$1?agent=$(encoded "$2")&name=$(encoded "$3")&language=$(encoded "$4")"
  shift 4
  for location; do path+="&location=$(encoded "$location")"; done
  call "$path" --request PUT --output /dev/null
}

scan() {
  local key=$1 end=$(($(uptime_seconds) + SCAN_LIMIT)) scanning
  call "/library/sections/$key/refresh" --output /dev/null || return
  sleep "${SETTLE:-3}"
  while true; do
    scanning=no
    load_sections
    [[ $scanning == yes ]] || return 0
    (($(uptime_seconds) < end)) || { say "the scan of section $key has not ended after $SCAN_LIMIT s"; return 1; }
    sleep 2
  done
}

# new_place FOLDER: where it is now; nothing for one that has not moved.
new_place() {
  local old new
  while IFS=$'\t' read -r old new; do
    if [[ -n $old && ( $1 == "$old" || $1 == "$old"/* ) ]]; then
      echo "$new${1#"$old"}"
      return
    fi
  done <<<"$PATHS"
}

# settle FOLDER…: of the section that is being moved.
settle() {
  if edit_section "$key" "$agent" "$name" "$language" "$@" && scan "$key"; then return; fi
  problem "Plex does not take $* for \"$name\"" "see: $KUBECTL logs statefulset/plex"
  return 1
}

move_section() {
  local key type agent language name locations location new both=() after=() changed=no
  IFS=$'\037' read -r -a fields <<<"$1"
  key=${fields[0]} type=${fields[1]} agent=${fields[2]} language=${fields[3]} name=${fields[4]}
  locations=("${fields[@]:5}")
  for location in "${locations[@]}"; do
    new=$(new_place "$location")
    both+=("$location" ${new:+"$new"})
    after+=("${new:-$location}")
    if [[ -n $new ]]; then
      changed=yes
      [[ -d $new ]] || { problem "the folder $location of \"$name\" would be $new, which is not in the pod" "correct plex.migration.paths, or what storage.library exports"; return 0; }
    fi
  done
  [[ $changed == yes ]] || return 0
  progress "moving \"$name\" to ${after[*]}"
  settle "${both[@]}" || return 0
  same_items "$key" "$type" "$name" || return 0
  settle "${after[@]}" || return 0
  moved=$((moved + 1))
}

# same_items KEY TYPE NAME: as many films, shows or artists as before.
same_items() {
  local kind found wanted
  case $2 in
    movie) kind=1 ;;
    show) kind=2 ;;
    artist) kind=8 ;;
    *) return 0 ;;
  esac
  wanted=$(expected "section $1")
  found=$(call "/library/sections/$1/all?type=$kind&X-Plex-Container-Start=0&X-Plex-Container-Size=0" | tags MediaContainer | attribute totalSize)
  [[ $found == "$wanted" ]] || { problem "\"$3\" has ${found:-no} items, expected $wanted" "nothing is lost: the old server goes on with all of them"; return 1; }
  items=$((items + found))
}

# play KEY TYPE NAME: the first bytes of a few parts, each of a file that is where the section says.
play() {
  local kind path file key_of said code took count=0
  case $2 in
    movie) kind=1 ;;
    show) kind=4 ;;
    artist) kind=10 ;;
    *) return 0 ;;
  esac
  [[ $(expected "section $1") != 0 ]] || return 0
  while IFS= read -r path; do
    file=$(attribute file <<<"$path")
    key_of=$(attribute key <<<"$path")
    # The part at the old place is kept in the trash until somebody empties it.
    [[ -z $(new_place "$file") ]] || continue
    count=$((count + 1))
    ((count <= SAMPLES)) || break
    [[ -r $file ]] || { problem "\"$3\": $file is not in the pod" "correct plex.migration.paths, or what storage.library exports"; continue; }
    said=$(call "$key_of" --range 0-65535 --output /dev/null --max-time 30 --write-out '%{http_code} %{time_total}') || { problem "\"$3\": $file can't be played: ${said:-no answer}" "see: $KUBECTL logs statefulset/plex"; continue; }
    read -r code took <<<"$said"
    took=$(awk -v t="$took" 'BEGIN { printf "%d", t * 1000 }')
    [[ $code == 206 ]] || problem "\"$3\": $file is not served in parts (HTTP $code)" "see: $KUBECTL logs statefulset/plex"
    ((took <= slowest)) || slowest=$took
    played=$((played + 1))
  done < <(call "/library/sections/$1/all?type=$kind&X-Plex-Container-Start=0&X-Plex-Container-Size=$((SAMPLES * 4))" | tags Part)
  ((count > 0)) || problem "\"$3\" has not one part at its new place" "correct plex.migration.paths, or what storage.library exports"
}

# check_people: watched marks, accounts and playlists, no fewer than before. Somebody may be watching already, so a
# copy is counted, and more is no harm.
check_people() {
  local name found wanted copy
  copy=$(mktemp -d)
  cp -- "$HOME_DIR/Plug-in Support/Databases/com.plexapp.plugins.library.db"* "$copy/"
  rm -f "$copy"/*-shm
  counted=$(counts "$copy/com.plexapp.plugins.library.db") || counted='{}'
  rm -rf "$copy"
  for name in accounts metadata_item_settings metadata_item_views playlists; do
    wanted=$(expected "$name")
    found=$(sed -n "s/.*\"$name\":\([0-9]*\).*/\1/p" <<<"$counted")
    ((${found:-0} >= wanted)) || problem "$name: the new server has ${found:-none}, the old one had $wanted" "nothing is lost: the old server goes on with all of them"
  done
}

main() {
  local identity version counted='{}' items=0 moved=0 played=0 slowest=0 section SECTIONS sections
  progress "asking the new server who it is"
  check_identity
  keep_trash
  load_sections
  sections=("${SECTIONS[@]}")
  [[ ${#sections[@]} == "$(expected library_sections)" ]] || problem "the new server has ${#sections[@]} library sections, expected $(expected library_sections)" "see: $KUBECTL logs statefulset/plex"
  for section in "${sections[@]}"; do move_section "$section"; done
  stop_on_problems "The sections of the new server could not be moved:"
  items=0
  load_sections
  sections=("${SECTIONS[@]}")
  for section in "${sections[@]}"; do
    IFS=$'\037' read -r key type _ _ name location <<<"$section"
    progress "checking \"$name\""
    while IFS= read -r -d $'\037' location; do
      [[ -z $(new_place "$location") ]] || problem "\"$name\" still looks for its media in $location" "edit the section in Plex's web UI"
    done <<<"$location"$'\037'
    same_items "$key" "$type" "$name" && play "$key" "$type" "$name"
  done
  check_people
  stop_on_problems "The new server lacks something of the old one:"
  result "$(json identity "$identity" version "$version" sections "${#sections[@]}" items "$items" moved "$moved" played "$played" slowest "$slowest" counts "$counted")"
}

main "$@" </dev/null
