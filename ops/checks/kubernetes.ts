/** The parts read here of what Kubernetes answers. */

export interface Meta {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly { readonly kind: string }[];
  /** Since when it is being deleted. */
  readonly deletionTimestamp?: string;
}

export interface KubeNode {
  readonly metadata: Meta;
  readonly spec: {
    readonly unschedulable?: boolean;
    readonly taints?: readonly { key: string; value?: string; effect: string }[];
  };
  readonly status: {
    readonly conditions?: readonly Condition[];
    readonly allocatable?: Readonly<Record<string, string>>;
  };
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

export interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
}

interface NodeSelectorTerm {
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly startupProbe?: object;
  readonly readinessProbe?: object;
  readonly livenessProbe?: object;
  readonly resources?: { readonly limits?: Readonly<Record<string, string>> };
  readonly securityContext?: { readonly privileged?: boolean };
  readonly volumeMounts?: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly readOnly?: boolean;
  }[];
}

export interface PodSpec {
  readonly nodeName?: string;
  readonly terminationGracePeriodSeconds?: number;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly affinity?: {
    readonly nodeAffinity?: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: {
        readonly nodeSelectorTerms: readonly NodeSelectorTerm[];
      };
    };
  };
  readonly tolerations?: readonly Toleration[];
  readonly initContainers?: readonly ContainerSpec[];
  readonly containers: readonly ContainerSpec[];
  readonly volumes?: readonly {
    readonly name: string;
    readonly hostPath?: unknown;
    readonly persistentVolumeClaim?: { readonly claimName: string };
  }[];
}

interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly terminated?: { readonly reason?: string; readonly exitCode?: number };
  };
}

export interface KubePod {
  readonly metadata: Meta;
  readonly spec: PodSpec;
  readonly status: {
    readonly phase: string;
    readonly conditions?: readonly Condition[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

/** A Deployment, StatefulSet or DaemonSet. */
export interface KubeWorkload {
  readonly kind: string;
  readonly metadata: Meta;
  readonly spec: { readonly replicas?: number; readonly template: { readonly spec: PodSpec } };
}

export interface KubeService {
  readonly metadata: Meta;
  readonly spec: {
    readonly type?: string;
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly { readonly name?: string; readonly port: number }[];
  };
  readonly status?: { readonly loadBalancer?: LoadBalancer };
}

interface LoadBalancer {
  readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[];
}

export interface KubeIngress {
  readonly metadata: Meta;
  readonly spec: {
    readonly ingressClassName?: string;
    readonly tls?: readonly unknown[];
    readonly rules?: readonly { readonly host?: string }[];
  };
  readonly status?: { readonly loadBalancer?: LoadBalancer };
}

export interface NetworkPolicy {
  readonly metadata: Meta;
  readonly spec: object;
}

export interface EndpointSlice {
  readonly metadata: Meta;
  readonly endpoints?: readonly {
    readonly conditions?: { readonly ready?: boolean };
    readonly targetRef?: { readonly name: string };
  }[];
}

export interface KubeClaim {
  readonly metadata: Meta;
  readonly spec: {
    readonly storageClassName?: string;
    readonly accessModes?: readonly string[];
    readonly volumeName?: string;
    readonly resources: { readonly requests: { readonly storage: string } };
  };
  readonly status?: { readonly phase: string; readonly capacity?: { readonly storage?: string } };
}

export interface KubeVolume {
  readonly metadata: Meta;
  readonly spec: {
    /** Nodes from which it can be mounted; all of them if it names none. */
    readonly nodeAffinity?: {
      readonly required?: { readonly nodeSelectorTerms: readonly NodeSelectorTerm[] };
    };
  };
}

export interface StorageClass {
  readonly metadata: Meta;
  readonly provisioner: string;
  readonly parameters?: Readonly<Record<string, string>>;
}

/** Whether a condition holds. */
export function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return conditions?.find((each) => each.type === type)?.status === "True";
}

/** The address that a load balancer or an ingress controller has given. */
export function addressOf({
  status,
}: {
  readonly status?: { readonly loadBalancer?: LoadBalancer };
}): string | undefined {
  return status?.loadBalancer?.ingress?.[0]?.ip;
}

/** A quantity such as 10Gi as a number. */
export function bytes(quantity: string): number {
  const [, number = "0", unit = ""] = /^([\d.]+)([A-Za-z]*)$/.exec(quantity) ?? [];
  const powers = ["Ki", "Mi", "Gi", "Ti", "Pi"];
  const decimals = ["k", "M", "G", "T", "P"];
  if (powers.includes(unit)) return Number(number) * 1024 ** (powers.indexOf(unit) + 1);
  if (decimals.includes(unit)) return Number(number) * 1000 ** (decimals.indexOf(unit) + 1);
  return Number(number);
}

/** For people: in Gi. */
export function gibibytes(amount: number): string {
  return `${(amount / 1024 ** 3).toFixed(0)}Gi`;
}

/** Why a pod may not run on a node; nothing if it may. Its labels first, since they say which nodes are meant. */
export function obstacle(pod: PodSpec, node: KubeNode): Obstacle | undefined {
  const { labels = {} } = node.metadata;
  const lacking = lackingLabels(pod, labels);
  if (lacking.length > 0) return { kind: "labels", labels: lacking };
  const { taints = [], unschedulable } = node.spec;
  const taint = taints.find(
    (each) => each.effect !== "PreferNoSchedule" && !isTolerated(each, pod.tolerations ?? []),
  );
  // What the cluster sets by itself comes and goes with the node's own state.
  if (unschedulable) return { kind: "cordoned" };
  if (!isTrue(node.status.conditions, "Ready")) return { kind: "not ready" };
  return taint && { kind: "taint", taint: `${taint.key}=${taint.value ?? ""}:${taint.effect}` };
}

export type Obstacle =
  | { readonly kind: "labels"; readonly labels: readonly string[] }
  | { readonly kind: "taint"; readonly taint: string }
  | { readonly kind: "cordoned" }
  | { readonly kind: "not ready" };

/** The labels that a node would need to have; those of the term that lacks the fewest. */
function lackingLabels(pod: PodSpec, labels: Readonly<Record<string, string>>): string[] {
  const terms = requiredTerms(pod).map((term) =>
    term.filter(([key, value]) => labels[key] !== value).map((label) => label.join("=")),
  );
  return terms.sort((a, b) => a.length - b.length)[0] ?? [];
}

/** The labels of each term of which a node must meet one. */
export function requiredTerms({ affinity, nodeSelector = {} }: PodSpec): [string, string][][] {
  const selector = Object.entries(nodeSelector);
  const terms =
    affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const all = terms.map(({ matchExpressions = [] }) => [
    ...matchExpressions.map(({ key, values = [] }): [string, string] => [key, values[0] ?? ""]),
    ...selector,
  ]);
  return all.length > 0 ? all : [selector];
}

/** Whether a volume can be mounted on a node: one that is a folder of a node can't be anywhere else. */
export function canMount({ spec }: KubeVolume, { metadata: { labels = {} } }: KubeNode): boolean {
  const terms = spec.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  return (
    terms.length === 0 ||
    terms.some(({ matchExpressions = [] }) =>
      matchExpressions.every(
        ({ key, operator, values = [] }) => operator !== "In" || values.includes(labels[key] ?? ""),
      ),
    )
  );
}

function isTolerated(
  taint: { key: string; value?: string; effect: string },
  tolerations: readonly Toleration[],
): boolean {
  return tolerations.some(
    ({ key, operator = "Equal", value, effect }) =>
      (key === undefined || key === taint.key) &&
      (operator === "Exists" || value === taint.value) &&
      (effect === undefined || effect === taint.effect),
  );
}
