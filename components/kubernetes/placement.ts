import type { types } from "@pulumi/kubernetes";
import type { Labels } from "./labels";

type PodSpec = types.input.core.v1.PodSpec;
type Toleration = types.input.core.v1.Toleration;

/** Label and taint of the nodes that hold Longhorn's replicas; one constant, so they can't differ. */
const storage = { key: "node.longhorn.io/storage", value: "enabled" };
const primary = { key: "node.longhorn.io/primary", value: "true" };
/** Label and taint of the GPU node. */
const gpu = { key: "gpu", value: "true" };

/** The pods that read Decypharr's files: near it they read from this node instead of over the network. */
const streaming = { key: "streaming-stack", value: "true" };

/**
 * Seconds after which a pod leaves a lost node, and seconds it is given to end. Kubernetes' own 300 for the
 * first would outlast the promised minute. A Deployment's successor starts at once. A StatefulSet's waits until
 * its predecessor is gone, and Longhorn removes that one only when its time to end is over, lost node or not:
 * https://github.com/longhorn/longhorn-manager/blob/master/controller/kubernetes_pod_controller.go
 */
const leaving = {
  deployment: { tolerationSeconds: 30, graceSeconds: 120 },
  statefulSet: { tolerationSeconds: 0, graceSeconds: 30 },
};

/** Which nodes may run a pod, and what pulls it. */
export interface Placement {
  /** `gpu-and-storage` is for a GPU that sits in a storage node. */
  readonly nodes: "storage" | "gpu" | "gpu-and-storage";
  /** Whether the pod belongs to the streaming stack: it should, or must, share a node with the rest of it. */
  readonly streaming?: "preferred" | "required";
  /** Whether a StatefulSet owns the pod. @default a Deployment does */
  readonly stateful?: boolean;
}

type PlacedPod = Pick<PodSpec, "affinity" | "tolerations" | "terminationGracePeriodSeconds">;

/** Affinity and tolerations of a placement, and how fast it can be left. A toleration is given only for what the pod must enter. */
export function place(placement: Placement): PlacedPod {
  const { nodes, streaming: group } = placement;
  const required = {
    gpu: [gpu],
    storage: [storage],
    "gpu-and-storage": [gpu, storage],
  }[nodes];
  const { tolerationSeconds, graceSeconds } =
    leaving[placement.stateful ? "statefulSet" : "deployment"];
  const lost = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"].map((key) => ({
    key,
    operator: "Exists",
    effect: "NoExecute",
    tolerationSeconds,
  }));
  return {
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [nodesWith(...required)],
        },
        ...(nodes === "storage" && {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 100, preference: nodesWith(primary) },
          ],
        }),
      },
      ...(group && { podAffinity: nearTheStack(group) }),
    },
    tolerations: [...required.map(tainted), ...lost],
    terminationGracePeriodSeconds: graceSeconds,
  };
}

/** Labels by which the streaming stack finds itself. */
export function placementLabels({ streaming: group }: Placement): Labels {
  return group ? { [streaming.key]: streaming.value } : {};
}

/** Placement of what serves the GPU node itself, such as its device plugin; it stays on a lost node. */
export function onGpuNodes(
  nodes: Exclude<Placement["nodes"], "storage">,
): Pick<PodSpec, "nodeSelector" | "tolerations"> {
  const taints = nodes === "gpu" ? [gpu] : [gpu, storage];
  return { nodeSelector: { [gpu.key]: gpu.value }, tolerations: taints.map(tainted) };
}

function nearTheStack(group: "preferred" | "required"): types.input.core.v1.PodAffinity {
  const podAffinityTerm = {
    labelSelector: {
      matchExpressions: [{ key: streaming.key, operator: "In", values: [streaming.value] }],
    },
    topologyKey: "kubernetes.io/hostname",
  };
  return group === "required"
    ? { requiredDuringSchedulingIgnoredDuringExecution: [podAffinityTerm] }
    : { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm }] };
}

function nodesWith(...labels: readonly { key: string; value: string }[]) {
  return {
    matchExpressions: labels.map(({ key, value }) => ({ key, operator: "In", values: [value] })),
  };
}

function tainted(taint: { key: string; value: string }): Toleration {
  return { ...taint, operator: "Equal", effect: "NoSchedule" };
}
