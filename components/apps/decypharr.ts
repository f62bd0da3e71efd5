import * as path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { images } from "../images";
import type { Env, SecretRef } from "../kubernetes/env";
import { fileMount, projectFiles } from "../kubernetes/files";
import { ingress } from "../kubernetes/ingress";
import { labels, selectorLabels } from "../kubernetes/labels";
import type { ContainerSpec, Mount, ServerSpec } from "../kubernetes/pod";
import { exec, httpGet, tcpConnect } from "../kubernetes/probes";
import { appSecret } from "../kubernetes/secret";
import { fuseMounter, linuxserver, unprivileged, type Identity } from "../kubernetes/security";
import { clusterUrl, service } from "../kubernetes/service";
import { podTemplate, type Site } from "../kubernetes/web-app";
import type { Dfs } from "../storage/dfs";
import { downloadFolder, sections, type MediaLibrary } from "../storage/media";
import { StaticVolume } from "../storage/static-volume";

/** An account at a Usenet provider. */
export interface UsenetAccount {
  readonly host: pulumi.Input<string>;
  readonly username: pulumi.Input<string>;
  readonly password: pulumi.Input<string>;
}

/** A *arr app whose library Decypharr repairs. */
export interface ArrLink {
  readonly url: pulumi.Input<string>;
  readonly apiKey: SecretRef;
}

export interface DecypharrArgs {
  readonly site: Site;
  /** Plain name of the site's namespace. */
  readonly siteName: string;
  /** Settings, cache and NFS handles. */
  readonly state: Mount;
  readonly library: MediaLibrary;
  readonly host: string;
  /** How the others reach its files: over NFS, or through the node that they share. */
  readonly access: "nfs" | "hostPath";
  /** Folder of the node above the file system; it is handed on to the node. */
  readonly hostPath: string;
  /** Networks of the nodes, which alone may read the NFS export. */
  readonly nfsClients: readonly string[];
  /** Limit of the cache, such as `2Gi`. */
  readonly cacheSize: string;
  /** Key of the Real-Debrid account. */
  readonly debridApiKey: pulumi.Input<string>;
  readonly usenet?: UsenetAccount;
  /** By category, which is the app's name. */
  readonly arrs: Readonly<Record<string, ArrLink>>;
}

const folder = path.join(__dirname, "decypharr");

/**
 * Decypharr: shows the files of a debrid or Usenet account as a FUSE file system and plays qBittorrent for
 * the *arr apps, linking instead of downloading. The one privileged pod of the stack, because only such a
 * one may hand a mount on to its node.
 */
export class Decypharr extends pulumi.ComponentResource {
  /** Base URL inside the cluster, for the *arr apps' download client. */
  public readonly url: pulumi.Output<string>;
  public readonly publicUrl: string;
  /** Its file system, for the apps that read it. */
  public readonly dfs: Dfs;

  constructor(name: string, args: DecypharrArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:apps:Decypharr", name, {}, opts);
    const { site, library, access } = args;
    const { namespace, identity } = site;
    const parent = { parent: this };
    const overNfs = access === "nfs";
    const component = "streaming";

    const files = fileMount(
      name,
      namespace,
      { ...projectFiles(folder, "prepare.sh"), "config.json": firstSettings(args) },
      parent,
    );
    const node: Mount = {
      volume: "node",
      source: { hostPath: { path: args.hostPath, type: "DirectoryOrCreate" } },
    };
    const metadata = { name, namespace, labels: labels(name, component) };
    const front = service({ metadata, ports: { http: 8282 }, kind: "headless" }, parent);
    new k8s.apps.v1.StatefulSet(
      name,
      {
        metadata,
        spec: {
          serviceName: front.metadata.name,
          replicas: 1,
          selector: { matchLabels: selectorLabels(name) },
          template: podTemplate(name, {
            component,
            image: images.decypharr,
            security: fuseMounter(identity),
            placement: { nodes: "storage", streaming: "preferred", stateful: true },
            ports: { http: 8282 },
            health: httpGet("/version"),
            // A file that the mount itself provides: with the mount gone, so is this pod's reason to live.
            readiness: mounted(library),
            liveness: mounted(library),
            patienceSeconds: 30,
            steps: { prepare: prepareStep(args, node, files) },
            env: this.environment(name, args),
            mounts: {
              "/app": args.state,
              // The parent of the file system: a FUSE mount right at a volume's own path would cut it off
              // from the node. Nothing else is mounted below, for it would be handed on as well and stay.
              [mountRoot(library)]: { ...node, propagation: "Bidirectional" },
              [outsideRoot(library)]: library.streaming,
            },
            resources: {
              requests: { cpu: "100m", memory: "256Mi" },
              limits: { cpu: "500m", memory: "1Gi" },
            },
            ...(overNfs && { sidecars: { nfs: nfsServer(args, node) } }),
          }),
        },
      },
      parent,
    );
    this.guard(metadata, args);

    this.dfs = {
      path: library.paths.dfs,
      mount: overNfs ? this.exported(name, args) : onNode(args),
      scripts: fileMount(
        `${name}-readers`,
        namespace,
        projectFiles(folder, "wait-for-dfs.sh", "dfs-alive.sh"),
        parent,
      ),
      nearness: overNfs ? "preferred" : "required",
    };
    this.url = clusterUrl(front, 8282);
    this.publicUrl = ingress(metadata, args.host, site.ingress, front, parent);
    this.registerOutputs({ url: this.url, publicUrl: this.publicUrl });
  }

  /** Accounts and the *arr apps, over the environment: it wins over the settings file at each start. */
  private environment(name: string, { site, debridApiKey, usenet, arrs }: DecypharrArgs): Env {
    const { namespace } = site;
    const opts = { parent: this };
    const debrid = appSecret(`${name}-debrid`, namespace, { "api-key": debridApiKey }, opts);
    const news = usenet && appSecret(`${name}-usenet`, namespace, { ...usenet }, opts);
    const account = "DECYPHARR_DEBRIDS__0__";
    const provider = "DECYPHARR_USENET__PROVIDERS__0__";
    return {
      [`${account}NAME`]: "realdebrid",
      [`${account}PROVIDER`]: "realdebrid",
      [`${account}API_KEY`]: debrid["api-key"],
      ...(news && {
        [`${provider}HOST`]: news.host,
        [`${provider}USERNAME`]: news.username,
        [`${provider}PASSWORD`]: news.password,
        [`${provider}PORT`]: "563",
        [`${provider}SSL`]: "true",
      }),
      ...Object.fromEntries(Object.entries(arrs).flatMap(arrVariables)),
    };
  }

  /** The file system as an NFS volume. The nodes mount it, and they don't know the cluster's DNS: hence the address. */
  private exported(name: string, args: DecypharrArgs): Mount {
    const { namespace } = args.site;
    const exporter = service(
      {
        metadata: { name: `${name}-nfs`, namespace, labels: labels(name, "streaming") },
        app: name,
        ports: { nfs: nfsPort },
      },
      { parent: this },
    );
    const volume = new StaticVolume(
      `${name}-dfs`,
      {
        namespace,
        site: args.siteName,
        size: "1Gi",
        readOnly: true,
        protect: false,
        disposable: true,
        folder: {
          kind: "nfs",
          server: exporter.spec.clusterIP,
          path: "/",
          mountOptions: exportOptions,
        },
      },
      { parent: this },
    );
    return volume.mount;
  }

  /** Its UI for the cluster's pods, which it asks to sign in; the export, which asks nobody, for the nodes only. */
  private guard(
    metadata: { name: string; namespace: pulumi.Input<string>; labels: Record<string, string> },
    { access, nfsClients }: DecypharrArgs,
  ): void {
    new k8s.networking.v1.NetworkPolicy(
      metadata.name,
      {
        metadata,
        spec: {
          podSelector: { matchLabels: selectorLabels(metadata.name) },
          policyTypes: ["Ingress"],
          ingress: [
            { from: [{ namespaceSelector: {} }], ports: [{ port: 8282, protocol: "TCP" }] },
            ...(access === "nfs"
              ? [
                  {
                    from: nfsClients.map((cidr) => ({ ipBlock: { cidr } })),
                    ports: [{ port: nfsPort, protocol: "TCP" }],
                  },
                ]
              : []),
          ],
        },
      },
      { parent: this },
    );
  }
}

/** The variables of the n-th *arr app. */
function arrVariables(
  [category, { url, apiKey }]: [string, ArrLink],
  n: number,
): [string, Env[string]][] {
  const prefix = `DECYPHARR_ARRS__${n.toString()}__`;
  return [
    [`${prefix}NAME`, category],
    [`${prefix}HOST`, url],
    [`${prefix}TOKEN`, apiKey],
  ];
}

const nfsPort = 2049;

/**
 * What rclone's server speaks: NFSv3 on one port, no portmapper and no locks. https://rclone.org/commands/rclone_serve_nfs/
 * Soft, because nothing is ever written to it.
 */
const exportOptions = [
  "nfsvers=3",
  "tcp",
  `port=${nfsPort.toString()}`,
  `mountport=${nfsPort.toString()}`,
  "nolock",
  "soft",
  "timeo=150",
  "retrans=3",
  "noatime",
];

/** Parent folder of the file system within Decypharr's own pod. */
function mountRoot({ paths }: MediaLibrary): string {
  return path.posix.dirname(paths.dfs);
}

/** Where Decypharr's own pod mounts the symlink library: not below the mount root; a link there leads here. */
function outsideRoot({ paths }: MediaLibrary): string {
  return `/${path.posix.basename(paths.streaming)}`;
}

function mounted({ paths }: MediaLibrary) {
  return exec("stat", `${paths.dfs}/version.txt`);
}

/** The node's side of the file system. */
function onNode({ hostPath, library }: DecypharrArgs): Mount {
  return {
    volume: "dfs",
    source: { hostPath: { path: `${hostPath}/${path.posix.basename(library.paths.dfs)}` } },
    readOnly: true,
    propagation: "HostToContainer",
  };
}

const smallStep = {
  requests: { cpu: "10m", memory: "32Mi" },
  limits: { cpu: "200m", memory: "128Mi" },
};

function prepareStep(args: DecypharrArgs, node: Mount, files: Mount): ContainerSpec {
  const { library, site } = args;
  const { puid, pgid } = site.identity;
  return {
    image: images.decypharr,
    security: linuxserver(site.identity),
    command: ["sh", "/files/prepare.sh"],
    env: {
      PARENT: "/parent",
      MOUNTPOINT: path.posix.basename(library.paths.dfs),
      LIBRARY: outsideRoot(library),
      LINK: path.posix.basename(library.paths.streaming),
      OWNER: `${puid.toString()}:${pgid.toString()}`,
      FOLDERS: [path.posix.basename(downloadFolder(library.paths)), ...sections].join(" "),
      SEED: "/files/config.json",
      SETTINGS: "/app/config.json",
      HANDLES: "/app/nfs-handles",
    },
    mounts: {
      "/app": args.state,
      "/files": files,
      "/parent": node,
      [outsideRoot(library)]: library.streaming,
    },
    resources: smallStep,
  };
}

/** Exports the file system for pods on other nodes. Its handles lie on the claim, so a restart keeps them valid. */
function nfsServer({ library, state, site }: DecypharrArgs, node: Mount): ServerSpec {
  return {
    image: images.rclone,
    security: exporterSecurity(site.identity),
    command: [
      ...["rclone", "serve", "nfs", library.paths.dfs, "--addr", `:${nfsPort.toString()}`],
      ...["--read-only", "--vfs-cache-mode", "off", "--dir-cache-time", "5s"],
      ...["--nfs-cache-type", "disk", "--nfs-cache-dir", "/handles"],
    ],
    ports: { nfs: nfsPort },
    health: tcpConnect("nfs"),
    mounts: {
      "/handles": { ...state, subPath: "nfs-handles" },
      [mountRoot(library)]: { ...node, readOnly: true, propagation: "HostToContainer" },
    },
    resources: {
      requests: { cpu: "100m", memory: "256Mi" },
      limits: { cpu: "500m", memory: "1Gi" },
    },
  };
}

function exporterSecurity(identity: Identity) {
  const profile = unprivileged(identity);
  // rclone wants a home for its configuration, even an empty one.
  return { ...profile, env: { ...profile.env, HOME: "/tmp" } };
}

/**
 * What config.json says before the first start. The mount can't be set by environment, and nothing else is
 * taken from there while the file is missing.
 * https://github.com/sirrobot01/decypharr/blob/main/docs/src/content/docs/guides/configuration.md
 */
function firstSettings({ library, arrs, site, cacheSize }: DecypharrArgs): string {
  const settings = {
    port: "8282",
    use_auth: true,
    download_folder: downloadFolder(library.paths),
    default_download_action: "symlink",
    categories: Object.keys(arrs),
    mount: {
      type: "dfs",
      mount_path: library.paths.dfs,
      dfs: {
        cache_dir: "/app/cache",
        disk_cache_size: `${cacheSize}B`.replace("iB", "B"),
        cache_expiry: "24h",
        uid: site.identity.puid,
        gid: site.identity.pgid,
        umask: "022",
        allow_other: true,
      },
    },
    // Links whose file has left the cache are found and fetched again.
    repair: { enabled: true, source: "arr", schedule: "0 4 * * *", auto_repair: true },
  };
  return `${JSON.stringify(settings, undefined, 2)}\n`;
}
