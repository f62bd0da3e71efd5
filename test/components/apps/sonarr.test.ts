import { Sonarr, type SonarrArgs } from "../../../components/apps/sonarr";
import { images } from "../../../components/images";
import { record } from "../../../ops/recorder";
import { containerOf, envOf, identities, mountsOf, only, podOf } from "../../support/children";
import { apiKey, dfs, library, site, stateMount } from "../../support/sites";

function recorded(more: Partial<SonarrArgs> = {}) {
  return record(() => {
    const args = { site, state: stateMount, library, apiKey, host: "tv.test", ...more };
    const { url, publicUrl } = new Sonarr("sonarr", args);
    return { url, publicUrl };
  });
}

const identity = { PGID: "569", PUID: "568", TZ: "Europe/Berlin" };
const signIn = {
  SONARR__AUTH__APIKEY: { name: "test-keys", key: "test-api-key" },
  SONARR__AUTH__METHOD: "External",
};
const libraries = { "/nas/titles": "media", "/pool/links": "streaming" };

it.each([
  ["with Decypharr", { dfs }],
  ["without Decypharr", {}],
])("is a web app %s, and nothing else was created", async (_, more) => {
  expect(identities(await recorded(more))).toEqual([
    "kubernetes:apps/v1:Deployment::sonarr",
    "kubernetes:core/v1:Service::sonarr",
    "kubernetes:networking.k8s.io/v1:Ingress::sonarr",
  ]);
});

it("runs the pinned image on the plan's port, health check and resources", async () => {
  const pod = podOf(await recorded(), "Deployment");
  const check = { httpGet: { path: "/ping", port: "http" } };
  expect(pod.metadata.labels).toMatchObject({ "app.kubernetes.io/component": "series" });
  expect(containerOf(pod, "sonarr")).toMatchObject({
    image: images.sonarr,
    ports: [{ name: "http", containerPort: 8989 }],
    startupProbe: check,
    readinessProbe: check,
    livenessProbe: check,
    resources: {
      requests: { cpu: "100m", memory: "512Mi" },
      limits: { cpu: "500m", memory: "2Gi" },
    },
  });
});

it("writes to its state and both libraries, with its key from the Secret", async () => {
  const pod = podOf(await recorded(), "Deployment");
  const app = containerOf(pod, "sonarr");
  expect(mountsOf(app)).toEqual({ "/config": "state", ...libraries, "/tmp": "tmp" });
  expect(envOf(app)).toEqual({ ...identity, ...signIn });
  expect(pod.spec.initContainers).toBeUndefined();
});

it("waits for Decypharr's file system, reads it and lives as long as its mount", async () => {
  const pod = podOf(await recorded({ dfs }), "Deployment");
  const app = containerOf(pod, "sonarr");
  expect(mountsOf(app)).toEqual({
    "/config": "state",
    ...libraries,
    "/opt/dfs": "scripts:ro",
    "/pool/debrid": "dfs:ro",
    "/tmp": "tmp",
  });
  expect(envOf(app)).toEqual({ ...identity, ...signIn, DFS: "/pool/debrid" });
  expect(app).toMatchObject({
    readinessProbe: { httpGet: { path: "/ping" } },
    livenessProbe: {
      exec: { command: ["sh", "/opt/dfs/dfs-alive.sh", "http://127.0.0.1:8989/ping"] },
    },
  });
  expect(containerOf(pod, "wait-for-dfs")).toMatchObject({ image: images.sonarr });
  expect(pod.metadata.labels).toMatchObject({ "streaming-stack": "true" });
});

it("is served under its host", async () => {
  const { inputs } = only(await recorded(), "kubernetes:networking.k8s.io/v1:Ingress");
  expect(inputs).toMatchObject({ spec: { rules: [{ host: "tv.test" }] } });
});

it("tells its addresses", async () => {
  expect((await recorded()).outputs).toEqual({
    url: "http://sonarr.test-media:8989",
    publicUrl: "http://tv.test",
  });
});
