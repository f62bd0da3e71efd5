import { runChecks, type Result } from "../../../ops/checks/check";
import { doctorChecks } from "../../../ops/checks/doctor";
import { faultsOf } from "../../../ops/checks/doctor/config";
import { typed } from "../../../ops/checks/stack";
import {
  healthyCluster,
  inMedia,
  items,
  named,
  node,
  nodes,
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

async function doctor(stack: Stack, answers: Answers): Promise<Result[]> {
  const { platform } = stack.config;
  const checks = doctorChecks({ platform, only: undefined, active: false });
  const results = await runChecks(checks, recordedWorld(stack, answers));
  for (const id of Object.keys(notGreen(results))) seen.add(id);
  return results;
}

/** What is not green, with the fix that is told. */
const notGreen = (results: readonly Result[]) =>
  Object.fromEntries(
    results
      .filter(({ status }) => status === "failure" || status === "warning")
      .map(({ check, findings }) => [check.id, findings.map(({ fix }) => fix).join("; ")]),
  );

test.each(["homelab", "nomad"] as const)("nothing is wrong with a healthy %s", async (name) => {
  const results =
    name === "homelab" ? await doctor(homelab, cluster) : await doctor(nomad, healthyNomad);
  expect(notGreen(results)).toEqual({});
  expect(results.filter(({ status }) => status === "ok").length).toBeGreaterThan(12);
});

const kube = (changed: Record<string, unknown>) => (healthy: Healthy) => ({
  ...healthy,
  kube: { ...healthy.kube, ...changed },
});
const tool = (question: string, answer: string | Error) => (healthy: Healthy) => ({
  ...healthy,
  tools: { ...healthy.tools, [question]: answer },
});
const { w1, w3 } = nodes;
const longhornClass = (name: string) => ({
  ...named(name),
  provisioner: "driver.longhorn.io",
  parameters: { numberOfReplicas: "2" },
});
const longhornNode = (name: string, gibibytes: number) => ({
  ...named(name),
  spec: { allowScheduling: true },
  status: {
    conditions: [{ type: "Ready", status: "True" }],
    diskStatus: {
      disk: {
        storageMaximum: gibibytes * 1024 ** 3,
        storageScheduled: 0,
        conditions: [{ type: "Schedulable", status: "True" }],
      },
    },
  },
});
const longhorn = (...all: unknown[]) => ({
  storageclasses: items(longhornClass("longhorn-simple"), longhornClass("longhorn-rwx")),
  "nodes.longhorn.io --namespace=longhorn-system": items(...all),
  "persistentvolumeclaims --all-namespaces": items(),
});

type Case = [what: string, change: (healthy: Healthy) => Answers, red: Record<string, string>];

test.each<Case>([
  [
    "an old Node",
    tool("node --version", "v18.1.0"),
    { "workstation/node": "install a newer one: https://nodejs.org/en/download" },
  ],
  [
    "an old Pulumi",
    tool("pulumi version", "v3.100.0"),
    { "workstation/pulumi": "install a newer one: https://www.pulumi.com/docs/install/" },
  ],
  [
    "an `up` that was cut off",
    (healthy) => ({ ...healthy, state: { resources: [], ...healthy.state, pending: 2 } }),
    { "workstation/stack": "npm run recover -- homelab" },
  ],
  [
    "no Pulumi",
    tool("pulumi version", new Error("pulumi is not on the PATH")),
    { "workstation/pulumi": "install it: https://www.pulumi.com/docs/install/" },
  ],
  [
    "no sops",
    tool("sops --version", new Error("sops is not on the PATH")),
    { "workstation/sops": "install it: https://github.com/getsops/sops/releases" },
  ],
  [
    "no kubectl",
    tool("kubectl version --client --output=json", new Error("kubectl is not on the PATH")),
    { "workstation/kubectl": "install it: https://kubernetes.io/docs/tasks/tools/" },
  ],
  [
    "no age key",
    (healthy) => ({ ...healthy, secrets: new Error("no key at hand decrypts it; point to it") }),
    { "secrets/readable": "point to it" },
  ],
  [
    "a cluster that is away",
    kube({ nodes: new Error("connection refused") }),
    { "cluster/reachable": "look for yourself: kubectl get nodes" },
  ],
  [
    "a context that the kubeconfig doesn't have",
    (healthy) =>
      tool(
        "kubectl config get-contexts --output=name",
        "home\nlab\n",
      )({
        ...healthy,
        kube: { ...healthy.kube, nodes: new Error('context "default" does not exist') },
      }),
    { "cluster/reachable": "pulumi config set --path kubernetes.context home" },
  ],
  [
    "an old cluster",
    kube({
      nodes: items(
        { ...w1, status: { ...w1.status, nodeInfo: { kubeletVersion: "v1.27.3" } } },
        w3,
      ),
    }),
    {
      "cluster/version":
        "upgrade the cluster, one minor version at a time: https://docs.k3s.io/upgrades; install another: https://kubernetes.io/docs/tasks/tools/",
    },
  ],
  [
    "a user who may only read",
    (healthy) => ({
      ...healthy,
      rights: {
        incomplete: false,
        resourceRules: [
          { verbs: ["get", "list", "watch"], apiGroups: ["*"], resources: ["*"] },
          { verbs: ["*"], apiGroups: ["", "apps"], resources: ["*", "*/*"] },
          { verbs: ["*"], apiGroups: ["storage.k8s.io"], resources: ["*"] },
        ],
      },
    }),
    {
      "cluster/rights": Array.from({ length: 2 })
        .fill(
          "use a context with the rights of cluster-admin (kubernetes.context), or have them granted",
        )
        .join("; "),
    },
  ],
  [
    "a namespace of somebody else's",
    (healthy) => ({ ...healthy, state: { resources: [], pending: 0 } }),
    {
      "cluster/namespace": "pulumi config set --path namespace.mode adopt",
      "cluster/storage-classes":
        "pulumi config set --path storage.block.mode reference; pulumi config set --path storage.shared.mode reference",
    },
  ],
  [
    "a StorageClass that is gone",
    kube({ storageclasses: items(named("longhorn-simple")) }),
    { "cluster/storage-classes": "pulumi up --refresh" },
  ],
  [
    "an IngressClass of another name",
    kube({ ingressclasses: items(named("nginx")) }),
    {
      "cluster/ingress-class":
        "pulumi config set --path ingress.className nginx, then pulumi up; or give the controller back the class traefik",
    },
  ],
  [
    "no MetalLB",
    kube({
      "ipaddresspools.metallb.io --all-namespaces": new Error(
        `the server doesn't have a resource type "ipaddresspools"`,
      ),
    }),
    {
      "cluster/address-pools":
        "look for yourself: kubectl get ipaddresspools.metallb.io --all-namespaces",
    },
  ],
  [
    "a fixed address outside the pool",
    kube({
      "ipaddresspools.metallb.io --all-namespaces": items({
        ...named("pool"),
        spec: { addresses: ["10.0.0.0/24"] },
      }),
    }),
    {
      "cluster/addresses":
        "pulumi config set --path transcoding.address to an address of the pool that is free",
    },
  ],
  [
    "a fixed address that another Service has",
    kube({
      "services --all-namespaces": items({
        ...inMedia("dns"),
        spec: {},
        status: { loadBalancer: { ingress: [{ ip: "192.168.100.101" }] } },
      }),
    }),
    {
      "cluster/addresses":
        "pulumi config set --path transcoding.address to an address of the pool that is free",
    },
  ],
  [
    "a storage node without its label",
    kube({ nodes: items({ ...w1, metadata: { name: "k3s-w1", labels: {} } }, w3) }),
    {
      "nodes/placement": "kubectl label node k3s-w1 node.longhorn.io/storage=enabled --overwrite",
    },
  ],
  [
    "a cordoned storage node",
    kube({ nodes: items({ ...w1, spec: { unschedulable: true } }, w3) }),
    { "nodes/placement": "kubectl uncordon k3s-w1" },
  ],
  [
    "a taint that nobody tolerates",
    kube({
      nodes: items(
        w1,
        node("k3s-w3", { gpu: "true" }, { key: "own", value: "x", effect: "NoSchedule" }),
      ),
    }),
    { "nodes/placement": "kubectl taint node k3s-w3 own=x:NoSchedule-" },
  ],
  [
    "a GPU that nobody announces",
    kube({ nodes: items(w1, { ...w3, status: { ...w3.status, allocatable: {} } }) }),
    {
      "nodes/gpu":
        "does the node have /dev/dri, and is gpu.resource right? then look at the plugin: kubectl logs daemonset/intel-gpu-plugin",
    },
  ],
  [
    "one Longhorn node for two replicas",
    kube(longhorn(longhornNode("k3s-w1", 1000))),
    {
      "storage/longhorn": Array.from({ length: 2 })
        .fill(
          "allow scheduling on another node (Longhorn, Node), or label it: kubectl label node NODE node.longhorn.io/create-default-disk=true",
        )
        .join("; "),
    },
  ],
  [
    "too little room on the second Longhorn node",
    kube(longhorn(longhornNode("k3s-w1", 1000), longhornNode("k3s-w2", 60))),
    {
      "storage/longhorn":
        "give Longhorn more disk, or make the claims smaller: apps.<app>.size, storage.symlinks",
    },
  ],
  [
    "a namespace that allows no privileges",
    kube({
      namespaces: items(
        named("media", { labels: { "pod-security.kubernetes.io/enforce": "baseline" } }),
      ),
    }),
    {
      "privileges/namespace":
        "kubectl label namespace media pod-security.kubernetes.io/enforce=privileged --overwrite",
    },
  ],
])("%s is found, with its fix, and nothing else is red", async (_, change, red) => {
  expect(notGreen(await doctor(homelab, change(cluster)))).toEqual(red);
});

test("a program that makes no plan is told in its own words", async () => {
  const broken = { ...recordedWorld(homelab, cluster), plan: () => Promise.reject(new Error("x")) };
  const checks = doctorChecks({ platform: "k3s", only: undefined, active: false });
  const results = await runChecks(checks, broken);
  expect(notGreen(results)).toEqual({ "config/plans": "look for yourself: npm run render" });
  seen.add("config/plans");
});

test("claims that are to be taken over have to be there", async () => {
  const storage = { ...(homelab.config as { storage: object }).storage, claims: "adopt" };
  const adopting = await plannedStack("homelab", { storage });
  const gone = kube({ "persistentvolumeclaims --all-namespaces": items(inMedia("config-plex")) });
  const results = await doctor(adopting, gone(cluster));
  const found = results.find(({ check }) => check.id === "storage/adopted");
  expect(found?.status).toBe("failure");
  expect(found?.findings.map(({ about }) => about)).toContain("config-sonarr");
  expect(found?.findings.map(({ about }) => about)).not.toContain("config-plex");
});

test("a faulty config blocks what asks for it, and every fault is a finding", async () => {
  const config = new Error(
    "The stack's config has to be corrected:\n" +
      "✗ storage.media.server: missing, expected the NFS server\n    in Pulumi.homelab.yaml:7\n    fix: pulumi config set x y\n" +
      '✗ plex.size: found "1", expected a size\n    in Pulumi.homelab.yaml:9\n    fix: pulumi config set z 1Gi',
  );
  const results = await doctor(homelab, { ...cluster, config });
  expect(results.filter(({ status }) => status === "failure").map(({ check }) => check.id)).toEqual(
    ["config/valid"],
  );
  expect(results.filter(({ blockedBy }) => blockedBy === "config/valid").length).toBeGreaterThan(8);
  expect(faultsOf(config, "a sound one")).toEqual([
    {
      about: "storage.media.server",
      found: "missing (in Pulumi.homelab.yaml:7)",
      expected: "the NFS server",
      fix: "pulumi config set x y",
    },
    {
      about: "plex.size",
      found: '"1" (in Pulumi.homelab.yaml:9)',
      expected: "a size",
      fix: "pulumi config set z 1Gi",
    },
  ]);
});

type NomadCase = [what: string, changed: Record<string, unknown>, red: Record<string, string>];

const [client] = healthyNomad.nomad["/v1/nodes"];

test.each<NomadCase>([
  [
    "no leader",
    { "/v1/status/leader": "" },
    { "nomad/reachable": "look at the servers' logs: most of them have to run" },
  ],
  [
    "an address where nobody answers",
    { "/v1/status/leader": new Error("connection refused") },
    {
      "nomad/reachable":
        "is an agent up there? else: pulumi config set --path nomad.address http://<a server>:4646",
    },
  ],
  [
    "a token that is refused",
    { "/v1/jobs": new Error("Permission denied") },
    { "nomad/token": "export NOMAD_TOKEN=… with a token that may submit jobs and read nodes" },
  ],
  [
    "an old client",
    { "/v1/nodes": [{ ...client, Version: "1.9.3" }] },
    { "nomad/version": "upgrade it: https://developer.hashicorp.com/nomad/docs/upgrade" },
  ],
  [
    "clients in another datacenter only",
    { "/v1/nodes": [{ ...client, Datacenter: "attic" }] },
    { "nomad/datacenter": "pulumi config set --path 'nomad.datacenters[0]' attic" },
  ],
  [
    "a client that is closed to new jobs",
    { "/v1/nodes": [{ ...client, SchedulingEligibility: "ineligible" }] },
    { "nomad/datacenter": "nomad node eligibility -enable c1" },
  ],
  [
    "a client that was drained and forgotten",
    { "/v1/nodes": [{ ...client, SchedulingEligibility: "ineligible", Drain: true }] },
    { "nomad/datacenter": "nomad node drain -disable -yes c1" },
  ],
  [
    "clients that are all down",
    { "/v1/nodes": [{ ...client, Status: "down" }] },
    { "nomad/datacenter": "start a client's agent: nomad node status" },
  ],
  [
    "Docker that is ill",
    { "/v1/nodes": [{ ...client, Drivers: { docker: { Healthy: false } } }] },
    { "nomad/docker": "start Docker there, and let Nomad's agent use its socket" },
  ],
  [
    "a CSI plugin without a node",
    { "/v1/plugin/csi/glusterfs": { NodesHealthy: 0 } },
    { "nomad/volume": "nomad plugin status glusterfs; start the job that runs it" },
  ],
  [
    "no memory beyond what is reserved",
    {
      "/v1/operator/scheduler/configuration": {
        SchedulerConfig: { MemoryOversubscriptionEnabled: false },
      },
    },
    { "nomad/memory": "nomad operator scheduler set-config -memory-oversubscription=true" },
  ],
  [
    "a job that was purged",
    { "/v1/job/overseerr": new Error("job not found") },
    { "nomad/job": "pulumi up --refresh --stack nomad" },
  ],
])("%s is found, with its fix, and nothing else is red", async (_, changed, red) => {
  const answers = { ...healthyNomad, nomad: { ...healthyNomad.nomad, ...changed } };
  expect(notGreen(await doctor(nomad, answers))).toEqual(red);
});

test("without Nomad's command line there is nothing to ask", async () => {
  const tools = { ...healthyNomad.tools, "nomad version": new Error("nomad is not on the PATH") };
  expect(notGreen(await doctor(nomad, { ...healthyNomad, tools }))).toEqual({
    "workstation/nomad": "install it: https://developer.hashicorp.com/nomad/install",
  });
});

test.each([
  ["nothing", new Error("Variable not found"), "nomad var put nomad/jobs/overseerr"],
  ["one of two", { Items: { MINIO_ACCESS_KEY: "canary" } }, "nomad var put nomad/jobs/overseerr"],
])("of the store's keys, %s is too little, and no value is shown", async (_, answer, fix) => {
  const overseerr = {
    volume: { kind: "host", source: "own", plugin: null },
    replica: { keys: { from: "variable", path: null } },
  };
  const stack = await plannedStack("nomad", { overseerr });
  const results = await doctor(stack, {
    ...healthyNomad,
    nomad: { ...healthyNomad.nomad, "/v1/var/nomad/jobs/overseerr": answer },
  });
  expect(notGreen(results)["nomad/keys"]).toContain(fix);
  expect(notGreen(results)["nomad/volume"]).toContain('host_volume "own"');
  expect(JSON.stringify(results)).not.toContain("canary");
});

test("commands name the stack and the cluster that are meant", () => {
  const told = (command: string, { name, config }: Stack) => typed(command, name, config);
  expect(told("kubectl get nodes; pulumi config set --path a b", homelab)).toBe(
    "kubectl --context default --namespace media get nodes; pulumi config set --stack homelab --path a b",
  );
  expect(told("pulumi up --refresh --stack homelab", homelab)).toBe(
    "pulumi up --refresh --stack homelab",
  );
  expect(told("nomad job start overseerr", nomad)).toBe(
    "NOMAD_ADDR=https://nomad.brmartin.co.uk:443 nomad job start overseerr",
  );
});

/** How a move stands is told and not judged; whether it can begin has its fixtures in migration.test.ts. */
const elsewhere = ["migration/steps", "migration/ready"];

test("each check has a fixture above on which it is not green", () => {
  const all = (["k3s", "nomad"] as const).flatMap((platform) =>
    doctorChecks({ platform, only: "migration", active: false }),
  );
  expect(all.length).toBeGreaterThan(30);
  const without = all.map(({ id }) => id).filter((id) => !seen.has(id));
  expect(without.filter((id) => !elsewhere.includes(id))).toEqual([]);
});
