#!/usr/bin/env bash
# As most guides have it: stop the server, pack all of it with gzip, copy the archive, unpack it, give it its owner. No
# server runs from the first to the last.
#
# variables: SOURCE (user@address); /ssh (keys) and /target (empty folder) are mounted
set -euo pipefail

readonly OPTIONS=(-F /dev/null -i /tmp/key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR)

there() { ssh -n "${OPTIONS[@]}" "$SOURCE" "$@"; }

main() {
  install -m 600 /ssh/id_ed25519 /tmp/key
  there sudo systemctl stop plexmediaserver
  there sudo tar --create --gzip --file=/tmp/plex.tar.gz --directory=/var/lib/plexmediaserver Library
  there sudo chmod 644 /tmp/plex.tar.gz
  scp -q "${OPTIONS[@]}" "$SOURCE:/tmp/plex.tar.gz" /target/
  tar --extract --gzip --file=/target/plex.tar.gz --directory=/target
  chown -R 1000:1000 /target/Library
  sync -f /target
}

main "$@"
