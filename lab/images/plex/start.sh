#!/bin/sh
# What DOCKER_MODS makes of the image.
case ${DOCKER_MODS:-} in
  *clusterplex_worker_dockermod*) exec python3 -u /usr/lib/plexmediaserver/worker.py ;;
  *) exec "/usr/lib/plexmediaserver/Plex Media Server" ;;
esac
