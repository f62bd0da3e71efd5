/**
 * What the stack file of the k3s stack may say: one strict object per concern.
 * A `description` and an example on each leaf feed the editors' schema and the errors' "fix" line.
 */
import { z } from "zod";
import { plexMigration } from "./plex-migration";
import {
  address,
  directory,
  dnsLabel,
  hostname,
  name,
  network,
  pool,
  plexTag,
  quantity,
  secretsFile,
  timezone,
  webUrl,
} from "./fields";

const kubernetes = z
  .strictObject({
    context: name("default").describe("Context of the kubeconfig that names the cluster."),
    kubeconfig: name("/etc/rancher/k3s/k3s.yaml")
      .optional()
      .describe("Path of the kubeconfig; by default the one that kubectl uses."),
  })
  .describe("The cluster.");

const namespace = z
  .strictObject({
    name: dnsLabel("media").describe("Namespace that holds everything of this stack."),
    mode: z
      .enum(["create", "adopt", "reference"])
      .default("create")
      .describe("create it; adopt one that exists (kept on destroy); or only reference it."),
  })
  .describe("The namespace, and whether it exists already.");

const secrets = z
  .strictObject({
    file: secretsFile("homelab"),
  })
  .prefault({})
  .describe("Where the secrets lie, encrypted.");

const ingress = z
  .strictObject({
    domain: hostname("homelab").describe("Domain under which each app gets its host name."),
    className: name("traefik").default("traefik").describe("IngressClass of the controller."),
    entryPoint: name("web")
      .optional()
      .describe(
        "Traefik entry point; by default the controller's own. A wrong one drops the route.",
      ),
    tls: z.boolean().default(false).describe("Serve the hosts over https."),
  })
  .describe("Host names, and the controller that serves them.");

const metallb = z
  .strictObject({
    pools: z
      .array(pool("192.168.1.240-192.168.1.250"))
      .min(1, { error: "at least one pool" })
      .optional()
      .describe("Addresses that MetalLB may hand out; fixed ones are checked against them."),
  })
  .prefault({})
  .describe("The addresses of Services of type LoadBalancer.");

const identity = z
  .strictObject({
    puid: z.int().min(1).default(1000).describe("User id that owns the apps' files."),
    pgid: z.int().min(1).default(1000).describe("Group id that owns the apps' files."),
    timezone: timezone.default("UTC").describe("Time zone of the apps."),
  })
  .prefault({})
  .describe("As whom the apps run.");

const paths = z
  .strictObject({
    dfs: directory("/mnt/dfs").default("/mnt/dfs").describe("Decypharr's file system."),
    streaming: directory("/mnt/streaming-media")
      .default("/mnt/streaming-media")
      .describe("Symlink library: root folders of the *arr apps, sections of Plex."),
    media: directory("/mnt/media").default("/mnt/media").describe("Permanent library on the NAS."),
    transcode: directory("/mnt/transcode")
      .default("/mnt/transcode")
      .describe("Plex's transcode directory, the same in every worker."),
  })
  .prefault({})
  .describe("Where every app finds the shared folders: one table, so that links resolve in all.");

function storageClass(defaultName: string) {
  return z
    .strictObject({
      class: name(defaultName).default(defaultName).describe("Name of the StorageClass."),
      mode: z
        .enum(["create", "reference"])
        .default("reference")
        .describe("create the StorageClass, or reference one that exists."),
    })
    .prefault({});
}

/** A folder of the NAS, or of the one node there is. */
const folder = {
  server: hostname("192.168.1.10")
    .optional()
    .describe("Address of the NFS server, as the nodes reach it."),
  size: (of: string) => quantity(of).default(of).describe("Size that the volume states."),
};

function nas(path: string, size: string) {
  return z.strictObject({
    kind: z
      .enum(["nfs", "hostPath"])
      .default("nfs")
      .describe("nfs: an export of the NAS; hostPath: a folder of a cluster's only node."),
    server: folder.server,
    path: directory(path).describe("Exported folder, or folder of the node."),
    size: folder.size(size),
  });
}

const storage = z
  .strictObject({
    protect: z
      .boolean()
      .default(true)
      .describe("Refuse to delete what holds data; false only for a throw-away stack."),
    claims: z
      .enum(["create", "adopt"])
      .default("create")
      .describe("create the claims; or adopt those that an earlier stack has left."),
    block: storageClass("longhorn-simple").describe("StorageClass of the apps' config claims."),
    shared: storageClass("longhorn-rwx").describe("StorageClass of claims that many nodes mount."),
    symlinks: quantity("10Gi")
      .default("10Gi")
      .describe("Size of the symlink library; the *arr apps refuse releases above its free space."),
    media: nas("/mnt/user/media", "100Gi").describe("Permanent library on the NAS."),
    transcode: z
      .strictObject({
        kind: z
          .enum(["shared", "nfs", "hostPath"])
          .default("shared")
          .describe("A claim of the shared class, an export of the NAS, or a folder of the node."),
        server: folder.server,
        path: directory("/mnt/user/transcode")
          .optional()
          .describe("Exported folder, or folder of the node."),
        size: folder.size("500Gi"),
      })
      .prefault({})
      .describe("Where Plex and its ClusterPlex workers transcode."),
    library: nas("/mnt/user/library", "100Gi")
      .optional()
      .describe("Media of a migrated Plex, read-only at /media/library."),
    optimized: nas("/mnt/user/optimized", "100Gi")
      .optional()
      .describe("Optimized versions of a migrated Plex, at /media/optimized."),
  })
  .describe("Where the apps' state and the media lie.");

/** The keys that every web app has; `size` differs from app to app. */
function webApp(size: string) {
  return {
    enabled: z.boolean().default(true).describe("Leave the app out when false."),
    keepState: z
      .boolean()
      .default(true)
      .describe("Keep the config claim of an app that is left out, for its return."),
    host: hostname("tv.homelab")
      .optional()
      .describe("Host name; by default the app's name under ingress.domain."),
    size: quantity(size).default(size).describe("Size of the config claim."),
  };
}

const simpleApp = (size: string) => z.strictObject(webApp(size)).prefault({});

const decypharr = z
  .strictObject({
    ...webApp("5Gi"),
    usenet: z.boolean().default(true).describe("Stream from a Usenet provider too."),
    access: z
      .enum(["nfs", "hostPath"])
      .default("nfs")
      .describe("How the others reach its files: over NFS, or on the same node only."),
    hostPath: directory("/mnt/k8s/decypharr-dfs")
      .default("/mnt/k8s/decypharr-dfs")
      .describe("Folder of the node under which its file system is mounted."),
    nfsClients: z
      .array(network("192.168.1.0/24"))
      .default([])
      .describe("Networks of the nodes, the only ones that may read the NFS export."),
    cacheSize: quantity("2Gi").default("2Gi").describe("Its cache on the config claim."),
  })
  .prefault({});

const apps = z
  .strictObject({
    sonarr: simpleApp("10Gi").describe("Sonarr: TV series."),
    radarr: simpleApp("10Gi").describe("Radarr: films."),
    prowlarr: simpleApp("5Gi").describe("Prowlarr: indexers."),
    profilarr: simpleApp("2Gi").describe("Profilarr: quality profiles."),
    pulsarr: simpleApp("1Gi").describe("Pulsarr: Plex watchlists."),
    decypharr: decypharr.describe("Decypharr: files of a debrid or Usenet service."),
  })
  .prefault({})
  .describe("The apps, each of which can be left out.");

const plex = z
  .strictObject({
    ...webApp("50Gi"),
    replicas: z
      .literal(1, { error: "1, because Plex's database allows exactly one server" })
      .default(1)
      .describe("How many servers run; Plex's database allows exactly one."),
    ingress: z.boolean().default(true).describe("Serve the web UI through the Ingress too."),
    address: address("192.168.1.240")
      .optional()
      .describe("Fixed LoadBalancer address; by default any of the pool."),
    claim: z
      .boolean()
      .default(false)
      .describe("Claim a new server for the account of the secret plexToken."),
    tag: plexTag
      .optional()
      .describe("Tag of the Plex image, where an old server needs another than the pinned one."),
    migration: plexMigration.optional(),
    customConnections: z
      .array(webUrl("https://plex.example.org:443"))
      .default([])
      .describe("Further addresses under which clients find the server."),
    plexTv: webUrl("https://plex.tv")
      .default("https://plex.tv")
      .describe("Address of the service that signs servers in."),
  })
  .prefault({})
  .describe("The Plex media server.");

const transcoding = z
  .strictObject({
    mode: z
      .enum(["none", "single-gpu", "clusterplex"])
      .default("none")
      .describe("On Plex's own CPU, on the GPU of its node, or on ClusterPlex workers."),
    workers: z.int().min(1).default(1).describe("Number of ClusterPlex workers."),
    address: address("192.168.1.241")
      .optional()
      .describe("Fixed LoadBalancer address of the orchestrator; by default any of the pool."),
  })
  .prefault({})
  .describe("Who transcodes.");

const gpu = z
  .strictObject({
    plugin: z
      .enum(["install", "reference"])
      .default("install")
      .describe("install Intel's device plugin, or reference one that runs already."),
    resource: z
      .enum(["gpu.intel.com/i915", "gpu.intel.com/xe"])
      .default("gpu.intel.com/i915")
      .describe("Resource that the plugin announces; it depends on the kernel driver."),
    shared: z.int().min(1).default(1).describe("How many pods may share one GPU."),
    renderGroup: z
      .int()
      .min(1)
      .optional()
      .meta({ examples: [992] })
      .describe("Group id of /dev/dri/renderD128 on the node."),
    onStorageNode: z
      .boolean()
      .default(false)
      .describe("Whether the GPU sits in one of the storage nodes."),
    longhorn: z
      .boolean()
      .default(true)
      .describe("Whether the GPU node can mount Longhorn volumes; an LXC container can't."),
  })
  .describe("The GPU node, labelled gpu=true; left out where there is none.");

/** The k3s stack. */
export const homelabConfig = z.strictObject({
  platform: z.literal("k3s"),
  kubernetes,
  namespace,
  secrets,
  storage,
  paths,
  ingress,
  metallb,
  identity,
  apps,
  plex,
  transcoding,
  gpu: gpu.optional(),
});

export type HomelabConfig = z.infer<typeof homelabConfig>;
