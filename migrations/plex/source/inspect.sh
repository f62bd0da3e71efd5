#!/usr/bin/env bash
# Looks at the old server and its library while it serves, and changes nothing of it. Every problem is told.
#
# variables: those of lib.sh; VERSION (that the cluster's Plex will have), FOLLOW (true: symbolic links out of
#            the library are followed)
# result: version, identity, claimed, active, bytes, files, databaseBytes, owner, counts, checked (plex or stock)
set -euo pipefail
: "${VERSION:?version of Plex in the cluster}" "${FOLLOW:?whether links are followed}"

# Copies of the databases, while they are judged.
copies=''

# What a migration leaves behind; the same list as the importer's.
EXCLUDED=(Cache Codecs "Crash Reports" Logs "Plug-in Support/Databases")

version() {
  local said
  case $KIND in
    systemd) said=$("$PLEX_PROGRAMS/Plex Media Server" --version 2>/dev/null) ;;
    docker) said=$(docker run --rm --network none --entrypoint "$PLEX_PROGRAMS/Plex Media Server" "$(docker inspect --format '{{.Image}}' "$SERVICE")" --version 2>/dev/null) ;;
  esac || said=''
  echo "${said#v}"
}

check_version() {
  if [[ ! $found_version =~ ^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+-[0-9a-f]+$ ]]; then
    problem "Plex on $(hostname) says \"${found_version:0:80}\" for its version, expected something like 1.43.0.10492-121068a07" \
      "see what this prints: \"$PLEX_PROGRAMS/Plex Media Server\" --version"
  elif [[ $found_version != "$VERSION" ]]; then
    local why="a newer one would upgrade the database, and there is no way back"
    [[ $(printf '%s\n' "$found_version" "$VERSION" | sort -V | tail -n 1) != "$found_version" ]] || why="an older one can't read this database"
    problem "Plex $found_version runs on $(hostname), $VERSION in the cluster: the versions must be equal ($why)" \
      "pulumi config set --path 'media-homelab:plex.tag' version-$found_version"
  fi
}

check_tools() {
  local rrsync interpreter
  need awk cmp find flock rsync setpriv setsid sha256sum sync tar timeout zstd -- "sudo apt-get install coreutils diffutils findutils gawk rsync tar util-linux zstd"
  rrsync=$(rrsync_path)
  if [[ -n $rrsync ]]; then
    # A script itself, of Python or, in older releases, of Perl.
    interpreter=$(sed -n '1s/^#! *\(\/usr\/bin\/env *\)*//p' "$rrsync" | cut -d' ' -f1)
    need "${interpreter##*/}" -- "install what rrsync is written in: sudo apt-get install ${interpreter##*/}"
  else
    problem "rrsync is missing on $(hostname)" "install rsync 3.2.4 or newer, which brings it (sudo apt-get install rsync)"
  fi
  [[ $KIND == systemd ]] || need docker -- "is Plex a container there? correct plex.migration.source.service"
  [[ $KIND == docker || $SQLITE_LEVEL == plex ]] || need sqlite3 -- "sudo apt-get install sqlite3 (there is no \"$PLEX_PROGRAMS/Plex SQLite\")"
}

# check_library: returns 1 where there is nothing to look at.
check_library() {
  local first
  if [[ -L $LIBRARY ]]; then
    problem "$LIBRARY is a symbolic link" "name the folder itself: $(readlink -f -- "$LIBRARY")"
    return 1
  fi
  if [[ ! -d $LIBRARY ]]; then
    first=$(find / -xdev -type d -name "Plex Media Server" -path "*/Application Support/*" -print -quit 2>/dev/null || true)
    problem "there is no folder $LIBRARY on $(hostname)" "name the folder \"Library\" of Plex${first:+; there is ${first%/Application Support*}}"
    return 1
  fi
  if [[ ! -s "$HOME_DIR/Preferences.xml" ]]; then
    problem "$LIBRARY holds no Plex library: there is no $HOME_DIR/Preferences.xml" "name the folder that holds \"Application Support\""
    return 1
  fi
  [[ -n $(preference ProcessedMachineIdentifier) ]] || problem "$HOME_DIR/Preferences.xml names no server (ProcessedMachineIdentifier)" "start Plex there once, then run the same command again"
  unreadable
  links_out
  # Links, files and folders can be moved; a device or a pipe has no business in a library.
  first=$(find "$LIBRARY" ! -type f ! -type d ! -type l -printf '%p\n' -quit | head -c 300)
  [[ -z $first ]] || problem "neither file nor folder nor link: $first" "move it out of the library"
}

# A link is copied as what it is, and need not lead anywhere.
unreadable() {
  local first
  first=$({ as_owner find "$LIBRARY" ! -type l ! -readable -printf '%p\n' -quit || true; } 2>&1 | head -n 1 | head -c 300)
  [[ -z $first ]] || problem "the library's owner can't read: $first" "sudo chown -R --reference=\"$LIBRARY\" \"$LIBRARY\", or correct the modes"
}

# A link to another disk would arrive pointing at nothing; one that is followed has to lead somewhere.
links_out() {
  local link target outside=() root
  root=$(readlink -f -- "$LIBRARY")
  while IFS= read -r -d '' link; do
    target=$(readlink -m -- "$link")
    [[ $target == "$root"/* && $(readlink -- "$link") != /* ]] || outside+=("$link -> $target")
  done < <(find "$LIBRARY" -type l -print0)
  ((${#outside[@]} > 0)) || return 0
  if [[ $FOLLOW == true ]]; then
    for link in "${outside[@]}"; do
      as_owner test -r "${link%% -> *}" || { problem "a symbolic link that is to be followed leads to what the library's owner can't read: $link" "bring it back, or remove the link"; return; }
    done
  else
    problem "${#outside[@]} symbolic links lead out of the library, the first: ${outside[0]}" \
      "pulumi config set --path 'media-homelab:plex.migration.followLinks' true, or move what they point to into the library"
  fi
}

check_service() {
  service_exists || { problem "there is no $KIND service $SERVICE on $(hostname)" "correct plex.migration.source.service; see: systemctl list-units | grep -i plex, or docker ps -a"; return; }
  if [[ -e $FORMER ]]; then
    say "this host holds an earlier attempt's record of its service; it goes on from there"
  elif [[ $KIND == systemd && $(systemctl show "$SERVICE" --property=LoadState --value) == masked ]]; then
    problem "$SERVICE is masked on $(hostname): it could not be put back into service" "sudo systemctl unmask $SERVICE"
  fi
  if ! service_active && database_open; then
    problem "$SERVICE does not run, but a process has its database open" "find and stop it: sudo fuser -v \"$DATABASES/$LIBRARY_DB\""
  fi
}

# check_databases: by copies. A copy of a database in use may be torn, so only two bad ones in a row count.
check_databases() {
  local name file found again before=${#PROBLEMS[@]}
  copies=$(mktemp -d -p "$BACKUP_DIR" .plex-check.XXXXXX)
  for name in "$LIBRARY_DB" "$BLOBS_DB"; do
    found=$(damage "$DATABASES/$name")
    if [[ -n $found ]]; then
      problem "$DATABASES/$name $found" "restore it from Plex's own dated backups beside it, then run the same command again"
      continue
    fi
    for again in yes no; do
      for file in "$DATABASES/$name"{,-wal,-journal}; do
        rm -f -- "$copies/${file##*/}"
        [[ ! -e $file ]] || timeout 600 cp -- "$file" "$copies/"
      done
      found=$(check_database "$copies/$name")
      [[ -n $found && $again == yes ]] || break
      sleep 5
    done
    [[ -z $found ]] || problem "$DATABASES/$name $found" "repair it with Plex's own SQLite: https://support.plex.tv/articles/repair-a-corrupted-database/"
  done
  if ((${#PROBLEMS[@]} == before)); then
    found=$(missing_tables "$copies/$LIBRARY_DB")
    if [[ -n $found ]]; then
      problem "$LIBRARY_DB has no table $found" "this is no library of a Plex media server: correct plex.migration.source.library"
    else
      counted=$(counts "$copies/$LIBRARY_DB")
      [[ $counted != *'"metadata_items":0,'* ]] || [[ ${ALLOW_EMPTY:-false} == true ]] ||
        problem "the library is empty: not one item" "correct plex.migration.source.library, or leave plex.migration out and start with a new server"
    fi
  fi
  rm -rf -- "$copies"
  copies=''
}

# check_space: returns 1 where there is too little for copies, too.
check_space() {
  local free needed
  free=$(df --output=avail -B1 "$BACKUP_DIR" | tail -n 1)
  # The archive, what it is checked by, and something to breathe.
  needed=$((database_bytes * 3 + 268435456))
  ((free < needed)) || return 0
  problem "only $(human "$free") free in $BACKUP_DIR on $(hostname), $(human "$needed") are needed for the backup of the databases and its check" \
    "free some, or name another folder: pulumi config set --path 'media-homelab:plex.migration.source.backupDir' /mnt/…"
  return 1
}

# can_judge: SQLite is there, and of the kind docker the container whose image brings it.
can_judge() {
  case $SQLITE_LEVEL in
    stock) command -v sqlite3 >/dev/null ;;
    plex) [[ $KIND != docker ]] || service_exists ;;
  esac
}

main() {
  local found_version bytes=0 files=0 database_bytes=0 counted='{}' expression=() excluded
  trap '[[ -z $copies ]] || rm -rf -- "$copies"' EXIT
  take_lock
  make_backup_dir
  found_version=$(version)
  check_tools
  check_version
  check_service
  if check_library; then
    database_bytes=$(find "$DATABASES" -maxdepth 1 -name 'com.plexapp.plugins.library*.db*' ! -name '*.db-20*' -printf '%s\n' | awk '{ n += $1 } END { printf "%d", n }')
    if check_space && can_judge; then check_databases; fi
    for excluded in "${EXCLUDED[@]}"; do expression+=(-path "$HOME_DIR/$excluded" -prune -o); done
    read -r files bytes < <(find "$LIBRARY" "${expression[@]}" -printf '%b\n' | awk '{ n++; b += $1 * 512 } END { printf "%d %d\n", n, b }')
  fi
  free_lock
  stop_on_problems "The old server on $(hostname) is not ready; nothing was stopped:"
  local active=false claimed=false
  if service_active; then active=true; fi
  [[ -z $(preference PlexOnlineToken) ]] || claimed=true
  result "$(json version "$found_version" identity "$(preference ProcessedMachineIdentifier)" claimed "$claimed" active "$active" bytes "$bytes" files "$files" \
    databaseBytes "$database_bytes" checked "$SQLITE_LEVEL" counts "$counted")"
}

main "$@" </dev/null
