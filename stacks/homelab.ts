/** The k3s stack: what it is made of, in the order in which the parts need each other. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { externalWorker, Orchestrator, Worker } from "../components/apps/cluster-plex";
import { Decypharr } from "../components/apps/decypharr";
import { PlexServer, type MediaServer } from "../components/apps/plex";
import { Profilarr } from "../components/apps/profilarr";
import { Prowlarr } from "../components/apps/prowlarr";
import { Pulsarr } from "../components/apps/pulsarr";
import { Radarr } from "../components/apps/radarr";
import { Sonarr } from "../components/apps/sonarr";
import { ApiKeys } from "../components/foundation/api-keys";
import { Namespace } from "../components/foundation/namespace";
import { DevicePlugin } from "../components/gpu/device-plugin";
import type { GpuNode } from "../components/gpu/gpu-node";
import { images } from "../components/images";
import type { Site } from "../components/kubernetes/web-app";
import type { HomelabConfig } from "../config/schema";
import { loadSecrets, type SecretName } from "../config/secrets";
import type { MoveReport } from "../migrations/report";
import { homelabStorage } from "./homelab-storage";
import { stackOutputs, type AppOutputs, type StackOutputs } from "./outputs";
import { plexMove } from "./plex-move";
import { nextSteps, rollbackHints, wiring, type Wiring } from "./wiring";

type AppName = keyof HomelabConfig["apps"];

/** What the k3s stack tells besides what every stack does. */
export interface HomelabOutputs extends StackOutputs {
  /** The values that connect the apps, for those that have to be told in their own UI. */
  readonly wiring: Wiring;
  /** Plex as Overseerr and its like want to know it. */
  readonly mediaServer?: MediaServer;
  /** Compose file of a ClusterPlex worker on a host outside the cluster. */
  readonly externalWorker?: pulumi.Output<string>;
  /** What each migration has found out, step by step. */
  readonly migrations?: Readonly<Record<string, pulumi.Output<MoveReport>>>;
  /** How to go back, by what went wrong. */
  readonly rollback: readonly string[];
}

export function homelabStack(config: HomelabConfig): HomelabOutputs {
  const { apps, plex, transcoding } = config;
  const secrets = loadSecrets(config.secrets.file, neededSecrets(config));
  const cluster = new k8s.Provider("cluster", {
    ...config.kubernetes,
    // The cluster is the one named: a certificate renewed in the kubeconfig replaces nothing.
    clusterIdentifier: config.kubernetes.context,
    enableServerSideApply: true,
  });
  const opts = { providers: { kubernetes: cluster } };

  // Foundation
  const namespace = new Namespace("namespace", config.namespace, opts);
  const site: Site = {
    namespace: namespace.name,
    identity: config.identity,
    ingress: config.ingress,
  };
  const siteName = config.namespace.name;
  const storage = homelabStorage(config, site, opts);
  const { library } = storage;
  const keys = new ApiKeys(
    "arr-api-keys",
    { namespace: namespace.name, apps: ["prowlarr", "radarr", "sonarr"] },
    opts,
  );
  const gpu = gpuNode(config);
  if (gpu && config.gpu?.plugin === "install") {
    const { shared } = config.gpu;
    new DevicePlugin(
      "intel-gpu-plugin",
      { namespace: namespace.name, nodes: gpu.nodes, shared },
      opts,
    );
  }

  const common = (app: AppName) => ({
    site,
    host: apps[app].host ?? `${app}.${config.ingress.domain}`,
    state: storage.states[app],
  });
  const arr = (app: "radarr" | "sonarr", port: number) => ({
    url: pulumi.interpolate`http://${app}.${site.namespace}:${port}`,
    apiKey: keys.of(app).ref,
  });
  const arrs = {
    ...(apps.sonarr.enabled && { sonarr: arr("sonarr", Sonarr.port) }),
    ...(apps.radarr.enabled && { radarr: arr("radarr", Radarr.port) }),
  };
  const told: Record<string, AppOutputs> = {};

  // Streaming
  const decypharr = apps.decypharr.enabled
    ? new Decypharr(
        "decypharr",
        {
          ...common("decypharr"),
          access: apps.decypharr.access,
          hostPath: apps.decypharr.hostPath,
          nfsClients: apps.decypharr.nfsClients,
          cacheSize: apps.decypharr.cacheSize,
          siteName,
          library,
          arrs,
          debridApiKey: secrets.debridApiKey,
          ...(apps.decypharr.usenet && {
            usenet: {
              host: secrets.usenetHost,
              username: secrets.usenetUsername,
              password: secrets.usenetPassword,
            },
          }),
        },
        opts,
      )
    : undefined;
  const dfs = decypharr && { dfs: decypharr.dfs };
  if (decypharr) told.decypharr = { url: decypharr.publicUrl, image: images.decypharr };

  // Series, films, indexers, profiles
  if (apps.sonarr.enabled) {
    const apiKey = keys.of("sonarr");
    const sonarr = new Sonarr(
      "sonarr",
      { ...common("sonarr"), ...dfs, library, apiKey: apiKey.ref },
      opts,
    );
    told.sonarr = {
      url: sonarr.publicUrl,
      image: images.sonarr,
      secrets: { sonarrApiKey: apiKey.value },
    };
  }
  if (apps.radarr.enabled) {
    const apiKey = keys.of("radarr");
    const radarr = new Radarr(
      "radarr",
      { ...common("radarr"), ...dfs, library, apiKey: apiKey.ref },
      opts,
    );
    told.radarr = {
      url: radarr.publicUrl,
      image: images.radarr,
      secrets: { radarrApiKey: apiKey.value },
    };
  }
  if (apps.prowlarr.enabled) {
    const apiKey = keys.of("prowlarr");
    const prowlarr = new Prowlarr("prowlarr", { ...common("prowlarr"), apiKey: apiKey.ref }, opts);
    told.prowlarr = {
      url: prowlarr.publicUrl,
      image: images.prowlarr,
      secrets: { prowlarrApiKey: apiKey.value },
    };
  }
  if (apps.profilarr.enabled) {
    const profilarr = new Profilarr("profilarr", common("profilarr"), opts);
    told.profilarr = { url: profilarr.publicUrl, image: images.profilarr };
  }

  // Plex and who transcodes for it
  const orchestrator =
    transcoding.mode === "clusterplex"
      ? new Orchestrator(
          "clusterplex-orchestrator",
          { site, ...(transcoding.address && { address: transcoding.address }) },
          opts,
        )
      : undefined;
  const image = plex.tag ? `${repository(images.plex)}:${plex.tag}` : images.plex;
  const move = plexMove(config, { site, image, storage }, opts);
  const server = plex.enabled
    ? new PlexServer(
        "plex",
        {
          site,
          cluster: config.kubernetes,
          image,
          state: move?.state ?? storage.states.plex,
          ...(move && { generation: move.generation }),
          library,
          media: storage.migrated,
          ...dfs,
          transcode: storage.transcode,
          ...(orchestrator && { orchestrator: orchestrator.url }),
          ...(transcoding.mode === "single-gpu" && gpu && { gpu }),
          ...(plex.address && { address: plex.address }),
          ...(plex.ingress && { host: plex.host ?? `plex.${config.ingress.domain}` }),
          customConnections: plex.customConnections,
          ...(plex.claim && { claim: { accountToken: secrets.plexToken } }),
          plexTv: plex.plexTv,
          replicas: plex.replicas,
        },
        opts,
      )
    : undefined;
  if (server) {
    told.plex = {
      url: server.publicUrl ?? pulumi.interpolate`http://${server.address}:32400/web`,
      loadBalancer: server.address,
      image,
    };
  }
  if (orchestrator) {
    const url = pulumi.interpolate`http://${orchestrator.address}:3500`;
    told.clusterplexOrchestrator = {
      url,
      loadBalancer: url,
      image: images.clusterplexOrchestrator,
    };
    if (gpu) {
      void pulumi.log.warn(
        "transcoding.mode clusterplex: Plex picks the encoder, and without a GPU of its own it always picks the " +
          "CPU's; the workers' GPUs then stay idle. With one GPU node, single-gpu is faster.",
      );
      new Worker(
        "clusterplex-worker",
        {
          site,
          orchestrator: orchestrator.url,
          gpu,
          ...storage.onGpuNode(),
          media: storage.migrated,
          ...dfs,
          replicas: transcoding.workers,
        },
        opts,
      );
    }
  }

  // Watchlists
  if (apps.pulsarr.enabled) {
    const pulsarr = new Pulsarr(
      "pulsarr",
      { ...common("pulsarr"), plexToken: secrets.plexToken, ...arrs },
      opts,
    );
    told.pulsarr = { url: pulsarr.publicUrl, image: images.pulsarr };
  }

  return {
    ...stackOutputs(told, nextSteps(config)),
    wiring: wiring(config),
    rollback: rollbackHints(config),
    ...(move?.report && { migrations: { plex: move.report } }),
    ...(server && { mediaServer: server.mediaServer }),
    ...(orchestrator &&
      server && {
        externalWorker: externalWorker({
          site,
          library,
          orchestratorAddress: orchestrator.address,
          plexAddress: server.address,
          plexService: "plex",
        }),
      }),
  };
}

/** The secrets that the enabled apps need; a stack without them needs no file. */
export function neededSecrets({ apps, plex }: HomelabConfig): SecretName[] {
  const { decypharr, pulsarr } = apps;
  return [
    ...(decypharr.enabled ? (["debridApiKey"] as const) : []),
    ...(decypharr.enabled && decypharr.usenet
      ? (["usenetHost", "usenetPassword", "usenetUsername"] as const)
      : []),
    ...(pulsarr.enabled || (plex.enabled && plex.claim) ? (["plexToken"] as const) : []),
  ];
}

/** An image without its tag. */
function repository(image: string): string {
  return image.slice(0, image.lastIndexOf(":"));
}

function gpuNode({ gpu }: HomelabConfig): GpuNode | undefined {
  if (!gpu) return undefined;
  const { resource, renderGroup, onStorageNode } = gpu;
  return {
    resource,
    nodes: onStorageNode ? "gpu-and-storage" : "gpu",
    ...(renderGroup !== undefined && { renderGroup }),
  };
}
