import * as fs from "node:fs";
import * as path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { GpuNode } from "../gpu/gpu-node";
import { images } from "../images";
import { labels, selectorLabels } from "../kubernetes/labels";
import { scratch, type Mount, type Mounts } from "../kubernetes/pod";
import { httpGet } from "../kubernetes/probes";
import { inGroup, linuxserver, unprivileged } from "../kubernetes/security";
import { clusterUrl, loadBalancerAddress, service } from "../kubernetes/service";
import { podTemplate, type Site } from "../kubernetes/web-app";
import { readsDfs, type Dfs } from "../storage/dfs";
import { libraryMounts, type MediaLibrary } from "../storage/media";

export interface OrchestratorArgs {
  readonly site: Site;
  /** Fixed LoadBalancer address. @default any of MetalLB's pool */
  readonly address?: string;
}

const orchestratorPort = 3500;
const workerPort = 3501;

/** ClusterPlex's orchestrator: takes Plex's transcodes and hands each to a worker. It keeps no state. */
export class Orchestrator extends pulumi.ComponentResource {
  /** Base URL inside the cluster. */
  public readonly url: pulumi.Output<string>;
  /** LoadBalancer address, or "pending". */
  public readonly address: pulumi.Output<string>;

  constructor(name: string, args: OrchestratorArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:apps:Orchestrator", name, {}, opts);

    const { site, address } = args;
    const component = "transcoding";
    const metadata = { name, namespace: site.namespace, labels: labels(name, component) };
    const ports = { http: orchestratorPort };
    new k8s.apps.v1.Deployment(
      name,
      {
        metadata,
        spec: {
          replicas: 1,
          // Two at a time would share out the workers between them.
          strategy: { type: "Recreate" },
          selector: { matchLabels: selectorLabels(name) },
          template: podTemplate(name, {
            component,
            image: images.clusterplexOrchestrator,
            security: unprivileged(site.identity),
            // It needs no volume, but whoever uses it does: where they can run, so can it.
            placement: { nodes: "storage" },
            ports,
            health: httpGet("/health"),
            mounts: {},
            env: {
              LISTENING_PORT: orchestratorPort.toString(),
              WORKER_SELECTION_STRATEGY: "LOAD_TASKS",
            },
            resources: {
              requests: { cpu: "50m", memory: "128Mi" },
              limits: { cpu: "200m", memory: "512Mi" },
            },
          }),
        },
      },
      { parent: this },
    );
    const front = service(
      { metadata, ports, kind: "LoadBalancer", ...(address && { address }) },
      { parent: this },
    );
    this.url = clusterUrl(front, orchestratorPort);
    this.address = loadBalancerAddress(front);
    this.registerOutputs({ url: this.url, address: this.address });
  }
}

export interface WorkerArgs {
  readonly site: Site;
  /** Base URL of the orchestrator inside the cluster. */
  readonly orchestrator: pulumi.Input<string>;
  readonly gpu: GpuNode;
  readonly library: MediaLibrary;
  /** Plex's further media, by path. @default none */
  readonly media?: Mounts;
  readonly dfs?: Dfs;
  /** Plex's own transcode directory. */
  readonly transcode: Mount;
  readonly replicas: number;
}

/** ClusterPlex's workers: Plex's transcoder on the GPU node, with the very paths that Plex names in a job. */
export class Worker extends pulumi.ComponentResource {
  constructor(name: string, args: WorkerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:apps:Worker", name, {}, opts);

    const { site, library, gpu, replicas } = args;
    const component = "transcoding";
    const metadata = { name, namespace: site.namespace, labels: labels(name, component) };
    const ports = { http: workerPort };
    const pods = service({ metadata, ports, kind: "headless" }, { parent: this });
    const spec = {
      component,
      image: images.plex,
      security: inGroup(linuxserver(site.identity), gpu.renderGroup),
      placement: { nodes: gpu.nodes, stateful: true },
      ports,
      // Its Plex is a shim: nothing listens on Plex's own port.
      health: httpGet("/health"),
      // The mod installs packages at each start.
      startupSeconds: 600,
      mounts: {
        [library.paths.transcode]: args.transcode,
        "/codecs": scratch("codecs"),
        ...libraryMounts(library, "read-only"),
        ...args.media,
      },
      env: {
        VERSION: "docker",
        DOCKER_MODS: images.clusterplexWorkerMod,
        ORCHESTRATOR_URL: args.orchestrator,
        LISTENING_PORT: workerPort.toString(),
        STAT_CPU_INTERVAL: "10000",
        EAE_SUPPORT: "1",
      },
      resources: {
        requests: { cpu: "500m", memory: "512Mi" },
        limits: { cpu: "2000m", memory: "2Gi" },
      },
      devices: { [gpu.resource]: 1 },
    } as const;
    new k8s.apps.v1.StatefulSet(
      name,
      {
        metadata,
        spec: {
          serviceName: pods.metadata.name,
          replicas,
          podManagementPolicy: "Parallel",
          selector: { matchLabels: selectorLabels(name) },
          template: podTemplate(
            name,
            readsDfs(spec, `http://127.0.0.1:${workerPort.toString()}/health`, args.dfs),
          ),
        },
      },
      // A missing GPU must not hold up the rest: Plex transcodes by itself until a worker is there.
      { parent: this },
    );
    this.registerOutputs({});
  }
}

export interface ExternalWorkerArgs {
  readonly site: Site;
  readonly library: MediaLibrary;
  /** LoadBalancer addresses of the orchestrator and of Plex. */
  readonly orchestratorAddress: pulumi.Input<string>;
  readonly plexAddress: pulumi.Input<string>;
  /** Name of Plex's Service. */
  readonly plexService: string;
}

/** The compose file of a worker on a host outside the cluster. */
export function externalWorker(args: ExternalWorkerArgs): pulumi.Output<string> {
  const { site, library } = args;
  const template = fs.readFileSync(
    path.join(__dirname, "cluster-plex", "external-worker.compose.yaml"),
    "utf8",
  );
  const values = pulumi.output({
    PLEX_IMAGE: images.plex,
    WORKER_MOD: images.clusterplexWorkerMod,
    PUID: site.identity.puid.toString(),
    PGID: site.identity.pgid.toString(),
    TZ: site.identity.timezone,
    ORCHESTRATOR_ADDRESS: args.orchestratorAddress,
    PLEX_SERVICE: args.plexService,
    PLEX_ADDRESS: args.plexAddress,
    DFS: library.paths.dfs,
    STREAMING: library.paths.streaming,
    MEDIA: library.paths.media,
    TRANSCODE: library.paths.transcode,
  });
  return values.apply((known) =>
    Object.entries(known).reduce(
      (text, [key, value]) => text.replaceAll(`\${${key}}`, value),
      template,
    ),
  );
}
