# shellcheck shell=bash
# The host of the old Plex server, whose library is migrated: a container in the machine's network. Its library is
# generated once and lies below a layer that takes all that is written: to throw that away is to have it back as it was.
#
# usage: npm run lab -- plex-vm reset [--stopped] [PROFILE]   a new host; with Plex stopped; with another library than "small"
#        npm run lab -- plex-vm reboot                        what lies in /run is gone, and only what is enabled is started
#        npm run lab -- plex-vm exec COMMAND…                 as root
#        npm run lab -- plex-vm manifest [FOLDER]             all that a copy has to keep of it

readonly PLEX_VM_HOME=/var/lib/plexmediaserver
# Of the user plex there, and of the one that the NAS knows.
readonly PLEX_VM_OWNER=997:997 NAS_OWNER=1000:1000

plex_vm() {
  running || die "the lab does not run" "start it: npm run lab"
  case ${1:-} in
    reset) reset_plex_vm "${@:2}" ;;
    reboot) inside docker restart --time 100 plex-vm >/dev/null && wait_for_plex ;;
    exec) inside docker exec plex-vm "${@:2}" ;;
    manifest) inside docker exec --interactive plex-vm python3 - "${2:-$PLEX_VM_HOME/Library}" <"$HERE/library/manifest.py" ;;
    *) sed -n '/^# usage/,/^$/p' "$HERE/lib/plex-vm.sh" >&2; return 2 ;;
  esac
}

plex_answers() { curl --silent --fail --output /dev/null "http://$LAB_PLEX_VM:32400/identity"; }
ssh_answers() { ssh-keyscan -t ed25519 "$LAB_PLEX_VM" 2>/dev/null | grep -q .; }
wait_for_plex() { wait_until 30 "the old Plex server" plex_answers && wait_until 10 "its sshd" ssh_answers; }

# library_name PROFILE: another generator or another version of Plex makes another library.
library_name() {
  echo "$1-$({ cat "$HERE/library/generate.py" "$HERE/images/base/plex_database.py" && pinned plex; } | sha256sum | cut -c1-12)"
}

# generate PROFILE NAME
generate() {
  local version folder=$LAB_CACHE/libraries/$2.part
  version=$(pinned plex)
  version=${version##*:}
  rm -rf "$LAB_CACHE/libraries/$1"-*
  inside docker run --rm --interactive --network none --volume /srv/libraries:/libraries lab.local/base:1 \
    python3 - --profile "$1" --version "${version%-ls*}" --library "/libraries/$2.part/plex" \
    --media "/libraries/$2.part/nas/library" --media-path /mnt/nas-plex \
    --optimized "/libraries/$2.part/nas/optimized" --optimized-path /mnt/nas-plex-optimized <"$HERE/library/generate.py"
  chown -R --no-dereference "$PLEX_VM_OWNER" "$folder/plex"
  chown -R --no-dereference "$NAS_OWNER" "$folder/nas"
  mv "$folder" "${folder%.part}"
}

reset_plex_vm() {
  local units=() name
  [[ ${1:-} != --stopped ]] || { units=(ssh) && shift; }
  name=$(library_name "${1:-small}")
  [[ -d $LAB_CACHE/libraries/$name ]] || generate "${1:-small}" "$name"
  inside docker rm --force plex-vm >/dev/null 2>&1 || true
  ! inside mountpoint --quiet /srv/plex-vm || inside umount /srv/plex-vm
  rm -rf "$LAB_WORLD/plex-vm"
  mkdir -p "$LAB_WORLD/plex-vm"/{upper,work}
  chown "$PLEX_VM_OWNER" "$LAB_WORLD/plex-vm/upper"
  inside mount -t overlay plex-vm /srv/plex-vm \
    -o "lowerdir=/srv/libraries/$name/plex,upperdir=/lab/plex-vm/upper,workdir=/lab/plex-vm/work"
  # Others have the NAS's folders mounted, too: they stay, their content changes.
  inside find /srv/nas/library /srv/nas/optimized -mindepth 1 -delete
  inside cp --archive "/srv/libraries/$name/nas/." /srv/nas/
  inside docker run --detach --name plex-vm --restart unless-stopped --network host --hostname plex-vm \
    --add-host "plex-vm:$LAB_PLEX_VM" --tmpfs /run:exec,mode=755 \
    --volume "/srv/plex-vm:$PLEX_VM_HOME" \
    --volume /srv/nas/library:/mnt/nas-plex:ro --volume /srv/nas/optimized:/mnt/nas-plex-optimized \
    --volume /lab/ssh/plex-vm:/etc/ssh/ssh_host_ed25519_key:ro --volume /lab/ssh/id_ed25519.pub:/lab/authorized_keys:ro \
    --volume /lab/logs:/lab/logs lab.local/plex-vm:1 "${units[@]}" >/dev/null
  echo "$name" >"$LAB_WORLD/plex-vm/library"
  if ((${#units[@]})); then wait_until 10 "its sshd" ssh_answers; else wait_for_plex; fi
}

old_plex_server() {
  if [[ $(cat "$LAB_WORLD/plex-vm/library" 2>/dev/null) == "$(library_name small)" ]] && plex_answers; then return; fi
  reset_plex_vm
}
