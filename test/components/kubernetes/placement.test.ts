import {
  onGpuNodes,
  place,
  placementLabels,
  type Placement,
} from "../../../components/kubernetes/placement";

/** A label's requirement, and the toleration of the taint of the same name. */
const label = (key: string, value: string) => ({ key, operator: "In", values: [value] });
const taint = (key: string, value: string) => ({
  key,
  value,
  operator: "Equal",
  effect: "NoSchedule",
});

const storage = ["node.longhorn.io/storage", "enabled"] as const;
const gpu = ["gpu", "true"] as const;

const leavesALostNode = (tolerationSeconds: number) =>
  ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"].map((key) => ({
    key,
    operator: "Exists",
    effect: "NoExecute",
    tolerationSeconds,
  }));

const prefersThePrimary = {
  preferredDuringSchedulingIgnoredDuringExecution: [
    {
      weight: 100,
      preference: { matchExpressions: [label("node.longhorn.io/primary", "true")] },
    },
  ],
};

it.each<[Placement["nodes"], (readonly [string, string])[], object]>([
  ["storage", [storage], prefersThePrimary],
  ["gpu", [gpu], {}],
  ["gpu-and-storage", [gpu, storage], {}],
])("%s: enters only such nodes, and leaves a lost one after 30 seconds", (nodes, kinds, more) => {
  expect(place({ nodes })).toEqual({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: kinds.map((kind) => label(...kind)) }],
        },
        ...more,
      },
    },
    tolerations: [...kinds.map((kind) => taint(...kind)), ...leavesALostNode(30)],
    terminationGracePeriodSeconds: 120,
  });
});

it("lets a StatefulSet's pod go at once, because its successor waits for its end", () => {
  const { tolerations, terminationGracePeriodSeconds } = place({
    nodes: "storage",
    stateful: true,
  });
  expect(tolerations).toEqual([taint(...storage), ...leavesALostNode(0)]);
  expect(terminationGracePeriodSeconds).toBe(30);
});

it.each<["gpu" | "gpu-and-storage", (readonly [string, string])[]]>([
  ["gpu", [gpu]],
  ["gpu-and-storage", [gpu, storage]],
])("%s: what serves the node itself stays on it when it is lost", (nodes, taints) => {
  expect(onGpuNodes(nodes)).toEqual({
    nodeSelector: { gpu: "true" },
    tolerations: taints.map((kind) => taint(...kind)),
  });
});

const term = {
  labelSelector: { matchExpressions: [label("streaming-stack", "true")] },
  topologyKey: "kubernetes.io/hostname",
};

describe.each<Placement["nodes"]>(["storage", "gpu", "gpu-and-storage"])("on %s nodes", (nodes) => {
  it.each([
    [
      "preferred",
      { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term }] },
    ],
    ["required", { requiredDuringSchedulingIgnoredDuringExecution: [term] }],
  ] as const)("the streaming stack is near itself: %s", (streaming, podAffinity) => {
    const alone = place({ nodes }) as { affinity: object };
    expect(place({ nodes, streaming })).toEqual({
      ...alone,
      affinity: { ...alone.affinity, podAffinity },
    });
    expect(placementLabels({ nodes, streaming })).toEqual({ "streaming-stack": "true" });
  });

  it("attracts nothing outside the streaming stack", () => {
    expect(placementLabels({ nodes })).toEqual({});
  });
});
