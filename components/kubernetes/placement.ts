import type { types } from "@pulumi/kubernetes";

type PodSpec = types.input.core.v1.PodSpec;

/** Label and taint of the nodes that hold Longhorn's replicas; one constant, so they can't differ. */
const storage = { key: "node.longhorn.io/storage", value: "enabled" };
const primary = { key: "node.longhorn.io/primary", value: "true" };

/** Seconds after which a pod leaves a lost node. Kubernetes' own 300 would outlast the promised minute. */
const tolerationSeconds = 30;

/** Pods with a Longhorn claim: on a storage node, the primary one if it is up. */
export function onStorageNodes(): Pick<PodSpec, "affinity" | "tolerations"> {
  return {
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [nodesWith(storage)] },
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 100, preference: nodesWith(primary) },
        ],
      },
    },
    tolerations: [
      { ...storage, operator: "Equal", effect: "NoSchedule" },
      lostNode("node.kubernetes.io/not-ready"),
      lostNode("node.kubernetes.io/unreachable"),
    ],
  };
}

function nodesWith({ key, value }: { key: string; value: string }) {
  return { matchExpressions: [{ key, operator: "In", values: [value] }] };
}

function lostNode(key: string) {
  return { key, operator: "Exists", effect: "NoExecute", tolerationSeconds };
}
