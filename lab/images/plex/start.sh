#!/bin/sh
# What DOCKER_MODS makes of the image.
case ${DOCKER_MODS:-} in
  *clusterplex_worker_dockermod*) exec python3 -u /plex/worker.py ;;
  *) exec python3 -u /plex/plex.py ;;
esac
