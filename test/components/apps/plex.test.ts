import * as pulumi from "@pulumi/pulumi";
import { PlexServer, type PlexServerArgs } from "../../../components/apps/plex";
import type { GpuNode } from "../../../components/gpu/gpu-node";
import { images } from "../../../components/images";
import { place } from "../../../components/kubernetes/placement";
import { scratch } from "../../../components/kubernetes/pod";
import { record } from "../../../ops/recorder";
import { containerOf, envOf, identities, mountsOf, only, podOf } from "../../support/children";
import { dfs, library, site, stateMount, transcode } from "../../support/sites";

const args: PlexServerArgs = {
  site,
  cluster: { context: "test-context" },
  state: stateMount,
  library,
  transcode,
  plexTv: "https://plex-tv.test",
};

function recorded(more: Partial<PlexServerArgs> = {}) {
  return record(() => {
    const { url, publicUrl, address, mediaServer } = new PlexServer("plex", { ...args, ...more });
    return { url, publicUrl, address, mediaServer };
  });
}

const gpu: GpuNode = { resource: "gpu.test/card", nodes: "gpu-and-storage", renderGroup: 992 };
const serviceType = "kubernetes:core/v1:Service";
const statefulSet = "kubernetes:apps/v1:StatefulSet::plex";
const services = [`${serviceType}::plex`, `${serviceType}::plex-pods`];
const setUp = "command:local:Command::plex-set-up";
const scripts = "kubernetes:core/v1:ConfigMap::plex-scripts";
const ingress = "kubernetes:networking.k8s.io/v1:Ingress::plex";
const identity = { PGID: "569", PUID: "568", TZ: "Europe/Berlin", VERSION: "docker" };
const mounts = {
  "/config": "state",
  "/fast/transcode": "transcode",
  "/nas/titles": "media:ro",
  "/pool/links": "streaming:ro",
  "/tmp": "tmp",
};

it.each<[string, Partial<PlexServerArgs>, string[]]>([
  ["alone", {}, [setUp, statefulSet, scripts, ...services]],
  ["with an Ingress", { host: "plex.test" }, [setUp, statefulSet, scripts, ...services, ingress]],
  [
    "with an orchestrator, a GPU and Decypharr",
    { orchestrator: "http://o", gpu, dfs },
    [setUp, statefulSet, scripts, ...services],
  ],
  ["standing still", { replicas: 0 }, [statefulSet, scripts, ...services]],
])("is one server %s, and nothing else was created", async (_, more, expected) => {
  expect(identities(await recorded(more))).toEqual(expected);
});

it("runs the pinned image on the plan's port, health check and resources", async () => {
  const recording = await recorded();
  const check = { httpGet: { path: "/identity", port: "http" } };
  expect(containerOf(podOf(recording, "StatefulSet"), "plex")).toMatchObject({
    image: images.plex,
    ports: [{ name: "http", containerPort: 32400 }],
    startupProbe: { ...check, failureThreshold: 360 },
    readinessProbe: check,
    livenessProbe: check,
    resources: {
      requests: { cpu: "200m", memory: "512Mi" },
      limits: { cpu: "1000m", memory: "2Gi" },
    },
  });
  expect(only(recording, "kubernetes:apps/v1:StatefulSet").inputs).toMatchObject({
    spec: { replicas: 1, serviceName: "plex-pods" },
  });
});

it("transcodes by itself on a storage node, and only reads the libraries", async () => {
  const pod = podOf(await recorded(), "StatefulSet");
  const server = containerOf(pod, "plex");
  expect(pod.spec).toMatchObject(place({ nodes: "storage", stateful: true }));
  expect(pod.spec.securityContext).not.toHaveProperty("supplementalGroups");
  expect(mountsOf(server)).toEqual(mounts);
  expect(envOf(server)).toEqual(identity);
});

it("adds further media under their own paths", async () => {
  const media = { "/old/films": { ...scratch("films"), readOnly: true } };
  const server = containerOf(podOf(await recorded({ media }), "StatefulSet"), "plex");
  expect(mountsOf(server)).toEqual({ ...mounts, "/old/films": "films:ro" });
});

it("waits for Decypharr's file system, reads it and lives as long as its mount", async () => {
  const pod = podOf(await recorded({ dfs }), "StatefulSet");
  const server = containerOf(pod, "plex");
  expect(mountsOf(server)).toEqual({
    ...mounts,
    "/opt/dfs": "scripts:ro",
    "/pool/debrid": "dfs:ro",
  });
  expect(server).toMatchObject({
    startupProbe: { failureThreshold: 360 },
    livenessProbe: {
      exec: { command: ["sh", "/opt/dfs/dfs-alive.sh", "http://127.0.0.1:32400/identity"] },
    },
  });
  expect(containerOf(pod, "wait-for-dfs")).toMatchObject({ image: images.plex });
});

it("hands its transcodes to the orchestrator, and streams back through its relay", async () => {
  const recording = await recorded({ orchestrator: "http://orchestrator.test:3500" });
  const server = containerOf(podOf(recording, "StatefulSet"), "plex");
  expect(envOf(server)).toEqual({
    ...identity,
    DOCKER_MODS: images.clusterplexPmsMod,
    LOCAL_RELAY_ENABLED: "1",
    LOCAL_RELAY_PORT: "32499",
    ORCHESTRATOR_URL: "http://orchestrator.test:3500",
    PMS_PORT: "32400",
    PMS_SERVICE: "plex",
    TRANSCODER_VERBOSE: "1",
    TRANSCODE_OPERATING_MODE: "both",
  });
  expect(server.ports).toEqual([
    { name: "http", containerPort: 32400 },
    { name: "relay", containerPort: 32499 },
  ]);
  const ports = [
    { name: "http", port: 32400, targetPort: "http" },
    { name: "relay", port: 32499, targetPort: "relay" },
  ];
  for (const name of ["plex", "plex-pods"]) {
    expect(only(recording, serviceType, name).inputs).toMatchObject({ spec: { ports } });
  }
});

it("runs where the GPU is, asks for one and belongs to its group", async () => {
  const pod = podOf(await recorded({ gpu }), "StatefulSet");
  expect(pod.spec).toMatchObject({
    ...place({ nodes: "gpu-and-storage", stateful: true }),
    securityContext: { supplementalGroups: [992] },
  });
  expect(containerOf(pod, "plex").resources).toEqual({
    requests: { cpu: "200m", memory: "512Mi" },
    limits: { cpu: "1000m", memory: "2Gi", "gpu.test/card": "1" },
  });
});

it("is reached from outside, at a fixed address where one is given", async () => {
  const any = only(await recorded(), serviceType, "plex").inputs;
  const fixed = only(await recorded({ address: "192.0.2.7" }), serviceType, "plex").inputs;
  expect(any).toMatchObject({ spec: { type: "LoadBalancer" } });
  expect(any.metadata).not.toHaveProperty("annotations");
  expect(fixed).toMatchObject({
    metadata: { annotations: { "metallb.io/loadBalancerIPs": "192.0.2.7" } },
    spec: { type: "LoadBalancer" },
  });
});

it("names its pods by a headless Service that leads to them", async () => {
  const { inputs } = only(await recorded(), serviceType, "plex-pods");
  expect(inputs).toMatchObject({
    spec: { clusterIP: "None", selector: { "app.kubernetes.io/name": "plex" } },
  });
});

it.each([2, 3])("refuses %i servers on one library", async (replicas) => {
  await expect(recorded({ replicas })).rejects.toThrow(
    `plex: found ${replicas.toString()} replicas, expected 1: Plex's database allows exactly one server`,
  );
});

it("stands still with no replica", async () => {
  const { inputs } = only(await recorded({ replicas: 0 }), "kubernetes:apps/v1:StatefulSet");
  expect(inputs).toMatchObject({ spec: { replicas: 0 } });
});

describe("the set-up", () => {
  /** What the script is given, up to its own first line. */
  async function given(more: Partial<PlexServerArgs> = {}): Promise<string | undefined> {
    const { inputs } = only(await recorded(more), "command:local:Command");
    return (inputs.stdin as string).split("#!/usr/bin/env bash")[0];
  }

  const preferences = (hardware: string, connections: string) =>
    [
      "CLAIM='false'",
      "PLEX_TOKEN=''",
      "PLEX_TV='https://plex-tv.test'",
      "PREFERENCES='TranscoderTempDirectory=/fast/transcode",
      "autoEmptyTrash=0",
      `HardwareAcceleratedCodecs=${hardware}`,
      `customConnections=${connections}'\n`,
    ].join("\n");

  it.each<[string, Partial<PlexServerArgs>, [string, string]]>([
    ["alone", {}, ["0", "http://pending:32400"]],
    ["with a GPU", { gpu }, ["1", "http://pending:32400"]],
    ["with an Ingress", { host: "plex.test" }, ["0", "http://plex.test,http://pending:32400"]],
    [
      "with further addresses",
      { host: "plex.test", customConnections: ["https://a.test", "https://b.test"] },
      ["0", "https://a.test,https://b.test,http://plex.test,http://pending:32400"],
    ],
  ])(
    "tells Plex its preferences %s, and claims nothing",
    async (_, more, [hardware, connections]) => {
      expect(await given(more)).toBe(preferences(hardware, connections));
    },
  );

  it("runs in the server's own pod, after it is there", async () => {
    const recording = await recorded();
    const { inputs, dependencies } = only(recording, "command:local:Command");
    expect(inputs.create).toBe(
      "'kubectl' '--context' 'test-context' --namespace test-media exec -i statefulset/plex -- bash -s",
    );
    expect(dependencies).toContain(only(recording, "kubernetes:apps/v1:StatefulSet").urn);
  });

  it("claims with the account's token, which is shown nowhere", async () => {
    const recording = await record(() => {
      const claim = { accountToken: pulumi.secret("canary-account") };
      const { mediaServer } = new PlexServer("plex", { ...args, claim });
      return { mediaServer };
    });
    expect(only(recording, "command:local:Command").inputs.stdin).toBe("[secret]");
    expect(JSON.stringify(recording)).not.toContain("canary");
  });

  it("claims when it is given an account", async () => {
    expect(await given({ claim: { accountToken: "not secret, for once" } })).toMatch(
      /^CLAIM='true'\nPLEX_TOKEN='not secret, for once'\n/,
    );
  });
});

const mediaServer = {
  apiUrl: "http://plex.test-media:32400",
  loadBalancerUrl: "http://pending:32400",
  type: "plex",
  name: "plex",
};

it.each<[string, Partial<PlexServerArgs>, object]>([
  ["its LoadBalancer only", {}, {}],
  ["its Ingress, too", { host: "plex.test" }, { publicUrl: "http://plex.test" }],
])("tells where it is: %s", async (_, more, expected) => {
  expect((await recorded(more)).outputs).toEqual({
    url: "http://plex.test-media:32400",
    address: "pending",
    mediaServer,
    ...expected,
  });
});
