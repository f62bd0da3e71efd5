#!/usr/bin/env bash
# The lab: a throw-away Kubernetes, Nomad and Docker machine on which both stacks really come up.
#
# usage: npm run lab                start it, bring both stacks up, leave it running
#        npm run lab -- --once      the same, then take it down again
#        npm run lab -- down        stop it and leave nothing behind
#        npm run lab -- setup       only install what it needs from npm and Debian
#        npm run lab -- start       only start it (what the tests do first)
#        npm run lab -- simulate    a second control plane with nodes that exist only in its API
#        npm run lab -- overseerr-host  the old Overseerr's: see lib/overseerr-host.sh
#        npm run lab -- plex-vm    the old Plex server's host: see lib/plex-vm.sh
#        npm run lab -- env         print the variables that kubectl, nomad and pulumi need
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CHECKOUT=$(dirname "$HERE")
export LAB_CACHE=${LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/media-homelab}
export LAB_WORLD=$LAB_CACHE/world
export LAB_MACHINE=$HERE/machine
set -a
# shellcheck source=lab/lab.env
source "$HERE/lab.env"
LAB_STORE=http://$LAB_NOMAD:9000
set +a
# How mc finds the object store, for people, too.
export MC_CONFIG_DIR=$LAB_WORLD/mc MC_HOST_LAB=http://$LAB_STORE_ACCESS_KEY:$LAB_STORE_SECRET_KEY@${LAB_STORE#http://}
# shellcheck source=lab/lib/steps.sh
source "$HERE/lib/steps.sh"
# shellcheck source=lab/lib/setup.sh
source "$HERE/lib/setup.sh"
# shellcheck source=lab/lib/machine.sh
source "$HERE/lib/machine.sh"
# shellcheck source=lab/lib/images.sh
source "$HERE/lib/images.sh"
# shellcheck source=lab/lib/cluster.sh
source "$HERE/lib/cluster.sh"
# shellcheck source=lab/lib/plex-vm.sh
source "$HERE/lib/plex-vm.sh"
# shellcheck source=lab/lib/overseerr-host.sh
source "$HERE/lib/overseerr-host.sh"
# shellcheck source=lab/lib/stacks.sh
source "$HERE/lib/stacks.sh"

set_up() {
  preflight
  step "npm dependencies" npm_dependencies
  step "Debian packages" debian_packages
}

start() {
  set_up
  build_everything
  step "machine" start_machine
  step "stand-in images" load_images
  step "old Plex server" old_plex_server
  step "old Overseerr" old_overseerr
  step "cluster services" cluster_services
  step "Nomad" wait_for_nomad
  step "object store" object_store
  step "secrets" encrypt_secrets
  write_environment
  forget_unused
}

main() {
  local command=${1:-up}
  mkdir -p "$LAB_CACHE"
  # One lab per machine: its addresses are fixed, so a second start waits for the first.
  exec 9>"$LAB_CACHE/lab.lock"
  flock -n 9 || { note "another start or stop of the lab is running: waiting for it"; flock 9; }
  case $command in
    up)
      start
      run_stacks
      ;;
    --once)
      trap down EXIT
      start
      run_stacks
      ;;
    setup) set_up ;;
    start) start ;;
    down) down ;;
    env) environment ;;
    overseerr-host) overseerr_host "${@:2}" ;;
    plex-vm) plex_vm "${@:2}" ;;
    simulate) bash "$HERE/simulation/simulation.sh" "${@:2}" ;;
    *) sed -n '2,/^set/p' "$0" | grep '^#' >&2; exit 2 ;;
  esac
}

main "$@" </dev/null
