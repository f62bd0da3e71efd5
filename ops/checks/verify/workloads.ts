/** What holds for every tier of the k3s stack: workloads, pods, Services and hosts are as planned. */
import { reasonOf } from "../ask";
import { absent, judged, type Check, type Finding } from "../check";
import {
  expectedObjects,
  holds,
  workloadName,
  type Expected,
  type ExpectedWorkload,
} from "../expected";
import {
  addressOf,
  isTrue,
  type ContainerSpec,
  type EndpointSlice,
  type KubeIngress,
  type KubePod,
  type KubeWorkload,
} from "../kubernetes";
import { takeBack } from "../stack";
import { configOf, type Answer, type Items, type World } from "../world";
import { identities, tierOf, type Tier } from "./apps";

interface InNamespace {
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** Objects of a kind in the stack's own namespace. */
export async function own<T extends InNamespace>(world: World, plural: string): Promise<T[]> {
  const { namespace } = await configOf(world, "k3s");
  const { items } = await world.kube<Items<T>>(plural, "--all-namespaces");
  return items.filter(({ metadata }) => metadata.namespace === namespace.name);
}

/** The pods that a workload's selector finds. */
export function podsOf({ metadata }: ExpectedWorkload, pods: readonly KubePod[]): KubePod[] {
  return pods.filter(
    (pod) => pod.metadata.labels?.["app.kubernetes.io/instance"] === metadata.name,
  );
}

const of = (tier: Tier, { workloads }: Expected) =>
  workloads.filter(({ metadata }) => tierOf(metadata.name) === tier);

function workloads(tier: Tier): Check {
  return {
    id: `${tier}/workloads`,
    meaning: "every app's workload is there, with its replicas, the pinned images and its probes",
    look: "kubectl get deployments,statefulsets,daemonsets --output wide",
    needs: ["cluster/reachable", "config/plans", "foundation/up"],
    run: async (world) => {
      const expected = of(tier, await expectedObjects(world));
      if (expected.length === 0) return absent;
      const found = await Promise.all(
        ["deployments", "statefulsets", "daemonsets"].map((kind) => own<KubeWorkload>(world, kind)),
      );
      return judged(
        expected.flatMap((each) => differences(world.stack, each, found.flat())),
        expected.map(({ metadata }) => metadata.name).join(", "),
      );
    },
  };
}

function differences(
  stack: string,
  expected: ExpectedWorkload,
  all: readonly KubeWorkload[],
): Finding[] {
  const about = workloadName(expected);
  const found = all.find((each) => workloadName(each) === about);
  if (!found) {
    const fix = `pulumi up --refresh --stack ${stack}`;
    return [{ about, found: "no such workload", expected: "the planned one", fix }];
  }
  const findings: Finding[] = [];
  const { replicas } = expected;
  if (expected.kind !== "DaemonSet" && (found.spec.replicas ?? 1) !== replicas)
    findings.push({
      about,
      found: `${String(found.spec.replicas ?? 1)} replicas`,
      expected: replicas.toString(),
      fix: `kubectl scale ${about} --replicas=${replicas.toString()}`,
    });
  const running = containersOf(found.spec.template.spec);
  for (const { name, image } of containersOf(expected.pod)) {
    const other = running.find((each) => each.name === name)?.image ?? "no such container";
    if (other !== image)
      findings.push({
        about: `${about}, container ${name}`,
        found: other,
        expected: image,
        fix: takeBack(stack),
      });
  }
  return [...findings, ...changes(expected, running, stack)];
}

/** What of the planned containers was changed that keeps an app whole: its probes, and what it may not write to. */
function changes(
  { kind, metadata, pod }: ExpectedWorkload,
  running: readonly ContainerSpec[],
  stack: string,
): Finding[] {
  const fix = takeBack(stack);
  return containersOf(pod).flatMap((planned) => {
    const found = running.find(({ name }) => name === planned.name);
    // That there is none is said above.
    if (!found) return [];
    const about = `${workloadName({ kind, metadata })}, container ${planned.name}`;
    const probed = probes
      .filter((probe) => planned[probe] && !holds(found[probe], planned[probe]))
      .map((probe) => ({
        about,
        found: found[probe] ? `another ${probe}` : `no ${probe}`,
        expected: "the planned one",
        fix,
      }));
    const mounted = (planned.volumeMounts ?? []).flatMap(({ mountPath, readOnly = false }) => {
      const mount = found.volumeMounts?.find((each) => each.mountPath === mountPath);
      if (mount && (mount.readOnly ?? false) === readOnly) return [];
      const words = (only: boolean) => (only ? "read-only" : "writable");
      const is = mount ? words(mount.readOnly ?? false) : "not mounted";
      return [{ about, found: `${mountPath} is ${is}`, expected: words(readOnly), fix }];
    });
    return [...probed, ...mounted];
  });
}

const probes = ["startupProbe", "readinessProbe", "livenessProbe"] as const;

export function containersOf({ containers, initContainers = [] }: ExpectedWorkload["pod"]) {
  return [...initContainers, ...containers];
}

function pods(tier: Tier): Check {
  return {
    id: `${tier}/pods`,
    meaning: "every pod is ready",
    look: "kubectl get pods --output wide",
    needs: [`${tier}/workloads`],
    run: async (world) => {
      const expected = of(tier, await expectedObjects(world));
      if (expected.length === 0) return absent;
      const all = await own<KubePod>(world, "pods");
      const findings = expected.flatMap((each): Finding[] => {
        const { ready, wanted, unready } = readinessOf(each, all);
        if (ready >= wanted) return [];
        const [pod] = unready;
        const what = trouble(pod);
        const fix = pod
          ? `kubectl describe pod ${pod.metadata.name}; kubectl logs ${pod.metadata.name} --all-containers --tail 20`
          : `kubectl describe ${workloadName(each)}`;
        return [{ about: workloadName(each), found: what, expected: "a ready pod", fix }];
      });
      return judged(findings, `${expected.length.toString()} apps`);
    },
  };
}

export interface Readiness {
  /** Pods that are ready, and how many ought to be. */
  readonly ready: number;
  readonly wanted: number;
  readonly unready: readonly KubePod[];
}

/** How many of a workload's pods are ready; of a DaemonSet's, one has to be. */
export function readinessOf(workload: ExpectedWorkload, all: readonly KubePod[]): Readiness {
  const own = podsOf(workload, all);
  const unready = own.filter(({ status }) => !isTrue(status.conditions, "Ready"));
  const wanted = workload.kind === "DaemonSet" ? 1 : workload.replicas;
  return { ready: own.length - unready.length, wanted, unready };
}

/** Why a pod is not ready, in the words of whatever holds it up. */
export function trouble(pod: KubePod | undefined): string {
  if (!pod) return "no pod";
  const { status, spec } = pod;
  const unschedulable = status.conditions?.find(
    ({ type, status }) => type === "PodScheduled" && status === "False",
  );
  if (unschedulable) return unschedulable.message ?? "no node for it";
  const statuses = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  for (const { name, state, ready } of statuses) {
    if (ready || state?.terminated?.exitCode === 0) continue;
    const { reason, message } = state?.waiting ?? {};
    const image = containersOf(spec).find((each) => each.name === name)?.image ?? "";
    if (reason) return `${name} (${image}): ${[reason, message].filter(Boolean).join(", ")}`;
    return `${name} is not ready`;
  }
  return status.phase;
}

function endpoints(tier: Tier): Check {
  return {
    id: `${tier}/endpoints`,
    meaning: "every Service leads to a ready pod of its own app",
    look: "kubectl get endpointslices",
    needs: [`${tier}/pods`],
    run: async (world) => {
      const { services } = await expectedObjects(world);
      const expected = services.filter(({ spec }) => tierOf(appOf(spec.selector)) === tier);
      if (expected.length === 0) return absent;
      const slices = await own<EndpointSlice>(world, "endpointslices");
      const pods = await own<KubePod>(world, "pods");
      const findings = expected.flatMap(({ metadata, spec }): Finding[] => {
        const names = pods
          .filter(({ metadata }) => isSelected(metadata.labels, spec.selector))
          .map(({ metadata }) => metadata.name);
        const ready = readyPods(slices, metadata.name);
        const strangers = ready.filter((pod) => !names.includes(pod));
        if (ready.length > 0 && strangers.length === 0) return [];
        return [
          {
            about: `service/${metadata.name}`,
            found:
              ready.length > 0 ? `it leads to ${strangers.join(", ")}` : "no ready pod behind it",
            expected: names.join(", ") || `a pod of ${appOf(spec.selector)}`,
            fix: takeBack(world.stack),
          },
        ];
      });
      return judged(findings, expected.map(({ metadata }) => metadata.name).join(", "));
    },
  };
}

function appOf(selector: Readonly<Record<string, string>> | undefined): string {
  return selector?.["app.kubernetes.io/name"] ?? "";
}

function isSelected(
  labels: Readonly<Record<string, string>> | undefined,
  selector: Readonly<Record<string, string>> | undefined,
): boolean {
  return Object.entries(selector ?? {}).every(([key, value]) => labels?.[key] === value);
}

function readyPods(slices: readonly EndpointSlice[], service: string): string[] {
  return slices
    .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === service)
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ targetRef }) => targetRef?.name ?? []);
}

function ingress(tier: Tier): Check {
  return {
    id: `${tier}/ingress`,
    meaning: "every host name leads through the ingress controller to its app",
    look: "kubectl get ingresses",
    needs: [`${tier}/endpoints`, "cluster/ingress"],
    run: async (world) => {
      const { ingresses } = await expectedObjects(world);
      const expected = ingresses.filter(({ metadata }) => tierOf(metadata.name) === tier);
      if (expected.length === 0) return absent;
      const found = await own<KubeIngress>(world, "ingresses");
      const findings = await Promise.all(expected.map((each) => askHost(world, each, found)));
      return judged(findings.flat(), expected.map(hostOf).join(", "));
    },
  };
}

const hostOf = ({ spec }: KubeIngress) => spec.rules?.[0]?.host ?? "";

async function askHost(
  world: World,
  expected: KubeIngress,
  all: readonly KubeIngress[],
): Promise<Finding[]> {
  const { name } = expected.metadata;
  const about = `ingress/${name}`;
  const found = all.find(({ metadata }) => metadata.name === name);
  const drift = { about, fix: takeBack(world.stack) };
  const host = hostOf(expected);
  if (!found) return [{ ...drift, found: "no such ingress", expected: host }];
  const kind = (each: KubeIngress) => `${hostOf(each)}, class ${each.spec.ingressClassName ?? ""}`;
  if (kind(found) !== kind(expected))
    return [{ ...drift, found: kind(found), expected: kind(expected) }];
  const address = addressOf(found);
  if (address === undefined) {
    const fix =
      "let the controller publish its address: Traefik, providers.kubernetesIngress.ingressEndpoint";
    return [{ about, found: "no address", expected: "the controller's", fix }];
  }
  const scheme = expected.spec.tls ? "https" : "http";
  return askIdentity(world, name, `${scheme}://${address}`, host);
}

/** Whether who answers there is the app. */
export async function askIdentity(
  world: World,
  app: string,
  base: string,
  host?: string,
): Promise<Finding[]> {
  const identity = identities[app];
  if (!identity) return [];
  const url = `${base}${identity.path}`;
  const about = host === undefined ? url : `${host} at ${url}`;
  const look = `curl --include ${host === undefined ? "" : `--header 'Host: ${host}' `}${url}`;
  try {
    const answer = await world.http(url, host === undefined ? {} : { host });
    if (identity.isIt(answer)) return [];
    return [{ about, found: said(answer), expected: `the answer of ${app}`, fix: `see ${look}` }];
  } catch (error) {
    const found = reasonOf(error);
    return [{ about, found, expected: `the answer of ${app}`, fix: `see ${look}` }];
  }
}

function said({ status, body }: Answer): string {
  const text = body.replaceAll(/\s+/g, " ").trim().slice(0, 60);
  return `status ${status.toString()}${text ? ` (${text})` : ""}`;
}

/** The checks that every tier has, and for the apps that have them those of their addresses. */
export function tierChecks(tier: Tier): Check[] {
  const common = [workloads(tier), pods(tier), endpoints(tier)];
  return tier === "foundation" ? common.slice(0, 2) : [...common, ingress(tier)];
}
