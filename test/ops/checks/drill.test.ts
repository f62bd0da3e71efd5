import { PassThrough } from "node:stream";
import type { ReadStream } from "node:tty";
import type { AskOptions, Ended } from "../../../ops/checks/ask";
import { runChecks, type Check, type Result } from "../../../ops/checks/check";
import { drillChecks, possible, type Course, type Move } from "../../../ops/checks/drill/checks";
import { agreed, announcement } from "../../../ops/checks/drill/command";
import { empty, Watch, type DrillLimits } from "../../../ops/checks/drill/drill";
import { kubernetes } from "../../../ops/checks/drill/kubernetes";
import { nomad } from "../../../ops/checks/drill/nomad";
import type { Platform, Standing, Target } from "../../../ops/checks/drill/platform";
import type { LiveWorld } from "../../../ops/checks/live-world";
import { verifyChecks } from "../../../ops/checks/verify";
import { healthyCluster, items, named, node, nodes, type Healthy } from "../../support/cluster";
import { healthyNomad } from "../../support/nomad";
import { plannedStack, recordedWorld, type Answers, type Stack } from "../../support/world";

const storage = { key: "node.longhorn.io/storage", value: "enabled", effect: "NoSchedule" };
const w2 = node("k3s-w2", { "node.longhorn.io/storage": "enabled" }, storage);
const home = { nodes: items(nodes.w1, w2, nodes.w3) };

let homelab: Stack;
let one: Healthy;
/** With a second storage node. */
let cluster: Healthy;
let overseerr: Stack;

const here = healthyNomad.nomad["/v1/nodes"][0];
const [running] = healthyNomad.nomad["/v1/job/overseerr/allocations"];
const there = { ...here, ID: "c2", Name: "thanatos" };
const clients = {
  ...healthyNomad,
  nomad: {
    ...healthyNomad.nomad,
    "/v1/nodes": [here, there],
    "/v1/job/overseerr/allocations": [{ ...running, NodeID: "c1" }],
    "/v1/node/c1/allocations": [
      { JobID: "overseerr", ClientStatus: "running" },
      { JobID: "traefik", ClientStatus: "running" },
      { JobID: "batch", ClientStatus: "complete" },
    ],
  },
  scripts: { ...healthyNomad.scripts, "litestream rows.sh": "user 3\nmedia_request 40\n" },
};

beforeAll(async () => {
  homelab = await plannedStack("homelab");
  one = await healthyCluster(homelab);
  cluster = kube(home)(one);
  overseerr = await plannedStack("nomad");
});

const kube = (changed: Record<string, unknown>) => (healthy: Healthy) => ({
  ...healthy,
  kube: { ...healthy.kube, ...changed },
});

const passiveOf = (platform: "k3s" | "nomad") =>
  verifyChecks({ platform, only: undefined, active: false });

/** What a drill would be, or why there can be none. */
async function looked(
  stack: Stack,
  answers: Answers,
  wanted?: string,
): Promise<{ result: Result | undefined; target: Target | undefined }> {
  const platform = stack === homelab ? kubernetes : nomad;
  const passive = passiveOf(stack === homelab ? "k3s" : "nomad");
  let target: Target | undefined;
  const check = possible(platform, passive, wanted, (chosen) => (target = chosen));
  const results = await runChecks([...passive, check], recordedWorld(stack, answers));
  return { result: results.at(-1), target };
}

/** The node that a drill would drain. */
async function chosen(stack: Stack, answers: Answers): Promise<Target> {
  const { target, result } = await looked(stack, answers);
  if (!target) throw new Error(JSON.stringify(result?.findings));
  return target;
}

describe("on the k3s stack", () => {
  test("the node with the most apps is drained, and it is said what that means", async () => {
    const { result } = await looked(homelab, cluster);
    expect(result).toMatchObject({ status: "ok", said: "k3s-w1, its apps to k3s-w2" });
    const target = await chosen(homelab, cluster);
    expect(target).toMatchObject({ node: "k3s-w1", closed: false, elsewhere: ["k3s-w2"] });
    expect(target.apps).toEqual(expect.arrayContaining(["sonarr", "plex", "decypharr"]));
    // The GPU node's own work stays where it is.
    expect(target.apps).not.toContain("clusterplex-worker");
    const said = announcement(target);
    expect(said).toContain("drains k3s-w1");
    expect(said).toContain("starts elsewhere (k3s-w2)");
    expect(said).toContain("120 s at most");
  });

  test("a node that was cordoned before is one that stays so", async () => {
    const closed = { ...nodes.w1, spec: { ...nodes.w1.spec, unschedulable: true } };
    const target = await chosen(homelab, kube({ nodes: items(closed, w2, nodes.w3) })(cluster));
    expect(target).toMatchObject({ node: "k3s-w1", closed: true });
    expect(kubernetes.release(target)).toBeUndefined();
  });

  test("what runs beside the stack is named, unless it belongs to its node", async () => {
    const other = (name: string, kind: string, nodeName = "k3s-w1") => ({
      ...named(name, { namespace: "home", ownerReferences: [{ kind }] }),
      spec: { nodeName, containers: [] },
      status: { phase: "Running" },
    });
    const pods = items(
      ...(cluster.kube["pods --all-namespaces"] as { items: object[] }).items,
      ...[other("grafana-1", "ReplicaSet"), other("exporter-1", "DaemonSet")],
      other("influx-0", "StatefulSet", "k3s-w2"),
    );
    const target = await chosen(homelab, kube({ "pods --all-namespaces": pods })(cluster));
    expect(target.others).toEqual(["home/grafana-1"]);
  });

  const onOwnDisk = (name: string) => ({
    metadata: { name: `volume-${name}` },
    spec: {
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: "own", operator: "In", values: ["k3s-w1"] }] },
          ],
        },
      },
    },
  });
  const bound = (healthy: Healthy) => {
    const list = "persistentvolumeclaims --all-namespaces";
    const { items: all } = healthy.kube[list] as {
      items: { metadata: { name: string }; spec: object }[];
    };
    return items(
      ...all.map((claim) => ({
        ...claim,
        spec: { ...claim.spec, volumeName: `volume-${claim.metadata.name}` },
      })),
    );
  };
  const stray = {
    ...named("plex-importer", { namespace: "media" }),
    spec: { nodeName: "k3s-w1", containers: [] },
    status: { phase: "Running" },
  };

  test.each<
    [what: string, change: (healthy: Healthy) => Answers, wanted: string | undefined, found: string]
  >([
    [
      "one storage node",
      () => one,
      undefined,
      "only it can run .*sonarr.* \\(k3s-w3 lacks the label node.longhorn.io/storage=enabled\\)",
    ],
    [
      "a cluster of one node",
      kube({ nodes: items(nodes.w1) }),
      undefined,
      "there is no other node",
    ],
    [
      "a second node that is cordoned",
      kube({
        nodes: items(nodes.w1, { ...w2, spec: { ...w2.spec, unschedulable: true } }, nodes.w3),
      }),
      undefined,
      "k3s-w2 is cordoned; k3s-w3 lacks",
    ],
    [
      "a volume on the node's own disk",
      (healthy) =>
        kube({
          persistentvolumes: items(onOwnDisk("config-sonarr")),
          "persistentvolumeclaims --all-namespaces": bound(healthy),
        })(healthy),
      undefined,
      "only it can run sonarr \\(k3s-w2 can't mount its volume",
    ],
    [
      "the GPU node, which has no stand-in",
      (healthy) => healthy,
      "k3s-w3",
      "only it can run clusterplex-worker",
    ],
    [
      "a node that is none",
      (healthy) => healthy,
      "k3s-w9",
      "k3s-w9, where nothing of the stack runs",
    ],
    [
      "a move that runs",
      (healthy) =>
        kube({
          "pods --all-namespaces": items(
            ...(healthy.kube["pods --all-namespaces"] as { items: object[] }).items,
            stray,
          ),
        })(healthy),
      undefined,
      "the pod media/plex-importer, which nothing would start again",
    ],
  ])("with %s there is no drill, and it is said why", async (_, change, wanted, found) => {
    const { result, target } = await looked(homelab, change(cluster), wanted);
    expect(target).toBeUndefined();
    expect(result?.status).toBe("failure");
    expect(result?.findings.map((each) => each.found).join("\n")).toMatch(new RegExp(found));
  });

  test("where something is red there is no drill, and nothing is chosen", async () => {
    const red = { ...cluster, http: {} };
    const { result, target } = await looked(homelab, red);
    expect(result).toMatchObject({ status: "blocked", blockedBy: "cluster/ingress" });
    expect(target).toBeUndefined();
  });

  test("an app is back when it is ready on another node, and nothing of it is left", async () => {
    const target = await chosen(homelab, cluster);
    const standing = async (answers: Answers) =>
      (await kubernetes.standings(recordedWorld(homelab, answers), target)).find(
        ({ app }) => app === "sonarr",
      );
    expect(await standing(cluster)).toMatchObject({ ready: true, left: false, on: ["k3s-w1"] });
    const { items: pods } = cluster.kube["pods --all-namespaces"] as {
      items: { metadata: { name: string }; spec: object }[];
    };
    const changed = (change: (pod: (typeof pods)[number]) => object[]) =>
      kube({
        "pods --all-namespaces": items(
          ...pods.flatMap((pod) => (pod.metadata.name === "sonarr-0" ? change(pod) : [pod])),
        ),
      })(cluster);
    const moved = changed((pod) => [{ ...pod, spec: { ...pod.spec, nodeName: "k3s-w2" } }]);
    expect(await standing(moved)).toMatchObject({ ready: true, left: true, on: ["k3s-w2"] });
    expect(await standing(changed(() => []))).toMatchObject({
      ready: false,
      trouble: "no pod of deployment/sonarr",
    });
    const ending = changed((pod) => [
      { ...pod, metadata: { ...pod.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } },
    ]);
    expect(await standing(ending)).toMatchObject({ ready: false, left: false });
  });

  test("the links are followed from where the apps are now", async () => {
    const look = (answers: Answers) =>
      kubernetes.proof.look(recordedWorld(homelab, answers), {} as Target, passiveOf("k3s"));
    expect(await look(cluster)).toEqual({ said: "1 followed" });
    const broken = {
      ...cluster.scripts,
      "statefulset/plex resolve.sh": "/mnt/a.mkv: No such file",
    };
    expect((await look({ ...cluster, scripts: broken })).findings).toMatchObject([
      { about: "statefulset/plex", found: "/mnt/a.mkv: No such file" },
    ]);
  });
});

describe("on the Nomad stack", () => {
  test("the client that has the allocation is drained", async () => {
    const { result, target } = await looked(overseerr, clients);
    expect(result).toMatchObject({ status: "ok", said: "hestia, its apps to thanatos" });
    expect(target).toEqual({
      node: "hestia",
      id: "c1",
      closed: false,
      apps: ["overseerr"],
      elsewhere: ["thanatos"],
      others: ["traefik"],
      stopSeconds: 30,
      counts: { user: 3, media_request: 40 },
    });
  });

  test.each([
    ["one client", [here], undefined, "only it can run overseerr"],
    [
      "a second client that takes no jobs",
      [here, { ...there, SchedulingEligibility: "ineligible" }],
      undefined,
      "only it can run overseerr",
    ],
    [
      "a second client without Docker",
      [here, { ...there, Drivers: {} }],
      undefined,
      "only it can run overseerr",
    ],
    ["another client than its own", [here, there], "thanatos", "thanatos"],
  ])("with %s there is no drill, and it is said why", async (_, nodes, wanted, found) => {
    const answers = { ...clients, nomad: { ...clients.nomad, "/v1/nodes": nodes } };
    const { result, target } = await looked(overseerr, answers, wanted);
    expect(target).toBeUndefined();
    expect(result?.status).toBe("failure");
    expect(result?.findings[0]?.found).toContain(found);
  });

  test("it is back when the allocation elsewhere is found healthy", async () => {
    const target = await chosen(overseerr, clients);
    const standing = async (...all: object[]) => {
      const nomadAnswers = { ...clients.nomad, "/v1/job/overseerr/allocations": all };
      const world = recordedWorld(overseerr, { ...clients, nomad: nomadAnswers });
      return (await nomad.standings(world, target))[0];
    };
    const old = { ...running, NodeID: "c1" };
    const next = { ...running, NodeID: "c2", NodeName: "thanatos" };
    expect(await standing(old)).toMatchObject({ ready: true, left: false });
    expect(await standing({ ...next, DeploymentStatus: null })).toMatchObject({ ready: false });
    expect(await standing({ ...old, ClientStatus: "complete" }, next)).toMatchObject({
      ready: true,
      left: true,
      on: ["thanatos"],
    });
  });

  test("fewer rows than before are found", async () => {
    const target = await chosen(overseerr, clients);
    const look = (text: string) => {
      const scripts = { ...clients.scripts, "litestream rows.sh": text };
      const world = recordedWorld(overseerr, { ...clients, scripts });
      return nomad.proof.look(world, target, []);
    };
    expect(await look("user 3\nmedia_request 41\n")).toEqual({ said: "user 3, media_request 41" });
    expect((await look("user 3\nmedia_request 12\n")).findings).toMatchObject([
      { about: "media_request", found: "12 rows", expected: "40, as before" },
    ]);
  });
});

const target: Target = {
  node: "k3s-w1",
  id: "k3s-w1",
  closed: false,
  apps: ["sonarr", "plex"],
  elsewhere: ["k3s-w2"],
  others: [],
  stopSeconds: 30,
  counts: {},
};
const done: Ended = { code: 0, stdout: "", stderr: "" };
const move = (app: string, changed: Partial<Move> = {}): Move => ({
  ...{ app, seconds: 14, isBack: true, left: true, on: ["k3s-w2"], trouble: "" },
  ...changed,
});
const course: Course = {
  target,
  drained: done,
  moves: [move("sonarr"), move("plex", { seconds: 32 })],
  proof: { said: "1 followed" },
  released: done,
};

describe("before anything is touched", () => {
  /** Somebody at a terminal, who types this. */
  const somebody = (typed: string) => {
    const input = new PassThrough();
    input.end(typed);
    return Object.assign(input, { isTTY: true }) as unknown as ReadStream;
  };
  let said: jest.SpyInstance;
  beforeEach(() => {
    said = jest.spyOn(process.stderr, "write").mockReturnValue(true);
  });
  afterEach(() => {
    said.mockRestore();
  });

  test("the node's name has to be typed", async () => {
    await expect(agreed(target, kubernetes, somebody("k3s-w1\n"))).resolves.toBeUndefined();
  });

  test.each(["k3s-w2\n", "y\n", "\n", ""])("%j is no agreement", async (typed) => {
    await expect(agreed(target, kubernetes, somebody(typed))).rejects.toThrow(
      "expected k3s-w1: nothing was touched",
    );
  });
});

describe("the lines of a drill", () => {
  async function lines(changed: Partial<Course>, answers: Answers = cluster): Promise<Result[]> {
    const passive = passiveOf("k3s");
    const checks = drillChecks(kubernetes, passive, () => ({ ...course, ...changed }));
    const results = await runChecks([...passive, ...checks], recordedWorld(homelab, answers));
    return results.filter(({ check }) => check.id.startsWith("drill/"));
  }
  const reds = (results: readonly Result[]) =>
    results.filter(({ status }) => status === "failure").map(({ check }) => check.id);

  test("are green after one that went well, and tell each app's seconds", async () => {
    const results = await lines({});
    expect(results.map(({ check, status }) => [check.id, status])).toEqual([
      ["drill/evicted", "ok"],
      ["drill/back", "ok"],
      ["drill/links", "ok"],
      ["drill/uncordoned", "ok"],
      ["drill/green", "ok"],
    ]);
    expect(results[1]?.said).toBe("sonarr after 14 s, plex after 32 s");
  });

  const closed = () =>
    kube({
      nodes: items({ ...nodes.w1, spec: { ...nodes.w1.spec, unschedulable: true } }, w2, nodes.w3),
    })(cluster);

  test.each<[what: string, changed: Partial<Course>, red: string, found: string]>([
    [
      "a drain that was refused",
      { drained: { ...done, code: 1, stderr: "error: Cannot evict pod: disruption budget\n" } },
      "drill/evicted",
      "error: Cannot evict pod: disruption budget",
    ],
    [
      "an app that has not left",
      { moves: [move("sonarr", { left: false, isBack: false })] },
      "drill/evicted",
      "sonarr still there",
    ],
    [
      "an app that does not come back",
      { moves: [move("sonarr", { isBack: false, seconds: 900, trouble: "no node for it" })] },
      "drill/back",
      "away for 900 s: no node for it",
    ],
    [
      "a link that leads nowhere",
      { proof: { findings: [{ found: "gone", expected: "its file", fix: "restart it" }] } },
      "drill/links",
      "gone",
    ],
  ])("%s is found, and nothing else of it is red", async (_, changed, red, found) => {
    const results = await lines(changed);
    expect(reds(results)).toEqual([red]);
    expect(results.find(({ check }) => check.id === red)?.findings[0]?.found).toBe(found);
  });

  test("a node that takes nothing is found, with the command that gives it back", async () => {
    const results = await lines(
      { released: { ...done, code: 1, stderr: "Unauthorized" } },
      closed(),
    );
    expect(reds(results)).toEqual(["drill/uncordoned"]);
    expect(results.find(({ status }) => status === "failure")?.findings).toMatchObject([
      { found: "it takes nothing new: Unauthorized", fix: "kubectl uncordon k3s-w1" },
    ]);
  });

  test("a node that took nothing before is to stay so", async () => {
    const before = { ...target, closed: true };
    expect(reds(await lines({ target: before }, closed()))).toEqual([]);
    expect(reds(await lines({ target: before }))).toEqual(["drill/uncordoned"]);
  });

  test("what is red afterwards is told by its own line", async () => {
    const results = await lines({}, { ...cluster, http: {} });
    expect(results.at(-1)).toMatchObject({ status: "blocked", blockedBy: "cluster/ingress" });
  });
});

test("the seconds of each app are those for which it did not serve, all together", () => {
  let now = 0;
  const said: string[] = [];
  const watch = new Watch(
    target,
    (what) => said.push(what),
    () => now,
  );
  const sonarr = (at: number, ready: boolean, left: boolean) => {
    now = at * 1000;
    const on = left ? ["k3s-w2"] : ["k3s-w1"];
    watch.note([{ app: "sonarr", ready, left, on, trouble: "waiting" }]);
  };
  sonarr(0, true, false);
  sonarr(10, false, false);
  sonarr(25, true, true);
  sonarr(40, false, true);
  sonarr(45, true, true);
  expect(said).toEqual([
    "sonarr is away",
    "sonarr serves from k3s-w2, 15 s away",
    "sonarr is away",
    "sonarr serves from k3s-w2, 20 s away",
  ]);
  expect(watch.isDone).toBe(false);
  watch.note([{ app: "plex", ready: true, left: true, on: ["k3s-w2"], trouble: "" }]);
  expect(watch.isDone).toBe(true);
  expect(watch.moves()).toMatchObject([
    { app: "sonarr", seconds: 20, isBack: true },
    { app: "plex", seconds: 0, isBack: true },
  ]);
});

describe("a node is given back", () => {
  const limits: DrillLimits = { move: 2, proof: 0, green: 0, pause: 0.01 };
  const standing = (left: boolean): Standing[] =>
    target.apps.map((app) => ({ app, ready: true, left, on: [], trouble: "" }));

  /** A world in which a command ends as it is told, or when it is aborted; and what was typed there. */
  function drilled(ends: (command: string, options: AskOptions) => Promise<Ended>, left = true) {
    const typed: string[] = [];
    const world = {
      afresh: () => world,
      act: (args: readonly string[], options: AskOptions) => {
        typed.push(args.join(" "));
        return ends(args[0] ?? "", options);
      },
    } as unknown as LiveWorld;
    const platform: Platform = {
      ...kubernetes,
      standings: () => Promise.resolve(standing(left)),
      proof: { ...kubernetes.proof, look: () => Promise.resolve({ said: "all" }) },
    };
    const passive: Check[] = [];
    return { drill: { platform, world, passive, tell: () => undefined, limits }, typed };
  }
  const all = ["drain k3s-w1 --ignore-daemonsets --delete-emptydir-data --timeout=1s"];

  test("after a drill that went well", async () => {
    const { drill, typed } = drilled(() => Promise.resolve(done));
    const course = await empty(drill, target, new AbortController().signal);
    expect(course).toMatchObject({ proof: { said: "all" }, released: done });
    expect(typed).toEqual([...all, "uncordon k3s-w1"]);
  });

  test("after a drain that fails, and after apps that never come back", async () => {
    const failed = { ...done, code: 1, stderr: "no" };
    const first = drilled((command) => Promise.resolve(command === "drain" ? failed : done));
    const course = await empty(first.drill, target, new AbortController().signal);
    expect(course.drained).toEqual(failed);
    expect(first.typed.at(-1)).toBe("uncordon k3s-w1");
    const second = drilled(() => Promise.resolve(done), false);
    const other = await empty(second.drill, target, new AbortController().signal);
    expect(other.moves.map(({ isBack }) => isBack)).toEqual([false, false]);
    expect(other.proof).toBeUndefined();
    expect(second.typed.at(-1)).toBe("uncordon k3s-w1");
  });

  test("when it is broken off, and once more if the first try fails", async () => {
    const controller = new AbortController();
    let tries = 0;
    const { drill, typed } = drilled((command, { signal, unstoppable }) => {
      if (command === "drain") {
        setTimeout(() => {
          controller.abort("SIGTERM");
        }, 20);
        return new Promise((resolve) =>
          signal?.addEventListener("abort", () => {
            resolve({ ...done, code: null });
          }),
        );
      }
      expect(unstoppable).toBe(true);
      tries += 1;
      return Promise.resolve(tries === 1 ? { ...done, code: 1 } : done);
    });
    await expect(empty(drill, target, controller.signal)).rejects.toBe("SIGTERM");
    expect(typed).toEqual([...all, "uncordon k3s-w1", "uncordon k3s-w1"]);
  });

  test("unless it was closed before", async () => {
    const { drill, typed } = drilled(() => Promise.resolve(done));
    await empty(drill, { ...target, closed: true }, new AbortController().signal);
    expect(typed).toEqual(all);
  });
});
