import { runChecks, type Result } from "../../../ops/checks/check";
import { doctorChecks } from "../../../ops/checks/doctor";
import { verifyChecks } from "../../../ops/checks/verify";
import { answers } from "../../../ops/checks/verify/arr";
import { addressesOf } from "../../../ops/checks/verify/nomad";
import {
  healthyCluster,
  inMedia,
  items,
  librarian,
  nodes,
  told,
  type Healthy,
} from "../../support/cluster";
import { healthyNomad } from "../../support/nomad";
import { plannedStack, recordedWorld, type Answers, type Stack } from "../../support/world";

let homelab: Stack;
let cluster: Healthy;
let nomad: Stack;

beforeAll(async () => {
  homelab = await plannedStack("homelab");
  cluster = await healthyCluster(homelab);
  nomad = await plannedStack("nomad");
});

/** Ids of the checks that some fixture here was not well for. */
const seen = new Set<string>();

async function verify(stack: Stack, answers: Answers, active = false): Promise<Result[]> {
  const { platform } = stack.config;
  const results = await runChecks(
    verifyChecks({ platform, only: undefined, active }),
    recordedWorld(stack, answers),
  );
  for (const { status, check } of results)
    if (status === "failure" || status === "warning") seen.add(check.id);
  return results;
}

const of = (status: string, results: readonly Result[]) =>
  results.filter((result) => result.status === status);
const reds = (results: readonly Result[]) => of("failure", results).map(({ check }) => check.id);
const warned = (results: readonly Result[]) => of("warning", results).map(({ check }) => check.id);

test.each(["homelab", "nomad"] as const)(
  "a healthy %s is all green, actively, too",
  async (name) => {
    const [stack, answers] = name === "homelab" ? [homelab, cluster] : [nomad, healthyNomad];
    const results = await verify(stack, answers, true);
    expect([...of("failure", results), ...of("warning", results)]).toEqual([]);
    expect(of("ok", results).length).toBeGreaterThan(12);
  },
);

/** A list of the healthy cluster's, with one of its objects changed, or taken away by nothing. */
function object(
  list: string,
  name: string,
  change: (found: Record<string, unknown>) => unknown,
): (healthy: Healthy) => Answers {
  return (healthy) => {
    const all = (healthy.kube[list] as { items: { metadata: { name: string } }[] }).items;
    const changed = all.flatMap((each) =>
      each.metadata.name === name
        ? (change(each as unknown as Record<string, unknown>) ?? [])
        : [each],
    );
    return { ...healthy, kube: { ...healthy.kube, [list]: items(...(changed as unknown[])) } };
  };
}

const withSpec = (spec: object) => (found: Record<string, unknown>) => ({
  ...found,
  spec: { ...(found.spec as object), ...spec },
});
const script = (question: string, answer: string) => (healthy: Healthy) => ({
  ...healthy,
  scripts: { ...healthy.scripts, [question]: answer },
});
const host = (question: string, status: number, body: string) => (healthy: Healthy) => ({
  ...healthy,
  http: { ...healthy.http, [question]: { status, body } },
});
const unready = (found: Record<string, unknown>) => ({
  ...found,
  status: {
    phase: "Pending",
    containerStatuses: [
      {
        name: "radarr",
        ready: false,
        state: { waiting: { reason: "ImagePullBackOff", message: "not found" } },
      },
    ],
  },
});
const otherImage = (found: Record<string, unknown>) =>
  withSpec({ template: { spec: { containers: [{ name: "sonarr", image: "sonarr:latest" }] } } })(
    found,
  );

/** With the container that an app's pod is there for changed. */
const container = (change: (found: Record<string, unknown>) => object) => {
  return (found: Record<string, unknown>) => {
    const { template } = found.spec as { template: { spec: { containers: object[] } } };
    const [first = {}, ...rest] = template.spec.containers;
    const changed = change(first as Record<string, unknown>);
    return withSpec({ template: { spec: { ...template.spec, containers: [changed, ...rest] } } })(
      found,
    );
  };
};
const writable = ({ volumeMounts, ...rest }: Record<string, unknown>) => ({
  ...rest,
  volumeMounts: (volumeMounts as { mountPath: string }[]).map((mount) => ({
    ...mount,
    readOnly: false,
  })),
});

type Case = [
  what: string,
  change: (healthy: Healthy) => Answers,
  red: string,
  finding: { about?: string; found?: string; fix?: string },
];

test.each<Case>([
  [
    "a stack that was never up",
    (healthy) => ({ ...healthy, outputs: {} }),
    "foundation/up",
    { fix: "pulumi up --stack homelab" },
  ],
  [
    "a Deployment scaled to nothing",
    object("deployments --all-namespaces", "sonarr", withSpec({ replicas: 0 })),
    "arr/workloads",
    { about: "deployment/sonarr", fix: "kubectl scale deployment/sonarr --replicas=1" },
  ],
  [
    "a Deployment that is gone",
    object("deployments --all-namespaces", "sonarr", () => undefined),
    "arr/workloads",
    { found: "no such workload" },
  ],
  [
    "another image than the pinned one",
    object("deployments --all-namespaces", "sonarr", otherImage),
    "arr/workloads",
    { about: "deployment/sonarr, container sonarr", found: "sonarr:latest" },
  ],
  [
    "a probe that was removed",
    object(
      "deployments --all-namespaces",
      "pulsarr",
      container((found) => ({ ...found, livenessProbe: undefined })),
    ),
    "arr/workloads",
    { about: "deployment/pulsarr, container pulsarr", found: "no livenessProbe" },
  ],
  [
    "a probe that asks for something else",
    object(
      "deployments --all-namespaces",
      "pulsarr",
      container((found) => ({ ...found, readinessProbe: { httpGet: { path: "/" } } })),
    ),
    "arr/workloads",
    { found: "another readinessProbe" },
  ],
  [
    "a mount that can be written where it must not",
    object("statefulsets --all-namespaces", "plex", container(writable)),
    "plex/workloads",
    { found: "/mnt/media is writable", expected: "read-only" } as object,
  ],
  [
    "a mount that was left out",
    object(
      "statefulsets --all-namespaces",
      "plex",
      container((found) => ({ ...found, volumeMounts: [] })),
    ),
    "plex/workloads",
    { found: "/config is not mounted" },
  ],
  [
    "an image that can't be pulled",
    object("pods --all-namespaces", "radarr-0", unready),
    "arr/pods",
    {
      about: "deployment/radarr",
      found: expect.stringMatching(/ImagePullBackOff, not found$/) as string,
    },
  ],
  [
    "a node label that was removed",
    object("nodes", "k3s-w3", () => ({ ...nodes.w3, metadata: { name: "k3s-w3", labels: {} } })),
    "foundation/placement",
    { fix: "kubectl label node k3s-w3 gpu=true --overwrite" },
  ],
  [
    "a claim of another class",
    object(
      "persistentvolumeclaims --all-namespaces",
      "config-plex",
      withSpec({ storageClassName: "local-path" }),
    ),
    "foundation/claims",
    { about: "claim config-plex", found: "class local-path" },
  ],
  [
    "a claim that is too small",
    object("persistentvolumeclaims --all-namespaces", "config-plex", (found) => ({
      ...found,
      status: { phase: "Bound", capacity: { storage: "20Gi" } },
    })),
    "foundation/claims",
    { found: "20Gi" },
  ],
  [
    "a claim that is not bound",
    object("persistentvolumeclaims --all-namespaces", "config-plex", (found) => ({
      ...found,
      status: { phase: "Pending" },
    })),
    "foundation/claims",
    { found: "Pending", fix: "kubectl describe pvc config-plex" },
  ],
  [
    "a Service that leads nowhere",
    object("endpointslices --all-namespaces", "sonarr-x", () => undefined),
    "arr/endpoints",
    { about: "service/sonarr", found: "no ready pod behind it" },
  ],
  [
    "a Service that leads to another app",
    object("endpointslices --all-namespaces", "sonarr-x", (found) => ({
      ...found,
      endpoints: [{ targetRef: { name: "radarr-0" } }],
    })),
    "arr/endpoints",
    { found: "it leads to radarr-0" },
  ],
  [
    "an IngressClass that was renamed",
    (healthy) => ({ ...healthy, kube: { ...healthy.kube, ingressclasses: items() } }),
    "cluster/ingress-class",
    { found: "no IngressClass" },
  ],
  [
    "a host name of another class",
    object("ingresses --all-namespaces", "plex", withSpec({ ingressClassName: "nginx" })),
    "plex/ingress",
    { about: "ingress/plex", found: "plex.homelab, class nginx" },
  ],
  [
    "a host name behind which somebody else answers",
    host("decypharr.homelab http://192.168.100.100/version", 404, "page not found"),
    "decypharr/ingress",
    { found: "status 404 (page not found)", expected: "the answer of decypharr" } as object,
  ],
  [
    "an ingress controller that nobody reaches",
    (healthy) => ({
      ...healthy,
      http: { ...healthy.http, "http://192.168.100.100/": new Error("connect ECONNREFUSED") },
    }),
    "cluster/ingress",
    { found: "connect ECONNREFUSED" },
  ],
  [
    "a DNS that doesn't answer",
    script("deployment/sonarr names.sh", "kubernetes.default\n"),
    "cluster/dns",
    { about: "sonarr", found: "no address of kubernetes.default" },
  ],
  [
    "a network policy that is gone",
    object("networkpolicies --all-namespaces", "decypharr", () => undefined),
    "foundation/network-policies",
    { about: "networkpolicy/decypharr", fix: "pulumi up --refresh --stack homelab" },
  ],
  [
    "a network policy that lets everybody in",
    object("networkpolicies --all-namespaces", "decypharr", withSpec({ ingress: [{}] })),
    "foundation/network-policies",
    {
      found: "another one",
      fix: "PULUMI_K8S_ENABLE_PATCH_FORCE=true pulumi up --refresh --stack homelab",
    },
  ],
  [
    "a Service that asks for no address any more",
    object(
      "services --all-namespaces",
      "clusterplex-orchestrator",
      withSpec({ type: "ClusterIP" }),
    ),
    "plex/addresses",
    { about: "service/clusterplex-orchestrator", found: "type ClusterIP" },
  ],
  [
    "another LoadBalancer address than the fixed one",
    object("services --all-namespaces", "clusterplex-orchestrator", (found) => ({
      ...found,
      status: { loadBalancer: { ingress: [{ ip: "192.168.100.107" }] } },
    })),
    "plex/addresses",
    { about: "service/clusterplex-orchestrator", found: "192.168.100.107" },
  ],
  [
    "a key that an app refuses",
    script("deployment/sonarr api.sh", told({ "/api/v3/system/status": {} }, 401)),
    "arr/api",
    { about: "Sonarr", found: "status 401" },
  ],
  [
    "an app that is another one",
    script("deployment/sonarr api.sh", librarian("Radarr", "tv")),
    "arr/api",
    { about: "Sonarr", found: "Radarr" },
  ],
  [
    "a root folder out of reach",
    script(
      "deployment/radarr api.sh",
      librarian("Radarr", "movies", {
        "/api/v3/rootfolder": [
          { path: "/mnt/streaming-media/movies", accessible: true },
          { path: "/mnt/media/movies/", accessible: false },
        ],
      }),
    ),
    "arr/root-folders",
    { found: "/mnt/media/movies, out of reach" },
  ],
  [
    "a mount that has died in Decypharr",
    script("statefulset/decypharr look-at-dfs.sh", "dead Transport endpoint is not connected"),
    "decypharr/mount",
    { found: "Transport endpoint is not connected" },
  ],
  [
    "a mount that has died in a reader",
    script("statefulset/plex look-at-dfs.sh", "dead Stale file handle"),
    "decypharr/readers",
    { about: "statefulset/plex", found: "Stale file handle" },
  ],
  [
    "a link that leads nowhere in Plex",
    script("statefulset/plex resolve.sh", "/mnt/streaming-media/tv/a.mkv: No such file"),
    "integration/links",
    { about: "statefulset/plex" },
  ],
  [
    "an app that another can't reach",
    script("deployment/sonarr reach.sh", "http://decypharr.media:8282/version 000"),
    "integration/reach",
    { found: "http://decypharr.media:8282/version without an answer" },
  ],
  [
    "no worker at the orchestrator",
    host("http://192.168.100.101:3500/metrics", 200, "workers_active 0\n"),
    "plex/workers",
    { found: "0 active workers" },
  ],
  [
    "a folder that Plex can't read",
    script("statefulset/plex folders.sh", "/mnt/media: Stale file handle\n"),
    "plex/media",
    { found: "/mnt/media: Stale file handle" },
  ],
])("%s is found, and nothing else is red", async (_, change, red, finding) => {
  const results = await verify(homelab, change(cluster));
  expect(reds(results)).toEqual([red]);
  expect(of("failure", results)[0]?.findings).toContainEqual(expect.objectContaining(finding));
});

type Plural = "deployments" | "statefulsets" | "daemonsets";

test.each<[tier: string, plural: Plural, workload: string, url: string]>([
  ["foundation", "deployments", "symlink-library-nfs-holder", ""],
  ["arr", "deployments", "sonarr", "sonarr.homelab http://192.168.100.100/ping"],
  ["decypharr", "statefulsets", "decypharr", "decypharr.homelab http://192.168.100.100/version"],
  ["plex", "statefulsets", "plex", "plex.homelab http://192.168.100.100/identity"],
])("in the tier %s each check finds its own trouble", async (tier, plural, workload, url) => {
  const redOf = async (change: (healthy: Healthy) => Answers) =>
    reds(await verify(homelab, change(cluster)));
  const gone = object(`${plural} --all-namespaces`, workload, () => undefined);
  expect(await redOf(gone)).toEqual([`${tier}/workloads`]);
  expect(await redOf(object("pods --all-namespaces", `${workload}-0`, unready))).toEqual([
    `${tier}/pods`,
  ]);
  if (url === "") return;
  const nowhere = object("endpointslices --all-namespaces", `${workload}-x`, () => undefined);
  expect(await redOf(nowhere)).toEqual([`${tier}/endpoints`]);
  expect(await redOf(host(url, 404, "page not found"))).toEqual([`${tier}/ingress`]);
});

test.each<[what: string, change: (healthy: Healthy) => Answers, yellow: string]>([
  [
    "hard links",
    script(
      "deployment/sonarr api.sh",
      librarian("Sonarr", "tv", {
        "/api/v3/config/mediamanagement": {
          copyUsingHardlinks: true,
          skipFreeSpaceCheckWhenImporting: true,
        },
      }),
    ),
    "arr/media-management",
  ],
  [
    "root folders",
    script("deployment/sonarr api.sh", librarian("Sonarr", "tv", { "/api/v3/rootfolder": [] })),
    "arr/root-folders",
  ],
  [
    "the download client's tag",
    script("deployment/sonarr api.sh", librarian("Sonarr", "tv", { "/api/v3/tag": [] })),
    "arr/download-clients",
  ],
  [
    "the download client",
    script("deployment/sonarr api.sh", librarian("Sonarr", "tv", { "/api/v3/downloadclient": [] })),
    "arr/download-clients",
  ],
  [
    "indexers",
    script(
      "deployment/prowlarr api.sh",
      told({
        "/api/v1/system/status": { appName: "Prowlarr" },
        "/api/v1/indexer": [],
        "/api/v1/applications": [],
        "/api/v1/health": [],
      }),
    ),
    "arr/indexers",
  ],
  [
    "indexers that Prowlarr has not handed over",
    script("deployment/radarr api.sh", librarian("Radarr", "movies", { "/api/v3/indexer": [] })),
    "arr/indexers",
  ],
  [
    "a download that can't be imported",
    script(
      "deployment/sonarr api.sh",
      librarian("Sonarr", "tv", {
        "/api/v3/queue/status": { totalCount: 2, errors: false, warnings: true },
      }),
    ),
    "arr/queue",
  ],
  [
    "what an app complains of",
    script(
      "deployment/sonarr api.sh",
      librarian("Sonarr", "tv", {
        "/api/v3/health": [{ type: "error", message: "All indexers are unavailable" }],
      }),
    ),
    "arr/health",
  ],
  ["libraries", script("statefulset/plex plex-sections.sh", "<MediaContainer/>"), "plex/libraries"],
  [
    "an account",
    host("http://192.168.100.100:32400/identity", 200, '<M claimed="0" machineIdentifier="a"/>'),
    "plex/claimed",
  ],
  ["the render device", script("statefulset/clusterplex-worker devices.sh", ""), "plex/gpu"],
])("%s that a person has yet to see to are a warning", async (_, change, yellow) => {
  const results = await verify(homelab, change(cluster));
  expect(reds(results)).toEqual([]);
  expect(warned(results)).toEqual([yellow]);
});

test.each([
  [
    "a claim that can't be written",
    "deployment/radarr write-probe.sh",
    "Read-only",
    "foundation/writable",
  ],
  [
    "a new link that leads nowhere",
    "deployment/radarr resolve.sh",
    "x: gone",
    "integration/new-link",
  ],
  [
    "a film that Plex does not serve",
    "statefulset/plex plex-play.sh",
    "206 0.1 /mnt/media/tv/a.mkv\n000 15.0 /mnt/streaming-media/movies/b.mkv\n",
    "plex/plays",
  ],
])("actively, %s is found", async (_, question, answer, red) => {
  const results = await verify(homelab, script(question, answer)(cluster), true);
  expect(reds(results)).toEqual([red]);
});

test("actively, what takes long to begin is a warning, and an empty library is none", async () => {
  const slow = "206 7.2 /mnt/streaming-media/tv/a.mkv\n";
  const playing = (said: string) => script("statefulset/plex plex-play.sh", said)(cluster);
  expect(warned(await verify(homelab, playing(slow), true))).toEqual(["plex/plays"]);
  expect(warned(await verify(homelab, playing(""), true))).toEqual([]);
});

test("what an app that is switched off would say is not asked", async () => {
  const without = await plannedStack("homelab", {
    apps: { sonarr: { enabled: false }, decypharr: { enabled: false } },
  });
  const results = await verify(without, await healthyCluster(without), true);
  expect(reds(results)).toEqual([]);
  expect(of("absent", results).map(({ check }) => check.id)).toContain("decypharr/mount");
});

const replica = (changed: object) => ({
  scripts: {
    ...healthyNomad.scripts,
    "litestream replica.sh": JSON.stringify({
      ...(JSON.parse(healthyNomad.scripts["litestream replica.sh"]) as object),
      ...changed,
    }),
  },
});
const asked = (changed: object) => ({ nomad: { ...healthyNomad.nomad, ...changed } });
const job = healthyNomad.nomad["/v1/job/overseerr"];
const [running] = healthyNomad.nomad["/v1/job/overseerr/allocations"];
const now = Math.round(Date.now() / 1000);
const hoursAgo = (hours: number) => new Date((now - hours * 3600) * 1000).toISOString();

test.each<[what: string, changed: Partial<Answers>, red: string, found: string]>([
  [
    "a job that was stopped",
    asked({ "/v1/job/overseerr": { ...job, Status: "dead", Stop: true } }),
    "nomad/deployment",
    "a stopped job",
  ],
  [
    "a version that never got healthy",
    asked({
      "/v1/job/overseerr/deployment": {
        JobVersion: 3,
        Status: "failed",
        StatusDescription: "Failed due to progress deadline",
      },
    }),
    "nomad/deployment",
    "Failed due to progress deadline",
  ],
  [
    "another image",
    asked({
      "/v1/job/overseerr": {
        ...job,
        TaskGroups: [{ Tasks: [{ Name: "overseerr", Config: { image: "overseerr:latest" } }] }],
      },
    }),
    "nomad/images",
    "overseerr:latest",
  ],
  [
    "a task that has ended",
    asked({
      "/v1/job/overseerr/allocations": [
        { ...running, TaskStates: { litestream: { State: "dead", Failed: true } } },
      ],
    }),
    "nomad/tasks",
    "dead",
  ],
  [
    "a replica that falls behind",
    replica({
      files: [
        { name: "0000000000000007-0000000000000007.ltx", at: now - 900 },
        { name: "0000000000000008-0000000000000009.ltx", at: now - 300 },
      ],
    }),
    "nomad/replica",
    "300 s behind",
  ],
  [
    "a Litestream that hangs while people ask",
    replica({
      written: now - 200,
      replica: [{ level: 9, max_txid: "0000000000000007", timestamp: hoursAgo(1) }],
    }),
    "nomad/replica",
    "200 s behind",
  ],
  ["no replica", replica({ replica: [] }), "nomad/replica", "no replica"],
  [
    "a replica without a snapshot for long",
    replica({
      replica: [{ level: 9, max_txid: "0000000000000007", timestamp: hoursAgo(50) }],
    }),
    "nomad/snapshot",
    "50.0 h old",
  ],
  [
    "an app that Overseerr can't reach",
    { scripts: { ...healthyNomad.scripts, "litestream connect.sh": "sonarr.lan:8989\n" } },
    "nomad/integrations",
    "no connection",
  ],
])("%s is found, and nothing else is red", async (_, changed, red, found) => {
  const results = await verify(nomad, { ...healthyNomad, ...changed });
  expect(reds(results)).toEqual([red]);
  expect(of("failure", results)[0]?.findings[0]?.found).toMatch(found);
});

const [group] = job.TaskGroups as [(typeof job.TaskGroups)[number]];
const grouped = (changed: object) =>
  asked({ "/v1/job/overseerr": { ...job, TaskGroups: [{ ...group, ...changed }] } });
const withTask = (name: string, changed: object) =>
  grouped({
    Tasks: group.Tasks.map((task) => (task.Name === name ? { ...task, ...changed } : task)),
  });
const withService = (changed: object) =>
  grouped({
    Services: group.Services.map((each, place) => (place === 0 ? { ...each, ...changed } : each)),
  });

test.each<[what: string, changed: Partial<Answers>, about: string, found: string]>([
  [
    "a disk that stays behind",
    grouped({ EphemeralDisk: { Sticky: true, Migrate: false, SizeMB: 100 } }),
    "disk",
    "sticky, does not migrate, 100 MB",
  ],
  ["no volume", grouped({ Volumes: null }), "volume", "none"],
  ["two of them", grouped({ Count: 2 }), "number of allocations", "2"],
  ["the node's own network", grouped({ Networks: [{ Mode: "host" }] }), "network", "host"],
  [
    "a node that it is tied to",
    withTask("overseerr", {
      Constraints: [{ LTarget: "${node.unique.name}", RTarget: "hestia", Operand: "=" }],
    }),
    "node that it is tied to",
    "hestia",
  ],
  [
    "other datacenters",
    asked({ "/v1/job/overseerr": { ...job, Datacenters: ["attic"] } }),
    "datacenters",
    "attic",
  ],
  [
    "a database on the volume",
    withTask("overseerr", { Config: { image: group.Tasks[1]?.Config.image } }),
    "task overseerr, database",
    "none",
  ],
  ["another time zone", withTask("overseerr", { Env: { TZ: "UTC" } }), "time zone", "UTC"],
  [
    "less memory",
    withTask("overseerr", { Resources: { CPU: 200, MemoryMB: 128, MemoryMaxMB: 128 } }),
    "task overseerr, resources",
    "200 MHz, 128 to 128 MB",
  ],
  [
    "settings elsewhere",
    withTask("overseerr", { VolumeMounts: [{ Volume: "config", Destination: "/config" }] }),
    "task overseerr, volume",
    "config at /config",
  ],
  [
    "a restore that Overseerr does not wait for",
    withTask("litestream-restore", { Lifecycle: { Hook: "poststart", Sidecar: false } }),
    "task litestream-restore, when it runs",
    "poststart",
  ],
  [
    "no restore",
    grouped({ Tasks: group.Tasks.slice(1) }),
    "task litestream-restore",
    "no such task",
  ],
  [
    "keys from elsewhere",
    withTask("litestream", { Templates: null }),
    "task litestream, keys of the store",
    "none",
  ],
  [
    "rarer uploads",
    withTask("litestream", {
      Env: { SYNC_SECONDS: "60", SNAPSHOT_HOURS: "24", RETENTION_HOURS: "168" },
    }),
    "task litestream, seconds and hours of the replica",
    "60, 24, 168",
  ],
])("of a job that was changed past Pulumi, %s is found", async (_, changed, about, found) => {
  const results = await verify(nomad, { ...healthyNomad, ...changed });
  expect(reds(results)).toEqual(["nomad/shape"]);
  expect(of("failure", results)[0]?.findings).toEqual([
    expect.objectContaining({ about, found, fix: "pulumi up --refresh --stack nomad" }),
  ]);
});

test.each<[what: string, changed: Partial<Answers>, about: string, found: string]>([
  ["another catalogue", withService({ Provider: "nomad" }), "catalogue", "nomad"],
  ["another port", withService({ PortLabel: "http" }), "port", "http"],
  ["no mesh", withService({ Connect: null }), "mesh", "none"],
  [
    "the plan's health check",
    withService({ Checks: [{ Type: "http", Path: "/api/v1/status" }] }),
    "health check",
    "http /api/v1/status",
  ],
  [
    "another host name",
    withService({ Tags: ["traefik.http.routers.overseerr.rule=Host(`x.lan`)"] }),
    "rule for Traefik",
    "Host(`x.lan`)",
  ],
])("of how it is announced, %s is found", async (_, changed, about, found) => {
  const results = await verify(nomad, { ...healthyNomad, ...changed });
  expect(reds(results)).toEqual(["nomad/service"]);
  expect(of("failure", results)[0]?.findings).toEqual([expect.objectContaining({ about, found })]);
});

test("a replica that can't be restored is found, actively", async () => {
  const scripts = {
    ...healthyNomad.scripts,
    "litestream restore-drill.sh": new Error("database disk image is malformed"),
  };
  expect(reds(await verify(nomad, { ...healthyNomad, scripts }, true))).toEqual(["nomad/restore"]);
});

test("a store that can't be read is told as such", async () => {
  const scripts = {
    ...healthyNomad.scripts,
    "litestream replica.sh": new Error("403: the access key doesn't exist"),
  };
  const results = await verify(nomad, { ...healthyNomad, scripts });
  expect(reds(results)).toEqual(["nomad/replica"]);
  expect(of("failure", results)[0]?.findings[0]?.found).toContain("403");
});

test("reads what api.sh prints, whatever is in the answers", () => {
  const text = '--- /api/v3/tag\n[\n  {"label": "--- x"}\n]\n=== 200\n--- /api/v3/x\n\n=== 000\n';
  expect([...answers(text, "/api/v3")]).toEqual([
    ["/tag", { status: 200, body: '[\n  {"label": "--- x"}\n]' }],
    ["/x", { status: 0, body: "" }],
  ]);
});

test("an address is a host and the port after it; an app that was not entered has none", () => {
  const text = '"ip": ""\n"port": 32400\n"hostname": "radarr"\n"port": 7878\n"port": 587\n';
  expect(addressesOf(text)).toEqual(["radarr:7878"]);
});

test("an Overseerr that nobody has set up is a warning, one that does not answer is red", async () => {
  const says = (answer: string) => ({
    scripts: { ...healthyNomad.scripts, "litestream overseerr-public.sh": answer },
  });
  const fresh = says('HTTP/1.0 200 OK\r\n\r\n{"initialized":false}');
  expect(warned(await verify(nomad, { ...healthyNomad, ...fresh }))).toEqual(["nomad/answers"]);
  const ill = says("HTTP/1.0 500 Internal Server Error\r\n\r\n");
  expect(reds(await verify(nomad, { ...healthyNomad, ...ill }))).toEqual(["nomad/answers"]);
});

test("an app's own objects only: the same names elsewhere are somebody else's", async () => {
  const elsewhere = { ...inMedia("sonarr"), metadata: { name: "sonarr", namespace: "other" } };
  const gone = object("deployments --all-namespaces", "sonarr", () => elsewhere);
  expect(reds(await verify(homelab, gone(cluster)))).toEqual(["arr/workloads"]);
});

/** Those that both commands have are the doctor's, and so are their fixtures. */
test("each check has a fixture above on which it is not green", () => {
  const lists = (["k3s", "nomad"] as const).flatMap((platform) => {
    const asked = { platform, only: "migration", active: true };
    const doctors = doctorChecks(asked).map(({ id }) => id);
    return verifyChecks(asked).filter(({ id }) => !doctors.includes(id));
  });
  expect(lists.length).toBeGreaterThan(40);
  expect(lists.map(({ id }) => id).filter((id) => !seen.has(id))).toEqual([]);
});
