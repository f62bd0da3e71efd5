# shellcheck shell=bash
# What a home cluster has before our stack comes: DNS, storage, MetalLB, an ingress controller; and Nomad.

kube() { inside kubectl "$@"; }

cluster_services() {
  wait_until 90 "the API server" kube get --raw /readyz
  inside mkdir -p /lab/crds
  cp "$LAB_CRDS"/*.yaml "$LAB_WORLD/crds/"
  kube apply --server-side -f /lab/crds
  kube wait --for=condition=Established --timeout=30s -f /lab/crds
  # The pool is refused until the definitions are served.
  wait_until 30 "the manifests to be accepted" kube apply --server-side -f /lab/machine/manifests
  wait_until 60 "the node" kube wait --for=condition=Ready --timeout=1s node/k3s-w1
  # What Intel's device plugin would announce, had the machine a GPU.
  kube patch node k3s-w1 --subresource=status --type=merge --patch '{"status": {"capacity": {"gpu.intel.com/i915": "2"}}}'
  kube wait --for=condition=Available --timeout=120s --all-namespaces --all deployment
}

# A client whose Docker driver is healthy; this machine's Node reads the answer.
nomad_ready() {
  curl -sf "http://$LAB_NOMAD:4646/v1/nodes" | node -e '
    const [node] = JSON.parse(require("fs").readFileSync(0, "utf8"));
    process.exit(node?.Status === "ready" && node.Drivers.docker?.Healthy ? 0 : 1)'
}

wait_for_nomad() { wait_until 90 "a Nomad client with Docker" nomad_ready; }

# An empty bucket, to which a database can be replicated.
object_store() {
  wait_until 60 "the object store" curl --silent --fail --output /dev/null "$LAB_STORE/minio/health/ready"
  "$LAB_BIN/mc" mb --quiet --ignore-existing "LAB/$LAB_STORE_BUCKET" >/dev/null
}
