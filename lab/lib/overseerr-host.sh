# shellcheck shell=bash
# The host of the old Overseerr: the lab's machine itself, since that is a client of Nomad's and sees the new one's volume
# as a folder. Overseerr is a container of its Docker, as docker-compose would have made it.
#
# usage: npm run lab -- overseerr-host reset [REQUESTS]   the old one with that many requests, and nothing of any move
#        npm run lab -- overseerr-host exec COMMAND…      as root
#        npm run lab -- overseerr-host manifest           all that a move has to leave as it is

readonly OVERSEERR_DATA=/srv/overseerr

overseerr_host() {
  running || die "the lab does not run" "start it: npm run lab"
  case ${1:-} in
    reset) reset_overseerr "${2:-10000}" ;;
    exec) inside "${@:2}" ;;
    manifest) inside docker run --rm --interactive --network none --volume "$OVERSEERR_DATA:$OVERSEERR_DATA:ro" lab.local/base:1 python3 - "$OVERSEERR_DATA" <"$HERE/library/manifest.py" ;;
    *) sed -n '/^# usage/,/^$/p' "$HERE/lib/overseerr-host.sh" >&2; return 2 ;;
  esac
}

overseerr_answers() { curl --silent --fail --output /dev/null "http://$LAB_NOMAD:5055/api/v1/settings/public"; }

reset_overseerr() {
  inside docker rm --force overseerr >/dev/null 2>&1 || true
  inside pkill -KILL --full 'media-homelab/[o]verseerr' || true
  inside rm -rf "$OVERSEERR_DATA" /run/media-homelab/overseerr
  inside find /var/backups -path '*/media-homelab/*' -name '*overseerr*' -prune -exec rm -rf {} +
  inside mkdir -p "$OVERSEERR_DATA/db" "$OVERSEERR_DATA/logs"
  { cat "$HERE/images/overseerr/schema.sql" && printf '.parameter set ?1 %s\n' "$1" && cat "$HERE/overseerr/household.sql"; } |
    inside docker run --rm --interactive --network none --volume "$OVERSEERR_DATA:/app/config" --entrypoint sqlite3 lab.local/base:1 \
      -batch -bail -cmd 'PRAGMA journal_mode=WAL' /app/config/db/db.sqlite3
  inside tee "$OVERSEERR_DATA/settings.json" <"$HERE/overseerr/settings.json" >/dev/null
  inside tee "$OVERSEERR_DATA/logs/overseerr.log" <<<"started" >/dev/null
  # Docker has no network of its own here: its port is the host's.
  inside docker run --detach --name overseerr --restart unless-stopped --network host --env TZ=Europe/London \
    --volume "$OVERSEERR_DATA:/app/config" "$(pinned overseerr)" >/dev/null
  echo "$1" >"$LAB_WORLD/overseerr-requests"
  wait_until 30 "the old Overseerr" overseerr_answers
}

old_overseerr() {
  if [[ $(cat "$LAB_WORLD/overseerr-requests" 2>/dev/null) == 10000 ]] && overseerr_answers; then return; fi
  reset_overseerr 10000
}
