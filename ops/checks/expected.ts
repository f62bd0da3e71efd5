/** What a stack ought to consist of: the program's own plan, as the checks look at it. */
import type {
  ContainerSpec,
  KubeClaim,
  KubeIngress,
  KubeService,
  Meta,
  NetworkPolicy,
  PodSpec,
  StorageClass,
} from "./kubernetes";
import type { World } from "./world";

/** An object of the plan. */
interface Planned {
  readonly metadata: Meta;
  /** Found as an earlier stack has left it, and left so. */
  readonly adopted: boolean;
}

export interface ExpectedWorkload extends Planned {
  readonly kind: "Deployment" | "StatefulSet" | "DaemonSet";
  readonly replicas: number;
  readonly pod: PodSpec;
}

export interface Expected {
  readonly workloads: readonly ExpectedWorkload[];
  readonly services: readonly (Planned & KubeService)[];
  readonly ingresses: readonly (Planned & KubeIngress)[];
  readonly networkPolicies: readonly (Planned & NetworkPolicy)[];
  readonly claims: readonly (Planned & KubeClaim)[];
  readonly classes: readonly (Planned & StorageClass)[];
  /** Type and name of what is taken over as found. */
  readonly adopted: readonly { readonly kind: string; readonly metadata: Meta }[];
  /** Kinds of all objects, with their API group. */
  readonly kinds: readonly { readonly kind: string; readonly group: string }[];
}

/** The Kubernetes objects that the program makes of the config. */
export async function expectedObjects(world: World): Promise<Expected> {
  const { resources } = await world.plan();
  const objects = resources.filter(({ custom, type }) => custom && type.startsWith("kubernetes:"));
  const of = <T>(kind: string) =>
    objects
      .filter(({ type, inputs }) => type.endsWith(`:${kind}`) && inputs.metadata !== undefined)
      .map(({ inputs, options }) => ({
        ...(inputs as unknown as T & { readonly metadata: Meta }),
        adopted: options.import !== undefined,
      }));
  const workloads = (["Deployment", "StatefulSet", "DaemonSet"] as const).flatMap((kind) =>
    of<{ spec: { replicas?: number; template: { spec: PodSpec } } }>(kind).map(
      ({ metadata, adopted, spec }) => ({
        kind,
        metadata,
        adopted,
        replicas: spec.replicas ?? 1,
        pod: spec.template.spec,
      }),
    ),
  );
  return {
    workloads,
    services: of<KubeService>("Service"),
    ingresses: of<KubeIngress>("Ingress"),
    networkPolicies: of<NetworkPolicy>("NetworkPolicy"),
    claims: of<KubeClaim>("PersistentVolumeClaim"),
    classes: of<StorageClass>("StorageClass"),
    adopted: objects
      .filter(({ options }) => options.import !== undefined)
      .map(({ type, inputs }) => ({
        kind: type.split(":").at(-1) ?? "",
        metadata: inputs.metadata as Meta,
      })),
    kinds: kindsOf(objects.map(({ type }) => type)),
  };
}

/** Whether all that is planned is found as it is; what the cluster has filled in beside it is no difference. */
export function holds(found: unknown, planned: unknown): boolean {
  if (Array.isArray(planned))
    return (
      Array.isArray(found) &&
      found.length === planned.length &&
      planned.every((each, place) => holds(found[place], each))
    );
  if (typeof planned !== "object" || planned === null) return found === planned;
  if (typeof found !== "object" || found === null) return false;
  const fields = found as Readonly<Record<string, unknown>>;
  return Object.entries(planned).every(([key, value]) => holds(fields[key], value));
}

/** `kubernetes:apps/v1:Deployment` is a Deployment of the group apps. */
function kindsOf(types: readonly string[]): Expected["kinds"] {
  return [...new Set(types)].map((type) => {
    const [, version = "", kind = ""] = type.split(":");
    const group = version.includes("/") ? version.slice(0, version.indexOf("/")) : "";
    return { kind, group: group === "core" ? "" : group };
  });
}

/** How the API calls a kind in its addresses and rules. */
export function pluralOf(kind: string): string {
  const name = kind.toLowerCase();
  if (name.endsWith("s")) return `${name}es`;
  return name.endsWith("y") ? `${name.slice(0, -1)}ies` : `${name}s`;
}

/** `deployment/sonarr`, as kubectl takes it. */
export function workloadName({
  kind,
  metadata,
}: {
  readonly kind: string;
  readonly metadata: Meta;
}): string {
  return `${kind.toLowerCase()}/${metadata.name}`;
}

/** The container that an app's pod is there for; it has the app's own name. */
export function mainContainer({ metadata, pod }: ExpectedWorkload): ContainerSpec | undefined {
  return pod.containers.find(({ name }) => name === metadata.name) ?? pod.containers[0];
}

/** A variable of a container, where the plan shows it. */
export function variableOf({ env = [] }: ContainerSpec, name: string): string | undefined {
  return env.find((each) => each.name === name)?.value;
}
