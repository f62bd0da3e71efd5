#!/usr/bin/env bash
# Puts the settings on the new Overseerr's volume, byte for byte, and tells its first task which replica belongs to them.
#
# variables: those of lib.sh; EPOCH (of the hold), OWNER (who the new one runs as)
# result: digest
set -euo pipefail
: "${EPOCH:?epoch of the hold}" "${OWNER:?uid:gid}"

require_not_taken_back() {
  local word at
  [[ -e $FENCE ]] || return 0
  read -r word at <"$FENCE"
  [[ $word != rolled-back ]] || ((at < GENERATION)) ||
    die "the move $at was rolled back: the old Overseerr serves again" "pulumi config set --path overseerr.migration.generation $((at + 1))"
}

main() {
  local digest proof
  check_held
  take_lock
  mapfile -t proof <"$DRILLED"
  [[ ${proof[0]-} == "$EPOCH" ]] || die "the replica of this hold was not proved on $(hostname)" "run the same command again"
  require_not_taken_back
  digest=$(sha256sum <"$COPY/settings.json" | cut -d' ' -f1)
  [[ ! -e $VOLUME/settings.json ]] || cmp --quiet "$COPY/settings.json" "$VOLUME/settings.json" || cp --preserve=all -- "$VOLUME/settings.json" "$VOLUME/settings.json.superseded"
  # What an Overseerr that would start now must not find: half of this. The generation comes last.
  rm -f -- "$MOVED"
  install -m 600 -o "${OWNER%:*}" -g "${OWNER#*:}" -- "$COPY/settings.json" "$VOLUME/settings.json.part"
  sync "$VOLUME/settings.json.part"
  [[ $(sha256sum <"$VOLUME/settings.json.part" | cut -d' ' -f1) == "$digest" ]] || die "settings.json has arrived on $VOLUME with another digest" "look at that file system; then run the same command again"
  mv -T -- "$VOLUME/settings.json.part" "$VOLUME/settings.json"
  printf '%s\n' "${proof[1]}" "${proof[2]}" | replace "$SEEN"
  echo "$GENERATION" | replace "$TAKE"
  check_held
  rm -f -- "$FENCE"
  echo "$GENERATION" | replace "$MOVED"
  echo "$EPOCH" | replace "$SETTLED"
  result "$(json digest "$digest")"
}

main "$@" </dev/null
