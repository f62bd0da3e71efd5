/** Answers of a cluster in which a planned k3s stack has come up as it should. */
import { expectedObjects, type Expected, type ExpectedWorkload } from "../../ops/checks/expected";
import { obstacle, type KubeNode, type KubePod } from "../../ops/checks/kubernetes";
import { recordedWorld, type Answers, type Stack } from "./world";

const storage = { key: "node.longhorn.io/storage", value: "enabled", effect: "NoSchedule" };
const gpu = { key: "gpu", value: "true", effect: "NoSchedule" };

export function node(
  name: string,
  labels: Record<string, string>,
  taint: { key: string; value: string; effect: string },
  allocatable: Record<string, string> = {},
) {
  return {
    metadata: { name, labels },
    spec: { taints: [taint] },
    status: {
      conditions: [{ type: "Ready", status: "True" }],
      allocatable,
      nodeInfo: { kubeletVersion: "v1.34.1+k3s1" },
    },
  };
}

export const nodes = {
  w1: node(
    "k3s-w1",
    { "node.longhorn.io/storage": "enabled", "node.longhorn.io/primary": "true" },
    storage,
  ),
  w3: node("k3s-w3", { gpu: "true" }, gpu, { "gpu.intel.com/i915": "1" }),
};

export const items = (...all: readonly unknown[]) => ({ items: all });
export const named = (name: string, more: object = {}) => ({ metadata: { name, ...more } });
export const inMedia = (name: string) => named(name, { namespace: "media" });

const selectorOf = (name: string) => ({
  "app.kubernetes.io/name": name,
  "app.kubernetes.io/instance": name,
});

/** A workload's pod, ready on the first node that takes it. */
export function podOf({ metadata, pod }: ExpectedWorkload): KubePod {
  const all: readonly KubeNode[] = Object.values(nodes);
  const home = all.find((each) => obstacle(pod, each) === undefined);
  const statuses = pod.containers.map(({ name }) => ({ name, ready: true }));
  return {
    metadata: { name: `${metadata.name}-0`, namespace: "media", labels: selectorOf(metadata.name) },
    spec: { ...pod, nodeName: home?.metadata.name ?? "none" },
    status: {
      phase: "Running",
      conditions: [{ type: "Ready", status: "True" }],
      containerStatuses: statuses,
    },
  };
}

/** What `kubectl get` answers where everything of the plan is there and well. */
export function healthyObjects(expected: Expected): Record<string, unknown> {
  const ip = { loadBalancer: { ingress: [{ ip: "192.168.100.100" }] } };
  const own = <T extends { metadata: object }>(each: T) => ({
    ...each,
    metadata: { ...each.metadata, namespace: "media" },
  });
  const workloads = (kind: string) =>
    items(
      ...expected.workloads
        .filter((each) => each.kind === kind)
        .map(({ metadata, replicas, pod }) =>
          own({ kind, metadata, spec: { replicas, template: { spec: pod } } }),
        ),
    );
  return {
    nodes: items(...Object.values(nodes)),
    namespaces: items(named("media")),
    storageclasses: items(
      { ...named("longhorn-simple"), provisioner: "other" },
      { ...named("longhorn-rwx"), provisioner: "other" },
    ),
    ingressclasses: items(named("traefik")),
    "ipaddresspools.metallb.io --all-namespaces": items({
      ...named("pool"),
      spec: { addresses: ["192.168.100.100-192.168.100.150", "fd00::1-fd00::9"] },
    }),
    "services --all-namespaces": items(
      ...expected.services.map((each) => {
        const address = each.metadata.annotations?.["metallb.io/loadBalancerIPs"];
        const given = address ? { loadBalancer: { ingress: [{ ip: address }] } } : ip;
        return own({ ...each, ...(each.spec.type === "LoadBalancer" && { status: given }) });
      }),
    ),
    "deployments --all-namespaces": workloads("Deployment"),
    "statefulsets --all-namespaces": workloads("StatefulSet"),
    "daemonsets --all-namespaces": workloads("DaemonSet"),
    "pods --all-namespaces": items(...expected.workloads.map(podOf)),
    "ingresses --all-namespaces": items(
      ...expected.ingresses.map((each) => own({ ...each, status: ip })),
    ),
    "networkpolicies --all-namespaces": items(...expected.networkPolicies.map(own)),
    "endpointslices --all-namespaces": items(
      ...expected.services.map(({ metadata, spec }) => ({
        metadata: {
          name: `${metadata.name}-x`,
          namespace: "media",
          labels: { "kubernetes.io/service-name": metadata.name },
        },
        endpoints: [
          {
            conditions: { ready: true },
            targetRef: { name: `${spec.selector?.["app.kubernetes.io/name"] ?? ""}-0` },
          },
        ],
      })),
    ),
    "persistentvolumeclaims --all-namespaces": items(
      ...expected.claims.map((each) =>
        own({
          ...each,
          status: { phase: "Bound", capacity: { storage: each.spec.resources.requests.storage } },
        }),
      ),
    ),
    persistentvolumes: items(),
  };
}

export type Healthy = Answers & { readonly kube: Record<string, unknown> };

/** The answers as a whole, for a stack that an `up` has brought up. */
export async function healthyCluster(stack: Stack): Promise<Healthy> {
  const expected = await expectedObjects(recordedWorld(stack, {}));
  return {
    kube: healthyObjects(expected),
    tools: {
      "node --version": "v20.20.2\n",
      "pulumi version": "v3.259.0\n",
      "sops --version": "sops 3.13.3 (latest)\n",
      "kubectl version --client --output=json": '{"clientVersion": {"gitVersion": "v1.34.1"}}',
      "nomad version": "Nomad v1.10.5\n",
    },
    rights: {
      incomplete: false,
      resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }],
    },
    state: {
      pending: 0,
      resources: stack.plan.resources.map(({ type, name }) => ({ type, name })),
    },
    outputs: { urls: { sonarr: "http://sonarr.homelab" } },
    scripts: healthyScripts(),
    http: healthyHosts(),
  };
}

/** What api.sh prints. */
export const told = (answers: Readonly<Record<string, unknown>>, status = 200) =>
  Object.entries(answers)
    .map(([path, body]) => `--- ${path}\n${JSON.stringify(body)}\n=== ${status.toString()}\n`)
    .join("");

/** The settings of Sonarr or Radarr as a person has entered them. */
export function librarian(appName: string, section: string, changed: object = {}): string {
  const category = {
    name: appName === "Sonarr" ? "tvCategory" : "movieCategory",
    value: appName.toLowerCase(),
  };
  const client = [
    { name: "host", value: "decypharr.media" },
    { name: "port", value: 8282 },
    category,
  ];
  const folders = [`/mnt/streaming-media/${section}`, `/mnt/media/${section}`];
  return told({
    "/api/v3/system/status": { appName },
    "/api/v3/config/mediamanagement": {
      copyUsingHardlinks: false,
      skipFreeSpaceCheckWhenImporting: true,
    },
    "/api/v3/rootfolder": folders.map((path) => ({ path, accessible: true })),
    "/api/v3/downloadclient": [{ name: "Decypharr", enable: true, tags: [4], fields: client }],
    "/api/v3/tag": [{ id: 4, label: "streaming" }],
    "/api/v3/indexer": [{ name: "Own (Prowlarr)", enableAutomaticSearch: true }],
    "/api/v3/queue/status": { totalCount: 2, errors: false, warnings: false },
    "/api/v3/health": [{ type: "notice", message: "New update is available" }],
    ...changed,
  });
}

const application = (app: string, port: number) => ({
  syncLevel: "fullSync",
  fields: [{ name: "baseUrl", value: `http://${app}.media:${port.toString()}` }],
});

const section = (...folders: string[]) =>
  `<Directory key="1">${folders.map((path) => `<Location id="1" path="${path}"/>`).join("")}</Directory>`;

function healthyScripts(): Record<string, string> {
  const readers = [
    ...["deployment/sonarr", "deployment/radarr"],
    ...["statefulset/plex", "statefulset/clusterplex-worker"],
  ];
  const all = ["statefulset/decypharr", ...readers];
  const same = (pods: readonly string[], file: string, answer: string) =>
    Object.fromEntries(pods.map((pod) => [`${pod} ${file}`, answer]));
  return {
    "deployment/sonarr api.sh": librarian("Sonarr", "tv"),
    "deployment/radarr api.sh": librarian("Radarr", "movies"),
    "deployment/prowlarr api.sh": told({
      "/api/v1/system/status": { appName: "Prowlarr" },
      "/api/v1/applications": [application("sonarr", 8989), application("radarr", 7878)],
      "/api/v1/indexer": [{ enable: true }],
      "/api/v1/health": [],
    }),
    ...same(all, "look-at-dfs.sh", "alive v2.4\n"),
    ...same(["deployment/sonarr", "deployment/radarr"], "names.sh", ""),
    ...same(readers.slice(2), "folders.sh", ""),
    ...same(all, "resolve.sh", ""),
    ...same(
      ["deployment/sonarr", "deployment/radarr"],
      "reach.sh",
      "http://decypharr.media:8282/version 200\n",
    ),
    "deployment/prowlarr reach.sh": "http://sonarr.media:8989/ping 200\n",
    "statefulset/decypharr links.sh": "/mnt/streaming-media/tv/a.mkv\n",
    "statefulset/decypharr link.sh": "",
    ...same(
      ["deployment/radarr", "statefulset/decypharr", "statefulset/plex"],
      "write-probe.sh",
      "written\n",
    ),
    "statefulset/clusterplex-worker devices.sh": "/dev/dri/renderD128 ",
    "statefulset/plex plex-play.sh":
      "206 0.8 /mnt/streaming-media/tv/a.mkv\n206 0.1 /mnt/media/movies/b.mkv\n",
    "statefulset/plex plex-sections.sh":
      section("/mnt/streaming-media/tv", "/mnt/media/tv") +
      section("/mnt/streaming-media/movies", "/mnt/media/movies"),
  };
}

const ok = (body: string) => ({ status: 200, body });

function healthyHosts() {
  const at = (app: string, path: string) => `${app}.homelab http://192.168.100.100${path}`;
  const ping = ok('{"status": "OK"}');
  const identity = ok('<MediaContainer claimed="1" machineIdentifier="abc"/>');
  return {
    [at("sonarr", "/ping")]: ping,
    [at("radarr", "/ping")]: ping,
    [at("prowlarr", "/ping")]: ping,
    [at("profilarr", "/")]: ok("<title>Profilarr</title>"),
    [at("pulsarr", "/health")]: ok('{"status": "ok"}'),
    [at("decypharr", "/version")]: ok('{"version": "v2.4"}'),
    [at("plex", "/identity")]: identity,
    // The ingress controller, which knows no such host.
    "http://192.168.100.100/": { status: 404, body: "404 page not found" },
    "http://192.168.100.100:32400/identity": identity,
    "http://192.168.100.101:3500/health": ok("{}"),
    "http://192.168.100.101:3500/metrics": ok("jobs_posted 3\nworkers_active 1\n"),
  };
}
