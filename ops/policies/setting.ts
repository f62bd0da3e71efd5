/** What the policies take for granted about the place that a graph is meant for. */

export interface NodeFacts {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** All of effect NoSchedule. */
  readonly taints: Readonly<Record<string, string>>;
  /** Whether Longhorn's driver runs on it. */
  readonly longhorn: boolean;
}

export interface Setting {
  /** The nodes that have labels or taints of their own. */
  readonly nodes: readonly NodeFacts[];
  /** StorageClasses that exist besides those of the graph. */
  readonly storageClasses: readonly string[];
  /** Claims that exist besides those of the graph, as `namespace/name`. */
  readonly claims: readonly string[];
  /** Nothing in it is to be kept, as in a lab. */
  readonly throwAway: boolean;
}

const storage = { "node.longhorn.io/storage": "enabled" };
const gpu = { gpu: "true" };

/** The cluster that the shipped stack file describes. */
export const shippedSetting: Setting = {
  nodes: [
    {
      name: "k3s-w1",
      labels: { ...storage, "node.longhorn.io/primary": "true" },
      taints: storage,
      longhorn: true,
    },
    { name: "k3s-w2", labels: storage, taints: storage, longhorn: true },
    // An LXC container: it has no iSCSI, which Longhorn's driver needs.
    { name: "k3s-w3", labels: gpu, taints: gpu, longhorn: false },
  ],
  storageClasses: [],
  claims: [],
  throwAway: false,
};
