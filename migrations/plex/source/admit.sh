#!/usr/bin/env bash
# Lets the importer read the library and the archive, and nothing else, from where it runs, for a few days.
# Said twice, it is the same; another key takes the place of the former one.
#
# variables: those of lib.sh; SOURCE_USER (whose authorized_keys), KEYS (two public keys, divided by |: for the
#            library, for the archive; empty: nobody is let in any more), FROM (addresses, by comma)
set -euo pipefail
: "${SOURCE_USER:?user that the importer logs in as}"

readonly MARK=media-homelab-plex

# entry KEY FOLDER USER: one line of authorized_keys. https://man.openbsd.org/sshd#AUTHORIZED_KEYS_FILE_FORMAT
entry() {
  local uid gid as=''
  if [[ $3 == owner ]]; then
    read -r uid gid < <(owner)
    as="setpriv --reuid=$uid --regid=$gid --clear-groups -- "
  fi
  # rrsync reads what it is asked from sshd's variables, which sudo would drop.
  [[ $SOURCE_USER == root ]] || as="sudo -n env \\\"SSH_ORIGINAL_COMMAND=\$SSH_ORIGINAL_COMMAND\\\" \\\"SSH_CONNECTION=\$SSH_CONNECTION\\\" $as"
  printf 'restrict,from="%s",expiry-time="%s",command="%s" %s %s\n' "$FROM" "$(date -d '+7 days' +%Y%m%d)" \
    "$as$(rrsync_path) -ro '$2'" "$(cut -d' ' -f1-2 <<<"$1")" "$MARK"
}

main() {
  local home file keys
  home=$(getent passwd "$SOURCE_USER" | cut -d: -f6)
  [[ -d $home ]] || die "the user $SOURCE_USER has no home on $(hostname)" "log in as another one: plex.migration.source.user"
  [[ $LIBRARY$BACKUP_DIR != *[\'\"\\]* ]] || die "a quote in $LIBRARY or $BACKUP_DIR can't be written into authorized_keys" "name folders without quotes"
  take_lock
  file=$home/.ssh/authorized_keys
  if [[ -n $KEYS ]]; then
    install -d -m 700 -o "$SOURCE_USER" -g "$(id -g "$SOURCE_USER")" "$home/.ssh"
    make_backup_dir
    IFS='|' read -r -a keys <<<"$KEYS"
  elif [[ ! -e $file ]]; then
    result '{}'
    return
  fi
  {
    grep -v " $MARK\$" "$file" 2>/dev/null || true
    if [[ -n $KEYS ]]; then
      entry "${keys[0]}" "$LIBRARY" owner
      entry "${keys[1]}" "$BACKUP_DIR" root
    fi
  } >"$file.partial"
  if [[ -e $file ]]; then
    chown --reference="$file" "$file.partial"
    chmod --reference="$file" "$file.partial"
  else
    chown "$SOURCE_USER:" "$file.partial"
    chmod 600 "$file.partial"
  fi
  sync "$file.partial"
  mv -T -- "$file.partial" "$file"
  result '{}'
}

main "$@" </dev/null
