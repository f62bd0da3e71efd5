#!/usr/bin/env bash
# The simulation: on the lab's machine, a second control plane whose five nodes exist only in its API. The
# scheduler and the controllers are the real ones; pods are only said to run. There, placement is proved.
#
# usage: npm run lab -- simulate start         a fresh one; look at it with
#                                              kubectl --kubeconfig <world>/simulation.kubeconfig get pods -A -o wide
#        npm run lab -- simulate lose NODE     cut a node's power
#        npm run lab -- simulate return NODE   and switch it on again
#        npm run lab -- simulate stop          stop it and remove what it wrote
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB=$(dirname "$HERE")
LAB_CACHE=${LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/media-homelab}
LAB_WORLD=$LAB_CACHE/world
# shellcheck source=lab/lib/steps.sh
source "$LAB/lib/steps.sh"
# shellcheck source=lab/lib/machine.sh
source "$LAB/lib/machine.sh"

supervise() { inside supervisorctl -c /lab/machine/supervisord.conf "$@"; }
kube() { inside kubectl --kubeconfig /lab/simulation.kubeconfig "$@"; }

start() {
  stop
  mkdir -p "$LAB_WORLD/simulation"
  # The tokens and certificates are the lab's own.
  sed 's/:6443/:7443/' "$LAB_WORLD/kubeconfig" >"$LAB_WORLD/simulation.kubeconfig"
  # Each restarts until what it needs is there, which the first complaint says nothing about.
  supervise start simulation:* || true
  wait_until 60 "the simulated API server" kube get --raw /readyz
  kube create --filename - <"$HERE/nodes.yaml"
  supervise start node:*
  kube wait --for=condition=Ready --timeout=60s node --all
  # Pods without it are refused.
  wait_until 30 "the controllers" kube get serviceaccount default
}

# The taints of a lost node outlast its return by a few seconds, and as long as they last, pods are sent away again.
untainted() { [[ $(kube get node "$1" --output=jsonpath='{.spec.taints[*].key}') != *node.kubernetes.io/* ]]; }

# A kubelet says again that its pods are ready, which the controllers had denied; kwok says it once only.
return_node() {
  local node=$1 namespace name deleted
  supervise start "node:$node"
  # A lease that another process held is taken over when it has run out.
  kube wait --for=condition=Ready --timeout=90s "node/$node"
  wait_until 30 "$node to lose the taints of a lost node" untainted "$node"
  kube get pods --all-namespaces --field-selector="spec.nodeName=$node" \
    --output=jsonpath='{range .items[*]}{.metadata.namespace} {.metadata.name} {.metadata.deletionTimestamp}{"\n"}{end}' |
    while read -r namespace name deleted; do
      [[ -z $deleted ]] || continue
      kube patch pod "$name" --namespace="$namespace" --subresource=status \
        --patch='{"status": {"conditions": [{"type": "Ready", "status": "True"}]}}' </dev/null
    done
}

stop() {
  supervise stop node:* simulation:*
  rm -rf "$LAB_WORLD/simulation" "$LAB_WORLD/simulation.kubeconfig"
}

main() {
  running || die "the lab does not run" "start it: npm run lab -- start"
  case ${1:-} in
    start | stop) "$1" ;;
    lose) supervise stop "node:${2:?name of a node}" ;;
    return) return_node "${2:?name of a node}" ;;
    *) sed -n '2,/^set/p' "$0" | grep '^#' >&2; exit 2 ;;
  esac
}

main "$@" </dev/null
