#!/usr/bin/env bash
# As a guide has it: stop the container, pack its folder, upload the database, restore it where the new one will look.
# None serves from the first to the last, and nothing is compared.
#
# variables: IMAGE (Litestream's), ENDPOINT, BUCKET, ACCESS_KEY, SECRET_KEY
set -euo pipefail

litestream() {
  docker run --rm --network host --user 0:0 --volume /srv/bench:/srv/bench \
    --env LITESTREAM_ACCESS_KEY_ID="$ACCESS_KEY" --env LITESTREAM_SECRET_ACCESS_KEY="$SECRET_KEY" --entrypoint litestream "$IMAGE" "$@"
}

main() {
  rm -rf /srv/bench
  mkdir -p /srv/bench
  docker stop overseerr >/dev/null
  tar --create --gzip --file=/srv/bench/overseerr.tar.gz --directory=/srv/overseerr .
  cp --archive /srv/overseerr/. /srv/bench/data
  printf '%s\n' 'dbs:' '  - path: /srv/bench/data/db/db.sqlite3' '    replica:' '      type: s3' "      endpoint: $ENDPOINT" \
    "      bucket: $BUCKET" '      path: bench' '      force-path-style: true' >/srv/bench/litestream.yml
  litestream replicate -config /srv/bench/litestream.yml -once -force-snapshot >/dev/null
  litestream restore -config /srv/bench/litestream.yml -o /srv/bench/restored /srv/bench/data/db/db.sqlite3 >/dev/null
  sync -f /srv/bench
  rm -rf /srv/bench
}

main "$@"
