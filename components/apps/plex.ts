import * as path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type GpuNode } from "../gpu/gpu-node";
import { images } from "../images";
import type { Env } from "../kubernetes/env";
import { ingress } from "../kubernetes/ingress";
import { labels, selectorLabels } from "../kubernetes/labels";
import { fileMount, projectFiles } from "../kubernetes/files";
import type { ContainerSpec, Mount, Mounts } from "../kubernetes/pod";
import { podScript, type ClusterAccess } from "../kubernetes/pod-script";
import { httpGet } from "../kubernetes/probes";
import { inGroup, linuxserver } from "../kubernetes/security";
import { clusterUrl, loadBalancerAddress, service } from "../kubernetes/service";
import { podTemplate, type Site } from "../kubernetes/web-app";
import { readsDfs, type Dfs } from "../storage/dfs";
import { libraryMounts, type MediaLibrary } from "../storage/media";

/** A server for Overseerr and its like: where it is, of what kind, and what it is called. */
export interface MediaServer {
  /** URL of its API inside the cluster. */
  readonly apiUrl: pulumi.Output<string>;
  /** The same from outside the cluster; it ends in ":32400". */
  readonly loadBalancerUrl: pulumi.Output<string>;
  readonly type: "plex";
  readonly name: string;
}

/** How a new server comes to belong to an account. */
export interface PlexClaim {
  /** Long-lived token of the account. */
  readonly accountToken: pulumi.Input<string>;
}

export interface PlexServerArgs {
  readonly site: Site;
  readonly cluster: ClusterAccess;
  /** @default the pinned one */
  readonly image?: string;
  /** Library, settings and identity. */
  readonly state: Mount;
  /** Number of the migration whose library it serves, known once that has arrived. @default it began as a new server */
  readonly generation?: pulumi.Input<string>;
  readonly library: MediaLibrary;
  /** Further media by path, such as those of a migrated library. @default none */
  readonly media?: Mounts;
  readonly dfs?: Dfs;
  /** Transcode directory; with ClusterPlex, the workers' own. */
  readonly transcode: Mount;
  /** Base URL of the ClusterPlex orchestrator. @default Plex transcodes by itself */
  readonly orchestrator?: pulumi.Input<string>;
  /** GPU that Plex itself uses; it then runs on that node. @default none */
  readonly gpu?: GpuNode;
  /** Fixed LoadBalancer address. @default any of MetalLB's pool */
  readonly address?: string;
  /** Host name of the Ingress. @default no Ingress */
  readonly host?: string;
  /** Further addresses under which clients find the server. @default none */
  readonly customConnections?: readonly string[];
  /** @default the server is claimed in its web UI, or came claimed */
  readonly claim?: PlexClaim;
  /** Address of the service that mints claim tokens. */
  readonly plexTv: string;
  /** One, or none while the server is to stand still. Throws for more. @default 1 */
  readonly replicas?: number;
}

const port = 32400;
const relayPort = 32499;
const scripts = "/opt/plex";

/** The Plex media server. Its SQLite library allows one server, ever: two on one identity would ruin both. */
export class PlexServer extends pulumi.ComponentResource {
  /** Base URL inside the cluster. */
  public readonly url: pulumi.Output<string>;
  /** Base URL through the Ingress, where there is one. */
  public readonly publicUrl: string | undefined;
  /** LoadBalancer address, or "pending". */
  public readonly address: pulumi.Output<string>;
  public readonly mediaServer: MediaServer;

  constructor(name: string, args: PlexServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:apps:PlexServer", name, {}, opts);
    const { site, library, replicas = 1, gpu } = args;
    if (replicas > 1) {
      throw new pulumi.RunError(
        `${name}: found ${replicas.toString()} replicas, expected 1: Plex's database allows exactly one server`,
      );
    }
    const parent = { parent: this };
    const component = "media-server";
    const metadata = {
      name,
      namespace: site.namespace,
      labels: labels(name, component),
      // A Service waits for its pods, and these for the library: longer than anybody would wait for a Service.
      ...(args.generation !== undefined && {
        annotations: { "media-homelab/generation": args.generation },
      }),
    };
    const ports = { http: port, ...(args.orchestrator !== undefined && { relay: relayPort }) };

    const front = service(
      {
        metadata,
        ports,
        kind: "LoadBalancer",
        ...(args.address && { address: args.address }),
      },
      parent,
    );
    const pods = service(
      { metadata: { ...metadata, name: `${name}-pods` }, app: name, ports, kind: "headless" },
      parent,
    );
    const image = args.image ?? images.plex;
    const security = inGroup(linuxserver(site.identity), gpu?.renderGroup);
    const resources = {
      requests: { cpu: "200m", memory: "512Mi" },
      limits: { cpu: "1000m", memory: "2Gi" },
    };
    const files = projectFiles(path.join(__dirname, "plex"), "may-start.sh");
    const mayStart: ContainerSpec = {
      image,
      security,
      resources,
      command: ["bash", `${scripts}/may-start.sh`],
      env: { GENERATION: args.generation ?? "" },
      mounts: {
        "/config": args.state,
        [scripts]: fileMount(`${name}-scripts`, site.namespace, files, parent),
      },
    };
    const spec = {
      component,
      image,
      security,
      placement: { nodes: gpu?.nodes ?? "storage", stateful: true },
      ports,
      health: httpGet("/identity"),
      // An upgrade may rebuild the whole database before the server answers.
      startupSeconds: 1800,
      mounts: {
        "/config": args.state,
        [library.paths.transcode]: args.transcode,
        ...libraryMounts(library, "read-only"),
        ...args.media,
      },
      // "docker" keeps the version of the image; anything else would update Plex at each start.
      env: { VERSION: "docker", ...clusterPlexEnvironment(name, args.orchestrator) },
      resources,
      steps: { "may-start": mayStart },
      ...(gpu && { devices: { [gpu.resource]: 1 } }),
    } as const;
    const server = new k8s.apps.v1.StatefulSet(
      name,
      {
        metadata,
        spec: {
          serviceName: pods.metadata.name,
          replicas,
          selector: { matchLabels: selectorLabels(name) },
          template: podTemplate(
            name,
            readsDfs(spec, `http://127.0.0.1:${port.toString()}/identity`, args.dfs),
          ),
        },
      },
      { ...parent, customTimeouts: { create: "40m", update: "40m" } },
    );

    this.url = clusterUrl(front, port);
    this.address = loadBalancerAddress(front);
    this.publicUrl =
      args.host === undefined
        ? undefined
        : ingress(metadata, args.host, site.ingress, front, parent);
    if (replicas > 0) this.setUp(name, server, args);

    this.mediaServer = {
      apiUrl: this.url,
      loadBalancerUrl: pulumi.interpolate`http://${this.address}:${port}`,
      type: "plex",
      name,
    };
    this.registerOutputs({ url: this.url, address: this.address });
  }

  /** What the image takes from no environment: the claim, and the preferences of the server. */
  private setUp(name: string, server: k8s.apps.v1.StatefulSet, args: PlexServerArgs): void {
    const { cluster, site, library, gpu, claim, customConnections = [] } = args;
    const addresses = [...customConnections, ...(this.publicUrl ? [this.publicUrl] : [])];
    const connections = pulumi.interpolate`${[...addresses, ""].join(",")}http://${this.address}:${port}`;
    const preferences = pulumi.interpolate`${[
      `TranscoderTempDirectory=${library.paths.transcode}`,
      // Else a scan while a mount is away deletes what lay there, with everybody's watched marks.
      "autoEmptyTrash=0",
      `HardwareAcceleratedCodecs=${gpu ? "1" : "0"}`,
    ].join("\n")}\ncustomConnections=${connections}`;
    podScript(
      `${name}-set-up`,
      {
        cluster,
        namespace: site.namespace,
        pod: pulumi.interpolate`statefulset/${server.metadata.name}`,
        file: path.join(__dirname, "plex", "set-up.sh"),
        values: {
          CLAIM: claim ? "true" : "false",
          PLEX_TOKEN: claim?.accountToken ?? "",
          PLEX_TV: args.plexTv,
          PREFERENCES: preferences,
        },
      },
      { parent: this },
    );
  }
}

/**
 * Hands Plex's transcodes to the orchestrator, and does them here while no worker is there.
 * https://github.com/pabloromeo/clusterplex/blob/master/docs/README.md
 */
function clusterPlexEnvironment(name: string, orchestrator: pulumi.Input<string> | undefined): Env {
  if (orchestrator === undefined) return {};
  return {
    DOCKER_MODS: images.clusterplexPmsMod,
    ORCHESTRATOR_URL: orchestrator,
    PMS_SERVICE: name,
    PMS_PORT: port.toString(),
    TRANSCODE_OPERATING_MODE: "both",
    TRANSCODER_VERBOSE: "1",
    LOCAL_RELAY_ENABLED: "1",
    LOCAL_RELAY_PORT: relayPort.toString(),
  };
}
