/**
 * Where the plan's pods run, and where they go when a node is lost. The very objects that the program plans are
 * given to a real scheduler and real controllers, on nodes that are simulated: see lab/simulation. What this can't
 * prove is that Longhorn detaches a lost node's volumes in time.
 */
import {
  apply,
  get,
  kubectl,
  loseNode,
  remove,
  returnNode,
  startSimulation,
  stopSimulation,
} from "../../lab/simulation/simulation";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { stringify } from "yaml";
import { labEnvironment } from "../../lab/engine";
import { empty } from "../../ops/checks/drill/drill";
import { kubernetes } from "../../ops/checks/drill/kubernetes";
import type { Target } from "../../ops/checks/drill/platform";
import { liveWorld, type LiveWorld } from "../../ops/checks/live-world";
import { plannedObjects, type PlannedObject } from "../../ops/planned-objects";
import { mergePatch, projectName, stackFileValues } from "../../ops/stack-file";
import { shippedStack } from "../support/stacks";

interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly spec: {
    readonly nodeName?: string;
    readonly containers: readonly {
      readonly resources: { readonly requests?: Readonly<Record<string, string>> };
    }[];
    readonly tolerations: readonly (Partial<Taint> & { readonly operator?: string })[];
    readonly volumes?: readonly { readonly persistentVolumeClaim?: object }[];
  };
  readonly status: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly message?: string;
    }[];
  };
}

interface Workload extends PlannedObject {
  readonly spec: { readonly replicas?: number };
  readonly status?: {
    readonly readyReplicas?: number;
    readonly desiredNumberScheduled?: number;
    readonly numberReady?: number;
  };
}

const kinds = ["Deployment", "StatefulSet", "DaemonSet"];
const streaming = "streaming-stack";

let plan: PlannedObject[];

beforeAll(async () => {
  await startSimulation();
  plan = plannedObjects(await shippedStack("homelab"));
  await apply(plan);
  await everythingRuns(plan);
});
afterAll(stopSimulation);

test("every pod runs where it may", async () => {
  await expectPlaced();
});

test("the streaming stack runs together, on the primary storage node", async () => {
  const group = (await pods()).filter(inStreamingStack);
  expect(group.length).toBeGreaterThan(1);
  expect(nodesOf(group)).toEqual(["k3s-w1"]);
});

test("no pod tolerates a taint of a node where it has no business", async () => {
  const storage = { key: "node.longhorn.io/storage", value: "enabled", effect: "NoSchedule" };
  const gpu = { key: "gpu", value: "true", effect: "NoSchedule" };
  const server = { key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" };
  const all = await pods();
  const tolerating = (taint: Taint) => names(all.filter((pod) => tolerates(pod, taint)));
  expect(tolerating(storage)).toEqual(names(all.filter((pod) => !isGpuWork(pod))));
  expect(tolerating(gpu)).toEqual(names(all.filter(isGpuWork)));
  expect(tolerating(server)).toEqual([]);
});

describe("a drill", () => {
  let folder: string;
  let world: LiveWorld;
  const before = process.env.PATH;

  beforeAll(() => {
    const environment = labEnvironment();
    process.env.PATH = environment.PATH;
    const kubeconfig = path.join(environment.LAB_WORLD ?? "", "simulation.kubeconfig");
    const config = mergePatch(stackFileValues("Pulumi.homelab.yaml"), {
      [`${projectName()}:kubernetes`]: { context: "lab", kubeconfig },
    });
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "drill-"));
    fs.writeFileSync(path.join(folder, "Pulumi.homelab.yaml"), stringify({ config }));
    world = liveWorld("homelab", folder);
  });
  afterAll(() => {
    process.env.PATH = before;
    fs.rmSync(folder, { recursive: true });
  });

  /** Drains a node as `verify --drill` does; what can be asked only of real apps is left out. */
  async function drilled(wanted?: string) {
    const target = (await kubernetes.choose(world.afresh(), wanted)) as Target;
    const proof = { ...kubernetes.proof, look: () => Promise.resolve({}) };
    const course = await empty(
      {
        platform: { ...kubernetes, proof },
        world,
        passive: [],
        tell: () => undefined,
        limits: { move: 120, proof: 0, green: 0, pause: 0.5 },
      },
      target,
      new AbortController().signal,
    );
    return { target, course };
  }

  const closed = async () =>
    (
      await get<{ items: { spec: { unschedulable?: boolean }; metadata: { name: string } }[] }>(
        "nodes",
      )
    ).items
      .filter(({ spec }) => spec.unschedulable)
      .map(({ metadata }) => metadata.name);

  test("moves everything from the first storage node to the second, and back again", async () => {
    const stay = uids((await pods()).filter(({ spec }) => spec.nodeName === "k3s-w3"));
    for (const [from, to] of [
      ["k3s-w1", "k3s-w2"],
      ["k3s-w2", "k3s-w1"],
    ] as const) {
      // By itself it takes the one on which most apps run.
      const { target, course } = await drilled(from === "k3s-w1" ? undefined : from);
      expect(target).toMatchObject({ node: from, elsewhere: [to] });
      expect(course.drained).toMatchObject({ code: 0 });
      expect(course.moves.filter(({ isBack }) => !isBack)).toEqual([]);
      expect(nodesOf((await pods()).filter((pod) => !isGpuWork(pod)))).toEqual([to]);
      expect(await closed()).toEqual([]);
      const told = course.moves.map(({ app, seconds }) => `${app} ${seconds.toString()} s`);
      console.info(`drill of ${from}: ${told.join(", ")}`);
    }
    expect(uids((await pods()).filter(({ spec }) => spec.nodeName === "k3s-w3"))).toEqual(stay);
    await expectPlaced();
  });

  test("of the GPU node is refused: its work has no other", async () => {
    const found = await kubernetes.choose(world.afresh(), "k3s-w3");
    expect(found).toMatchObject([
      { about: "k3s-w3", found: expect.stringContaining("only it can run") as string },
    ]);
  });
});

describe("one node after the other is lost", () => {
  afterAll(async () => {
    await returnNode("k3s-w1");
    await returnNode("k3s-w3");
    await remove(plan);
  });

  test("w1 lost: all that ran there runs on w2 within a minute", async () => {
    const before = await pods();
    const stay = before.filter(({ spec }) => spec.nodeName !== "k3s-w1");
    const lost = names(before.filter(({ spec }) => spec.nodeName === "k3s-w1"));
    const moved = async () => {
      await deleteAsLonghornDoes("k3s-w1");
      const now = (await pods()).filter(isReady);
      return lost.every((name) =>
        now.some((pod) => nameOf(pod) === name && pod.spec.nodeName === "k3s-w2"),
      );
    };

    const start = Date.now();
    await loseNode("k3s-w1");
    await until("the pods of k3s-w1 to run on k3s-w2", moved, 240);
    const seconds = Math.round((Date.now() - start) / 1000);
    console.info(`k3s-w1 lost: ${lost.join(", ")} ran on k3s-w2 after ${seconds.toString()} s`);

    expect(seconds).toBeLessThanOrEqual(60);
    expect(uids(await pods())).toEqual(expect.arrayContaining(uids(stay)));
  });

  test("w1 back: nothing moves by itself", async () => {
    const before = uids(await pods());
    await returnNode("k3s-w1");
    await pause(10);
    expect(uids(await pods())).toEqual(before);
    expect(names((await allPods()).filter(isDeleted))).toEqual([]);
  });

  test("w3 lost: only the GPU work waits, and says for what; nothing else moves", async () => {
    const before = await pods();
    const others = before.filter((pod) => !asksForGpu(pod));
    await loseNode("k3s-w3");
    const waiting = async () => {
      await deleteAsLonghornDoes("k3s-w3");
      const gpuPods = (await pods()).filter(asksForGpu);
      return gpuPods.length > 0 && gpuPods.every(({ spec }) => spec.nodeName === undefined);
    };
    await until("the GPU work to wait for its node", waiting, 240);

    const now = await pods();
    expect(uids(now.filter((pod) => !asksForGpu(pod)))).toEqual(uids(others));
    for (const pod of now.filter(asksForGpu)) {
      const event = await complaint(pod);
      expect(event).toContain("1 node(s) had untolerated taint {node.kubernetes.io/unreachable");
      expect(event).toContain("didn't match Pod's node affinity/selector");
    }
  });

  test("w3 back: the GPU work goes on", async () => {
    await returnNode("k3s-w3");
    await everythingRuns(plan);
  });

  test("a GPU that is not announced: its work waits, and says for which resource", async () => {
    const resource = "gpu.intel.com/i915";
    await announce(resource, "0");
    const before = (await pods()).filter(asksForGpu);
    for (const pod of before) await deletePod(pod);
    const complaints = async () => Promise.all((await pods()).filter(asksForGpu).map(complaint));
    await until(
      "the GPU work to complain",
      async () => (await complaints()).some((event) => event.includes(`Insufficient ${resource}`)),
      30,
    );
    await announce(resource, "1");
    await everythingRuns(plan);
  });
});

describe("each app can be left out", () => {
  const left = { enabled: false };
  const apps = ["sonarr", "radarr", "prowlarr", "profilarr", "pulsarr", "decypharr"];
  const variants: [string, Record<string, unknown>][] = [
    ...apps.map((app): [string, Record<string, unknown>] => [app, { apps: { [app]: left } }]),
    // Nobody else asks for transcodes.
    ["plex", { plex: left, transcoding: { mode: "none" } }],
  ];

  test.each(variants)("without %s all others run where they may", async (app, patch) => {
    const objects = plannedObjects(await shippedStack("homelab", patch));
    await apply(objects);
    await everythingRuns(objects);
    const all = await pods();
    expect(all.map(nameOf)).not.toContain(app);
    expect(all.length).toBeGreaterThan(1);
    await expectPlaced();
    await remove(objects);
  });
});

async function expectPlaced(): Promise<void> {
  const all = await pods();
  const on = (node: string) => all.filter(({ spec }) => spec.nodeName === node);
  expect(names(on("k3s-w3"))).toEqual(names(all.filter(isGpuWork)));
  expect(names(on("k3s-w1"))).toEqual(names(all.filter((pod) => !isGpuWork(pod))));
  expect(names(on("k3s-w4"))).toEqual([]);
  expect(names(on("k3s-server"))).toEqual([]);
}

/** Waits until each workload has all the pods it asks for, ready; fails with what the others wait for. */
async function everythingRuns(objects: readonly PlannedObject[]): Promise<void> {
  const named = ({ kind, metadata }: PlannedObject) => `${kind} ${metadata.name}`;
  const planned = objects
    .filter(({ kind }) => kinds.includes(kind))
    .map(named)
    .sort();
  expect(planned).not.toEqual([]);
  const ready = async () => {
    const { items } = await get<{ items: Workload[] }>(kinds.join(","), "--all-namespaces");
    expect(items.map(named).sort()).toEqual(planned);
    return items.every(({ spec, status = {} }) =>
      spec.replicas === undefined
        ? status.numberReady !== undefined &&
          status.numberReady > 0 &&
          status.numberReady === status.desiredNumberScheduled
        : status.readyReplicas === spec.replicas,
    );
  };
  await until("every workload to run", ready, 60);
}

/**
 * What Longhorn does under `nodeDownPodDeletionPolicy: delete-both-statefulset-and-deployment-pod`, which the
 * simulated cluster has not: a pod with a volume that is being deleted on a lost node is deleted by force, but not
 * before its grace period is over.
 * https://github.com/longhorn/longhorn-manager/blob/01573ddf/controller/kubernetes_pod_controller.go
 */
async function deleteAsLonghornDoes(node: string): Promise<void> {
  const due = (await allPods()).filter(
    (pod) =>
      pod.spec.nodeName === node &&
      hasClaim(pod) &&
      pod.metadata.deletionTimestamp !== undefined &&
      Date.parse(pod.metadata.deletionTimestamp) <= Date.now(),
  );
  for (const pod of due) await deletePod(pod, "--force", "--grace-period=0");
}

async function deletePod({ metadata }: Pod, ...options: string[]): Promise<void> {
  const { name, namespace } = metadata;
  // Not waited for: a StatefulSet's next pod bears the same name.
  const always = ["--namespace", namespace, "--ignore-not-found", "--wait=false"];
  await kubectl(["delete", "pod", name, ...always, ...options]);
}

/** What the device plugin tells of the GPU node. */
async function announce(resource: string, count: string): Promise<void> {
  const numbers = { [resource]: count };
  const patch = JSON.stringify({ status: { capacity: numbers, allocatable: numbers } });
  await kubectl(["patch", "node", "k3s-w3", "--subresource=status", "--patch", patch]);
}

async function until(what: string, holds: () => Promise<boolean>, seconds: number): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > end) {
      const late = (await allPods()).filter((pod) => isDeleted(pod) || !isReady(pod));
      const reasons = await Promise.all(
        late.map(async (pod) => `${pod.metadata.name}: ${await complaint(pod)}`),
      );
      throw new Error(`waited ${seconds.toString()} s for ${what}\n${reasons.join("\n")}`);
    }
    await pause(0.5);
  }
}

/** Why a pod does not run, in the words of the last event that warns of it. */
async function complaint({ metadata, spec }: Pod): Promise<string> {
  const selector = `involvedObject.uid=${metadata.uid},type=Warning`;
  const { items } = await get<{ items: { message?: string; note?: string }[] }>(
    ...["events", "--all-namespaces", `--field-selector=${selector}`],
  );
  return items.at(-1)?.message ?? `no warning; on ${spec.nodeName ?? "no node"}`;
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

async function allPods(): Promise<Pod[]> {
  return (await get<{ items: Pod[] }>("pods", "--all-namespaces")).items;
}

/** Without those that are being deleted. */
async function pods(): Promise<Pod[]> {
  return (await allPods()).filter((pod) => !isDeleted(pod));
}

function nameOf({ metadata }: Pod): string {
  return metadata.labels["app.kubernetes.io/name"] ?? metadata.name;
}

function names(all: readonly Pod[]): string[] {
  return all.map(nameOf).sort();
}

function uids(all: readonly Pod[]): string[] {
  return all.map(({ metadata }) => metadata.uid).sort();
}

function nodesOf(all: readonly Pod[]): string[] {
  return [...new Set(all.map(({ spec }) => spec.nodeName ?? "none"))].sort();
}

function isReady({ status }: Pod): boolean {
  return Boolean(
    status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True"),
  );
}

function isDeleted({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function hasClaim({ spec }: Pod): boolean {
  return Boolean(spec.volumes?.some((volume) => volume.persistentVolumeClaim));
}

function inStreamingStack({ metadata }: Pod): boolean {
  return metadata.labels[streaming] === "true";
}

function asksForGpu({ spec }: Pod): boolean {
  return spec.containers.some(({ resources }) =>
    Object.keys(resources.requests ?? {}).some((resource) => resource.startsWith("gpu.")),
  );
}

/** What asks for a GPU, and the plugin that announces it. */
function isGpuWork(pod: Pod): boolean {
  return asksForGpu(pod) || pod.metadata.labels["app.kubernetes.io/component"] === "gpu";
}

/** As the scheduler sees it: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
function tolerates({ spec }: Pod, taint: Taint): boolean {
  return spec.tolerations.some(
    ({ key, value = "", effect, operator = "Equal" }) =>
      (key ?? taint.key) === taint.key &&
      (effect ?? taint.effect) === taint.effect &&
      (operator === "Exists" || value === (taint.value ?? "")),
  );
}
