/** A graph as the policies look at it: pods, containers, mounts, claims. */
import { autoName } from "../recorder";
import { idOf, type Fault, type Graph, type Resource } from "./finding";
import { among, at, fields, isHidden, list, shown, text, unknownMark } from "./value";

/** The pods of one workload. */
export interface Pod {
  readonly workload: Resource;
  readonly kind: string;
  readonly namespace: unknown;
  readonly labels: unknown;
  readonly spec: unknown;
}

export interface Container {
  readonly pod: Pod;
  readonly name: string;
  readonly spec: unknown;
  /** False for steps that end before the pod serves. */
  readonly serves: boolean;
}

export interface Mount {
  readonly container: Container;
  readonly path: unknown;
  readonly spec: unknown;
  /** The volume of that name; hidden where the list of volumes is, undefined where it is missing. */
  readonly volume: unknown;
}

/** The resources of a Kubernetes kind. */
export function ofKind(graph: Graph, ...kinds: readonly string[]): Resource[] {
  return graph.filter(
    ({ type }) => type.startsWith("kubernetes:") && kinds.includes(type.split(":").at(-1) ?? ""),
  );
}

const templates: Readonly<Record<string, readonly string[]>> = {
  Deployment: ["spec", "template"],
  StatefulSet: ["spec", "template"],
  DaemonSet: ["spec", "template"],
  Job: ["spec", "template"],
  CronJob: ["spec", "jobTemplate", "spec", "template"],
  Pod: [],
};

export function pods(graph: Graph): Pod[] {
  return Object.entries(templates).flatMap(([kind, path]) =>
    ofKind(graph, kind).map((workload) => {
      const template = at(workload.inputs, ...path);
      return {
        workload,
        kind,
        namespace: at(workload.inputs, "metadata", "namespace"),
        labels: at(template, "metadata", "labels"),
        spec: at(template, "spec"),
      };
    }),
  );
}

export function containers(pod: Pod): Container[] {
  const named = (spec: unknown, serves: boolean): Container => ({
    pod,
    name: shown(at(spec, "name")),
    spec,
    serves,
  });
  return [
    ...list(at(pod.spec, "initContainers")).map((spec) =>
      named(spec, at(spec, "restartPolicy") === "Always"),
    ),
    ...list(at(pod.spec, "containers")).map((spec) => named(spec, true)),
  ];
}

export function allContainers(graph: Graph): Container[] {
  return pods(graph).flatMap(containers);
}

/** The pod's volumes, with those that a StatefulSet's claim templates add. */
export function volumes(pod: Pod): readonly unknown[] {
  const templates = list(at(pod.workload.inputs, "spec", "volumeClaimTemplates"));
  return [
    ...list(at(pod.spec, "volumes")),
    ...templates.map((template) => ({ name: at(template, "metadata", "name") })),
  ];
}

export function mounts(container: Container): Mount[] {
  const all = volumes(container.pod);
  return list(at(container.spec, "volumeMounts")).map((spec) => {
    const name = at(spec, "name");
    const volume = isHidden(name) ? name : all.find((each) => at(each, "name") === name);
    const unread = all.some((each) => isHidden(at(each, "name"))) ? unknownMark : undefined;
    return { container, path: at(spec, "mountPath"), spec, volume: volume ?? unread };
  });
}

export function mountsOf(pod: Pod): Mount[] {
  return containers(pod).flatMap(mounts);
}

/** Name of a claim that a volume stands for. */
export function claimNameOf(volume: unknown): unknown {
  return at(volume, "persistentVolumeClaim", "claimName");
}

/** Variables of a container by name, where they can be read. */
export function variable(container: Container, name: string): unknown {
  const entry = list(at(container.spec, "env")).find((each) => at(each, "name") === name);
  return at(entry, "value");
}

/** A name that is unique in the cluster; hidden if either part is. */
export function qualified(namespace: unknown, name: unknown): string {
  if (isHidden(namespace) || isHidden(name)) return unknownMark;
  return `${text(namespace) ?? "default"}/${shown(name)}`;
}

/** Name of an object; where it is given none, the one that a recording has for it. */
export function nameOf({ inputs, name }: Resource): unknown {
  return at(inputs, "metadata", "name") ?? autoName(name);
}

/** Namespace and name of an object. */
export function objectName(resource: Resource): string {
  return qualified(at(resource.inputs, "metadata", "namespace"), nameOf(resource));
}

/** Finds an object by namespace and name. */
export function lookup(resources: readonly Resource[]): (name: string) => Resource | undefined {
  const known = new Map(resources.map((resource) => [objectName(resource), resource]));
  return (name) => (isHidden(name) ? undefined : known.get(name));
}

/** Whether an object of that namespace and name may exist. */
export function exists(resources: readonly Resource[], others: readonly string[] = []) {
  return among([...resources.map(objectName), ...others]);
}

/** The claims of the graph that a pod mounts, once each. */
export function claimsOf(graph: Graph, pod: Pod): Resource[] {
  const find = lookup(ofKind(graph, "PersistentVolumeClaim"));
  const found = volumes(pod).map((volume) => find(qualified(pod.namespace, claimNameOf(volume))));
  return [...new Set(found)].filter((claim) => claim !== undefined);
}

/** Whether a pod mounts any claim, in the graph or not. */
export function mountsAnyClaim(pod: Pod): boolean {
  return volumes(pod).some((volume) => claimNameOf(volume) !== undefined && !isHidden(volume));
}

/** Only one node mounts it at a time. */
export function isOneNodes(claim: Resource): boolean {
  return list(at(claim.inputs, "spec", "accessModes")).some((mode) =>
    ["ReadWriteOnce", "ReadWriteOncePod"].includes(text(mode) ?? ""),
  );
}

/** Plex itself, by the port that only it serves. */
export function isPlex(pod: Pod): boolean {
  return containers(pod).some(({ spec }) =>
    list(at(spec, "ports")).some((port) => at(port, "containerPort") === 32400),
  );
}

/** A worker of ClusterPlex, by the mod that makes one of Plex's image. */
export function isWorker(pod: Pod): boolean {
  return containers(pod).some((container) =>
    text(variable(container, "DOCKER_MODS"))?.includes("clusterplex_worker"),
  );
}

/** A fault of a container, which its message begins with. */
export function inContainer({ pod, name }: Container, message: string, fix: string): Fault {
  return { resource: idOf(pod.workload), message: `container ${name}: ${message}`, fix };
}

export function annotations(resource: Resource): Readonly<Record<string, unknown>> {
  return fields(at(resource.inputs, "metadata", "annotations"));
}
