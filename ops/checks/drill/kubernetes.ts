/** A drill of the k3s stack: a node is cordoned and its pods are evicted, as for its maintenance. */
import { nodesOf } from "../doctor/cluster";
import { announced, devicesOf, words } from "../doctor/nodes";
import { absent, judged, runChecks, selectChecks, type Finding } from "../check";
import { expectedObjects, workloadName, type ExpectedWorkload } from "../expected";
import {
  canMount,
  isTrue,
  obstacle,
  type KubeClaim,
  type KubeNode,
  type KubePod,
  type KubeVolume,
} from "../kubernetes";
import type { Items, World } from "../world";
import { own, podsOf, trouble } from "../verify/workloads";
import type { Platform, Target } from "./platform";

/** What of the stack can move at all: a DaemonSet's pods belong to their node. */
async function movable(world: World): Promise<ExpectedWorkload[]> {
  const { workloads } = await expectedObjects(world);
  return workloads.filter(({ kind, replicas }) => kind !== "DaemonSet" && replicas > 0);
}

/** A node of the stack's, and what keeps it from being drained. */
interface Site {
  readonly node: KubeNode;
  readonly apps: readonly ExpectedWorkload[];
  readonly elsewhere: readonly string[];
  readonly findings: readonly Finding[];
}

async function sites(world: World): Promise<Site[]> {
  const [workloads, nodes, pods, volumes] = await Promise.all([
    movable(world),
    nodesOf(world),
    own<KubePod>(world, "pods"),
    volumesOf(world),
  ]);
  const strays = (await strangers(world)).filter(isUnowned);
  return nodes.flatMap((node): Site[] => {
    const { name } = node.metadata;
    const apps = workloads.filter((each) =>
      podsOf(each, pods).some(({ spec }) => spec.nodeName === name),
    );
    if (apps.length === 0) return [];
    const others = nodes.filter((each) => each.metadata.name !== name);
    const ways = apps.map((app) => ({
      app,
      to: others.map((other) => ({
        name: other.metadata.name,
        not: refusal(app, other, volumes(app)),
      })),
    }));
    const stuck = ways.filter(({ to }) => to.every(({ not }) => not !== undefined));
    const findings = [
      ...alone(name, stuck),
      ...strays
        .filter(({ spec }) => spec.nodeName === name)
        .map(({ metadata }) => ({
          about: name,
          found: `the pod ${metadata.namespace ?? ""}/${metadata.name}, which nothing would start again`,
          expected: "pods that have an owner",
          fix: `let it end (a move that runs has such a pod), or: kubectl delete pod ${metadata.name} --namespace ${metadata.namespace ?? ""}`,
        })),
    ];
    const elsewhere = ways.flatMap(({ to }) =>
      to.flatMap(({ name, not }) => (not === undefined ? [name] : [])),
    );
    return [{ node, apps, elsewhere: [...new Set(elsewhere)].sort(), findings }];
  });
}

/** The volumes behind the claims that a workload's pods mount. */
async function volumesOf(world: World): Promise<(of: ExpectedWorkload) => KubeVolume[]> {
  const [claims, volumes] = await Promise.all([
    own<KubeClaim>(world, "persistentvolumeclaims"),
    world.kube<Items<KubeVolume>>("persistentvolumes"),
  ]);
  return ({ pod }) =>
    (pod.volumes ?? []).flatMap(({ persistentVolumeClaim }) => {
      const claim = claims.find(
        ({ metadata }) => metadata.name === persistentVolumeClaim?.claimName,
      );
      const volume = volumes.items.find(({ metadata }) => metadata.name === claim?.spec.volumeName);
      return volume ? [volume] : [];
    });
}

/** Why another node does not take an app over; nothing if it does. */
function refusal(
  app: ExpectedWorkload,
  node: KubeNode,
  volumes: readonly KubeVolume[],
): string | undefined {
  const obstacleThere = obstacle(app.pod, node);
  if (obstacleThere) return words(obstacleThere);
  const missing = devicesOf(app).find(([resource, count]) => announced(node, resource) < count);
  if (missing) return `announces no ${missing[0]}`;
  return volumes.every((volume) => canMount(volume, node))
    ? undefined
    : "can't mount its volume, which lies on the node's own disk";
}

interface Way {
  readonly app: ExpectedWorkload;
  readonly to: readonly { readonly name: string; readonly not: string | undefined }[];
}

/** One finding for all that can run nowhere else for the same reason. */
function alone(node: string, stuck: readonly Way[]): Finding[] {
  const byReason = new Map<string, string[]>();
  for (const { app, to } of stuck) {
    const reasons = to.map(({ name, not }) => `${name} ${not ?? ""}`);
    const reason = reasons.join("; ") || "there is no other node";
    byReason.set(reason, [...(byReason.get(reason) ?? []), app.metadata.name]);
  }
  return [...byReason].map(([reason, apps]) => ({
    about: node,
    found: `only it can run ${apps.join(", ")} (${reason})`,
    expected: "another node that takes them over",
    fix: "a drill needs a second node for them: docs/cluster-settings.md#nodes",
  }));
}

/** Pods that are not the stack's, of any namespace, as long as they have not ended. */
async function strangers(world: World): Promise<KubePod[]> {
  const { workloads } = await expectedObjects(world);
  const pods = await own<KubePod>(world, "pods");
  const known = new Set(
    workloads.flatMap((each) => podsOf(each, pods)).map(({ metadata }) => metadata.name),
  );
  const { items } = await world.kube<Items<KubePod>>("pods", "--all-namespaces");
  return items.filter(
    ({ metadata, status }) =>
      !known.has(metadata.name) && ["Pending", "Running"].includes(status.phase),
  );
}

/** One that an eviction would end for ever, at which a drain stops. */
function isUnowned({ metadata: { ownerReferences, annotations } }: KubePod): boolean {
  return !ownerReferences?.length && annotations?.["kubernetes.io/config.mirror"] === undefined;
}

/** One that a drain evicts, and something starts again elsewhere. */
function isMovable({ metadata: { ownerReferences = [] } }: KubePod): boolean {
  return ownerReferences.some(({ kind }) => kind !== "DaemonSet" && kind !== "Node");
}

async function choose(world: World, wanted?: string): Promise<Target | readonly Finding[]> {
  const all = await sites(world);
  const names = all.map(({ node }) => node.metadata.name);
  if (wanted !== undefined && !names.includes(wanted)) {
    const found = `${wanted}, where nothing of the stack runs`;
    const fix = `npm run verify -- ${world.stack} --drill --node ${names[0] ?? "NODE"}`;
    return [{ about: "--node", found, expected: `one of ${names.join(", ")}`, fix }];
  }
  const asked = all.filter(({ node }) => wanted === undefined || node.metadata.name === wanted);
  // The one whose loss would be felt most; the GPU node has no stand-in, and is never among them.
  const [site] = asked
    .filter(({ findings }) => findings.length === 0)
    .sort((a, b) => b.apps.length - a.apps.length);
  if (!site) return asked.flatMap(({ findings }) => findings);
  const { name } = site.node.metadata;
  return {
    node: name,
    id: name,
    closed: site.node.spec.unschedulable ?? false,
    apps: site.apps.map(({ metadata }) => metadata.name),
    elsewhere: site.elsewhere,
    others: (await strangers(world))
      .filter((pod) => pod.spec.nodeName === name && isMovable(pod))
      .map(({ metadata }) => `${metadata.namespace ?? ""}/${metadata.name}`),
    stopSeconds: Math.max(...site.apps.map(({ pod }) => pod.terminationGracePeriodSeconds ?? 30)),
    counts: {},
  };
}

/** The checks that follow the links from every reader, and what they need. */
const linked = "integration";

export const kubernetes: Platform = {
  program: "kubectl",
  words: {
    look: "kubectl get pods --all-namespaces --output wide",
    stays:
      "what holds it: kubectl get poddisruptionbudgets --all-namespaces; Longhorn keeps a node with the last healthy replica: wait for its rebuild",
    away: "kubectl describe pods; kubectl get events --sort-by .lastTimestamp",
  },
  choose,
  drain: ({ id }, seconds) => [
    ...["drain", id, "--ignore-daemonsets", "--delete-emptydir-data"],
    `--timeout=${seconds.toString()}s`,
  ],
  release: ({ id, closed }) => (closed ? undefined : ["uncordon", id]),
  standings: async (world, { node, apps }) => {
    const workloads = (await movable(world)).filter(({ metadata }) => apps.includes(metadata.name));
    const pods = await own<KubePod>(world, "pods");
    return workloads.map((workload) => {
      const all = podsOf(workload, pods);
      // One that is being ended gets no requests any more, whatever it says.
      const ready = all.filter(
        ({ metadata, status }) =>
          metadata.deletionTimestamp === undefined && isTrue(status.conditions, "Ready"),
      );
      const [late] = all.filter((pod) => !ready.includes(pod));
      const on = [...new Set(all.flatMap(({ spec }) => spec.nodeName ?? []))];
      return {
        app: workload.metadata.name,
        ready: ready.length >= workload.replicas,
        left: !on.includes(node),
        on,
        trouble: late ? trouble(late) : `no pod of ${workloadName(workload)}`,
      };
    });
  },
  isClosed: async (world, { node }) =>
    (await nodesOf(world)).find(({ metadata }) => metadata.name === node)?.spec.unschedulable ??
    false,
  proof: {
    id: "drill/links",
    meaning: "from there, too, the links of the shared library lead to their files",
    look: async (world, _, passive) => {
      const results = await runChecks(selectChecks(passive, linked), world);
      const links = results.find(({ check }) => check.id === "integration/links");
      if (links?.status === "absent") return absent;
      const failed = results.filter(({ status }) => status === "failure");
      return judged(
        failed.flatMap(({ check, findings }) =>
          findings.map((each) => ({ ...each, about: each.about ?? check.id })),
        ),
        links?.said,
      );
    },
  },
};
