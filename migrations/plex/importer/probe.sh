#!/usr/bin/env bash
# Looks at the claim. Every problem is told; nothing that was there is changed.
#
# variables: those of lib.sh; REPLACE (true: what lies on the claim may be put aside), KUBECTL (as people type it)
# result: free (bytes), inodes, rate (small files a second), holds (nothing, library or attempt), present (bytes
#         of an attempt that can be used)
set -euo pipefail
: "${REPLACE:?true or false}" "${KUBECTL:?kubectl as people type it}"

check_claim() {
  local found
  if [[ -e $ROLLED_BACK ]]; then
    found=$(cut -d' ' -f1 "$ROLLED_BACK")
    ((found < GENERATION)) || problem "generation $found was rolled back on this claim" "pulumi config set --path 'media-homelab:plex.migration.generation' $((found + 1))"
  fi
  if [[ -e $MARKER ]]; then
    found=$(cut -d' ' -f1 "$MARKER")
    ((found <= GENERATION)) || problem "the claim holds generation $found, newer than $GENERATION" "pulumi config set --path 'media-homelab:plex.migration.generation' $((found + 1))"
    holds=library
  elif [[ -e $LIBRARY ]]; then
    holds=library
    [[ -e $IN_PLACE || $REPLACE == true ]] ||
      problem "the claim holds a Plex library that no migration has brought: $(contents)" \
        "if nobody needs it: pulumi config set --path 'media-homelab:plex.migration.replace' true (it is kept aside, in $PREVIOUS)"
  elif [[ -d $STATE ]]; then
    holds=attempt
  fi
}

# contents: whose library it is, for people.
contents() {
  local settings="$LIBRARY/$HOME_IN_LIBRARY/Preferences.xml" name
  name=$(sed -n 's/.* FriendlyName="\([^"]*\)".*/\1/p' "$settings" 2>/dev/null | head -n 1)
  if grep -q PlexOnlineToken "$settings" 2>/dev/null; then echo "a claimed server's${name:+, \"$name\"}"; else echo "a server's that was started once and never claimed"; fi
}

# usable: bytes that need not come again, of an attempt or of an earlier generation's library, which is linked.
usable() {
  local folders=()
  [[ ! -d $STAGING ]] || folders+=("$STAGING")
  [[ ! -d $LIBRARY || ! -e $IN_PLACE ]] || folders+=("$LIBRARY")
  ((${#folders[@]})) || { echo 0; return; }
  du -scB1 --exclude=Databases -- "${folders[@]}" | tail -n 1 | cut -f1
}

# small_files: how many a second the volume takes, by what a library is made of.
small_files() {
  local scratch started
  scratch=$STATE/probe
  rm -rf "$scratch"
  mkdir -p "$scratch/from" "$scratch/to"
  head -c 4096000 /dev/urandom | split -b 8192 -a 3 - "$scratch/from/"
  tar -C "$scratch/from" -cf "$scratch/files" .
  sync -f "$scratch"
  started=$(date +%s%N)
  tar -C "$scratch/to" -xf "$scratch/files"
  sync -f "$scratch/to"
  rate=$((500 * 1000000000 / ($(date +%s%N) - started)))
  rm -rf "$scratch"
}

main() {
  local free inodes rate=0 holds=nothing
  need awk rsync ssh ssh-keygen sync tar zstd -- "the importer's image lacks it: correct components/images.yaml (importer)"
  check_claim
  if mkdir -p "$STATE" 2>/dev/null; then
    small_files
  else
    problem "the claim can't be written to" "see: $KUBECTL describe pod plex-importer"
  fi
  stop_on_problems "The cluster is not ready; nothing was stopped:"
  : >"$STATE/attempted"
  read -r free inodes < <(df --output=avail,iavail -B1 "$CLAIM" | tail -n 1)
  result "$(json free "$free" inodes "${inodes/-/0}" rate "$rate" holds "$holds" present "$(usable)")"
}

main "$@" </dev/null
