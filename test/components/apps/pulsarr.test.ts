import * as pulumi from "@pulumi/pulumi";
import { Pulsarr, type PulsarrArgs } from "../../../components/apps/pulsarr";
import { images } from "../../../components/images";
import { record } from "../../../ops/recorder";
import { containerOf, envOf, identities, mountsOf, only, podOf } from "../../support/children";
import { apiKey, site, stateMount } from "../../support/sites";

function recorded(more: Partial<PulsarrArgs> = {}) {
  return record(() => {
    const plexToken = pulumi.secret("canary-plex");
    const args = { site, state: stateMount, plexToken, host: "wishes.test", ...more };
    const { publicUrl } = new Pulsarr("pulsarr", args);
    return { publicUrl };
  });
}

const sonarr = { url: "http://sonarr.test-media:8989", apiKey };
const radarr = { url: "http://radarr.test-media:7878", apiKey: { ...apiKey, key: "other-key" } };

it("is a web app with a Secret, and nothing else was created", async () => {
  expect(identities(await recorded({ sonarr, radarr }))).toEqual([
    "kubernetes:apps/v1:Deployment::pulsarr",
    "kubernetes:core/v1:Secret::pulsarr",
    "kubernetes:core/v1:Service::pulsarr",
    "kubernetes:networking.k8s.io/v1:Ingress::pulsarr",
  ]);
});

it("runs the pinned image on the plan's port, health check and resources", async () => {
  const pod = podOf(await recorded(), "Deployment");
  const check = { httpGet: { path: "/health", port: "http" } };
  expect(pod.metadata.labels).toMatchObject({ "app.kubernetes.io/component": "watchlists" });
  expect(containerOf(pod, "pulsarr")).toMatchObject({
    image: images.pulsarr,
    ports: [{ name: "http", containerPort: 3003 }],
    startupProbe: check,
    readinessProbe: check,
    livenessProbe: check,
    resources: {
      requests: { cpu: "50m", memory: "128Mi" },
      limits: { cpu: "200m", memory: "512Mi" },
    },
  });
});

const toSonarr = {
  sonarrBaseUrl: "http://sonarr.test-media:8989",
  sonarrApiKey: { name: "test-keys", key: "test-api-key" },
};
const toRadarr = {
  radarrBaseUrl: "http://radarr.test-media:7878",
  radarrApiKey: { name: "test-keys", key: "other-key" },
};

it.each<[string, Partial<PulsarrArgs>, object]>([
  ["Sonarr and Radarr", { sonarr, radarr }, { ...toSonarr, ...toRadarr }],
  ["Sonarr only", { sonarr }, toSonarr],
  ["Radarr only", { radarr }, toRadarr],
  ["nobody", {}, {}],
])("sends wishes to %s", async (_, more, targets) => {
  const app = containerOf(podOf(await recorded(more), "Deployment"), "pulsarr");
  expect(mountsOf(app)).toEqual({ "/app/data": "state", "/tmp": "tmp" });
  expect(envOf(app)).toEqual({
    NODE_ARGS: "--log-both",
    PGID: "569",
    PUID: "568",
    TZ: "Europe/Berlin",
    authenticationMethod: "required",
    baseUrl: "http://pulsarr.test-media",
    logLevel: "info",
    plexTokens: { name: "pulsarr-autonamed", key: "plex-tokens" },
    port: "3003",
    ...targets,
  });
});

it("shows the account's token nowhere", async () => {
  const recording = await recorded({ sonarr, radarr });
  expect(only(recording, "kubernetes:core/v1:Secret").inputs).toMatchObject({
    stringData: "[secret]",
  });
  expect(JSON.stringify(recording)).not.toContain("canary");
});

it("tells its address", async () => {
  expect((await recorded()).outputs).toEqual({ publicUrl: "http://wishes.test" });
});
