# shellcheck shell=bash disable=SC2034
# The target's side: the claim, and what the migration keeps on it until the library is in its place. Runs in
# the importer pod.

: "${GENERATION:?number of the migration}" "${CLAIM:=/config}" "${KEYS:=/keys}"

loudly

# Beside the library and on the same volume, so that putting it in its place is one rename.
readonly STATE="$CLAIM/.migration"
readonly STAGING="$STATE/library" RESTORED="$STATE/databases"
# What stood in the library's place: one of ours is of no use any more, anybody else's is kept.
readonly OUTDATED="$STATE/outdated" PREVIOUS="$STATE/previous"
# What the server's guard reads: "GENERATION EPOCH" of the library in its place.
readonly MARKER="$STATE/arrived" ROLLED_BACK="$STATE/rolled-back"
# Generation of the library that was put in its place, whatever has become of it.
readonly IN_PLACE="$STATE/in-place"
readonly LIBRARY="$CLAIM/Library" HOME_IN_LIBRARY="Application Support/Plex Media Server"
# Rebuilt by Plex, or of the old machine only. The databases come in the archive.
readonly EXCLUDED=(Cache Codecs "Crash Reports" Logs "Plug-in Support/Databases" plexmediaserver.pid)

# epoch_of FILE: second word, or nothing.
epoch_of() { awk '{ print $2 }' "$STATE/$1" 2>/dev/null || true; }

# note_epoch FILE: this generation's, of the hold that it is true of.
note_epoch() { echo "$GENERATION $EPOCH" | replace "$STATE/$1"; }

# require_done PART [WORD]: in this hold, that of EPOCH.
require_done() { [[ $(epoch_of "$1") == "$EPOCH" ]] || die "what lies on the claim was not ${2:-$1} in this hold" "run the same command again"; }

# ssh_to_source KEY: the command with which rsync reaches the source.
ssh_to_source() {
  printf "ssh -F /dev/null -i %s/%s -p %s -l '%s'" "$KEYS" "$1" "$SOURCE_PORT" "$SOURCE_USER"
  printf ' -o %s' "UserKnownHostsFile=$KEYS/known_hosts" GlobalKnownHostsFile=/dev/null HostKeyAlias=plex-source StrictHostKeyChecking=yes \
    IdentitiesOnly=yes BatchMode=yes ConnectTimeout=15 ServerAliveInterval=15 ServerAliveCountMax=4 Ciphers=^aes128-gcm@openssh.com
}

# pull KEY TARGET OPTION…: rsync of a folder of the source; what changes under its hands is left to the next pass.
pull() {
  local key=$1 target=$2 tries status
  shift 2
  for tries in 1 2 3 4 5; do
    status=0
    rsync --recursive --links --perms --times --hard-links --numeric-ids --chown="$OWNER" --partial-dir=.rsync-partial \
      --timeout="${STALL:-300}" --rsh="$(ssh_to_source "$key")" "$@" "[$SOURCE_HOST]:./" "$target/" || status=$?
    case $status in
      0 | 24) return ;;
      # The line, not the data: https://man7.org/linux/man-pages/man1/rsync.1.html (EXIT VALUES)
      10 | 12 | 30 | 35 | 255) ((tries == 5)) || { say "the line to $SOURCE_HOST broke (rsync $status): trying again"; sleep $((tries * 3)); } ;;
      *) break ;;
    esac
  done
  die "rsync from $SOURCE_HOST ended with status $status" "its own words stand above; the meaning of the number: man rsync, EXIT VALUES"
}

# library_options: what the library is pulled with, a word a line.
library_options() {
  local name
  for name in "${EXCLUDED[@]}"; do printf '%s\n' "--exclude=/$HOME_IN_LIBRARY/$name"; done
  printf '%s\n' --delete
  [[ $FOLLOW != true ]] || printf '%s\n' --copy-unsafe-links
}

# follow WHAT: rsync's running total on standard input becomes the progress that others ask for, once a second: rsync
# says one a file, and would wait for whoever takes long over each. What else it says is passed on.
follow() {
  local said rest told=-1 bytes percent rate left
  while IFS= read -r -d $'\r' said || [[ -n $said ]]; do
    rest=${said#*$'\n'}
    if [[ $rest != "$said" ]]; then printf '%s' "$rest"; fi
    ((SECONDS > told)) || continue
    read -r bytes percent rate left _ <<<"$said"
    [[ $percent == *% ]] || continue
    told=$SECONDS
    progress "$1: $bytes bytes, $percent, $rate, $left left"
  done
}
