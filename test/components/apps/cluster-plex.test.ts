import { parse } from "yaml";
import {
  externalWorker,
  Orchestrator,
  Worker,
  type WorkerArgs,
} from "../../../components/apps/cluster-plex";
import { images } from "../../../components/images";
import { labels } from "../../../components/kubernetes/labels";
import { place } from "../../../components/kubernetes/placement";
import { scratch } from "../../../components/kubernetes/pod";
import { record } from "../../../ops/recorder";
import { containerOf, envOf, identities, mountsOf, only, podOf } from "../../support/children";
import { dfs, library, site, transcode } from "../../support/sites";

const serviceType = "kubernetes:core/v1:Service";

describe("the orchestrator", () => {
  function recorded(address?: string) {
    return record(() => {
      const args = { site, ...(address && { address }) };
      const made = new Orchestrator("orchestrator", args);
      return { url: made.url, address: made.address };
    });
  }

  it("is a Deployment and a Service, and nothing else was created", async () => {
    expect(identities(await recorded())).toEqual([
      "kubernetes:apps/v1:Deployment::orchestrator",
      `${serviceType}::orchestrator`,
    ]);
  });

  it("runs the pinned image unprivileged, without any state, once", async () => {
    const recording = await recorded();
    const check = { httpGet: { path: "/health", port: "http" } };
    const app = containerOf(podOf(recording, "Deployment"), "orchestrator");
    expect(app).toMatchObject({
      image: images.clusterplexOrchestrator,
      securityContext: { runAsUser: 568, runAsGroup: 569, capabilities: { drop: ["ALL"] } },
      ports: [{ name: "http", containerPort: 3500 }],
      startupProbe: check,
      readinessProbe: check,
      livenessProbe: check,
      resources: {
        requests: { cpu: "50m", memory: "128Mi" },
        limits: { cpu: "200m", memory: "512Mi" },
      },
    });
    expect(mountsOf(app)).toEqual({ "/tmp": "tmp" });
    expect(envOf(app)).toEqual({
      LISTENING_PORT: "3500",
      TZ: "Europe/Berlin",
      WORKER_SELECTION_STRATEGY: "LOAD_TASKS",
    });
    expect(only(recording, "kubernetes:apps/v1:Deployment").inputs).toMatchObject({
      metadata: { labels: labels("orchestrator", "transcoding") },
      spec: { replicas: 1, strategy: { type: "Recreate" } },
    });
  });

  it.each([
    ["any address", undefined, {}],
    ["a fixed one", "192.0.2.7", { annotations: { "metallb.io/loadBalancerIPs": "192.0.2.7" } }],
  ])("is reached from outside at %s", async (_, address, more) => {
    const { inputs } = only(await recorded(address), serviceType);
    expect(inputs).toMatchObject({
      spec: {
        type: "LoadBalancer",
        ports: [{ name: "http", port: 3500, targetPort: "http" }],
      },
    });
    expect(inputs.metadata).toEqual({
      name: "orchestrator",
      namespace: "test-media",
      labels: labels("orchestrator", "transcoding"),
      ...more,
    });
  });

  it("tells where it is", async () => {
    expect((await recorded()).outputs).toEqual({
      url: "http://orchestrator.test-media:3500",
      address: "pending",
    });
  });
});

describe("a worker", () => {
  const args: WorkerArgs = {
    site,
    orchestrator: "http://orchestrator.test:3500",
    gpu: { resource: "gpu.test/card", nodes: "gpu" },
    library,
    transcode,
    replicas: 3,
  };

  function recorded(more: Partial<WorkerArgs> = {}) {
    return record(() => {
      new Worker("worker", { ...args, ...more });
    });
  }

  it("is a StatefulSet and the Service that names its pods; nothing else was created", async () => {
    const recording = await recorded({ dfs });
    expect(identities(recording)).toEqual([
      "kubernetes:apps/v1:StatefulSet::worker",
      `${serviceType}::worker`,
    ]);
    expect(only(recording, serviceType).inputs).toMatchObject({ spec: { clusterIP: "None" } });
    expect(only(recording, "kubernetes:apps/v1:StatefulSet").inputs).toMatchObject({
      spec: { replicas: 3, serviceName: "worker", podManagementPolicy: "Parallel" },
    });
  });

  it("runs Plex's own image with a GPU, and listens on the worker's port only", async () => {
    const check = { httpGet: { path: "/health", port: "http" } };
    const app = containerOf(podOf(await recorded(), "StatefulSet"), "worker");
    expect(app).toMatchObject({
      image: images.plex,
      startupProbe: { ...check, failureThreshold: 120 },
      readinessProbe: check,
      livenessProbe: check,
    });
    expect(app.ports).toEqual([{ name: "http", containerPort: 3501 }]);
    expect(app.resources).toEqual({
      requests: { cpu: "500m", memory: "512Mi" },
      limits: { cpu: "2000m", memory: "2Gi", "gpu.test/card": "1" },
    });
    expect(envOf(app)).toEqual({
      DOCKER_MODS: images.clusterplexWorkerMod,
      EAE_SUPPORT: "1",
      LISTENING_PORT: "3501",
      ORCHESTRATOR_URL: "http://orchestrator.test:3500",
      PGID: "569",
      PUID: "568",
      STAT_CPU_INTERVAL: "10000",
      TZ: "Europe/Berlin",
      VERSION: "docker",
    });
  });

  const mounts = {
    "/codecs": "codecs",
    "/fast/transcode": "transcode",
    "/nas/titles": "media:ro",
    "/pool/links": "streaming:ro",
    "/tmp": "tmp",
  };

  it("has the very paths that Plex names in a job", async () => {
    const app = containerOf(podOf(await recorded(), "StatefulSet"), "worker");
    expect(mountsOf(app)).toEqual(mounts);
  });

  it("has Plex's further media under their own paths", async () => {
    const media = { "/old/films": { ...scratch("films"), readOnly: true } };
    const app = containerOf(podOf(await recorded({ media }), "StatefulSet"), "worker");
    expect(mountsOf(app)).toEqual({ ...mounts, "/old/films": "films:ro" });
  });

  it("reads Decypharr's file system, too, and lives as long as its mount", async () => {
    const pod = podOf(await recorded({ dfs }), "StatefulSet");
    const app = containerOf(pod, "worker");
    expect(mountsOf(app)).toEqual({
      ...mounts,
      "/opt/dfs": "scripts:ro",
      "/pool/debrid": "dfs:ro",
    });
    expect(app.livenessProbe).toMatchObject({
      exec: { command: ["sh", "/opt/dfs/dfs-alive.sh", "http://127.0.0.1:3501/health"] },
    });
    expect(containerOf(pod, "wait-for-dfs")).toMatchObject({ image: images.plex });
  });

  it.each([
    ["a node of its own", "gpu", undefined, place({ nodes: "gpu", stateful: true }), []],
    [
      "a storage node",
      "gpu-and-storage",
      992,
      place({ nodes: "gpu-and-storage", streaming: "preferred", stateful: true }),
      [992],
    ],
  ] as const)("runs where the GPU is, on %s", async (_, nodes, renderGroup, placement, groups) => {
    const gpu = { ...args.gpu, nodes, ...(renderGroup !== undefined && { renderGroup }) };
    const { spec } = podOf(await recorded({ gpu, dfs }), "StatefulSet");
    expect(spec).toMatchObject(placement);
    const { supplementalGroups = [] } = spec.securityContext as { supplementalGroups?: number[] };
    expect(supplementalGroups).toEqual(groups);
  });
});

describe("an external worker's compose file", () => {
  async function compose(): Promise<string> {
    const { outputs } = await record(() => ({
      text: externalWorker({
        site,
        library,
        orchestratorAddress: "192.0.2.7",
        plexAddress: "192.0.2.8",
        plexService: "my-plex",
      }),
    }));
    return outputs.text as string;
  }

  it("is YAML with the given addresses, paths and images", async () => {
    expect(parse(await compose())).toEqual({
      services: {
        "clusterplex-worker": {
          image: images.plex,
          container_name: "clusterplex-worker",
          restart: "unless-stopped",
          devices: ["/dev/dri:/dev/dri"],
          environment: {
            PUID: "568",
            PGID: "569",
            TZ: "Europe/Berlin",
            VERSION: "docker",
            DOCKER_MODS: images.clusterplexWorkerMod,
            ORCHESTRATOR_URL: "http://192.0.2.7:3500",
            LISTENING_PORT: "3501",
            STAT_CPU_INTERVAL: "10000",
            EAE_SUPPORT: "1",
          },
          extra_hosts: ["my-plex:192.0.2.8"],
          volumes: [
            "/pool/debrid:/pool/debrid:ro,rslave",
            "/pool/links:/pool/links:ro",
            "/nas/titles:/nas/titles:ro",
            "/fast/transcode:/fast/transcode",
            "codecs:/codecs",
          ],
        },
      },
      volumes: { codecs: {} },
    });
  });

  it("leaves no gap unfilled", async () => {
    expect(await compose()).not.toContain("${");
  });
});
