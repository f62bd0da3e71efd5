import { Prowlarr } from "../../../components/apps/prowlarr";
import { images } from "../../../components/images";
import { record } from "../../../ops/recorder";
import { containerOf, envOf, identities, mountsOf, podOf } from "../../support/children";
import { apiKey, site, stateMount } from "../../support/sites";

const recorded = () =>
  record(() => {
    const args = { site, state: stateMount, apiKey, host: "indexers.test" };
    const { url, publicUrl } = new Prowlarr("prowlarr", args);
    return { url, publicUrl };
  });

it("is a web app, and nothing else was created", async () => {
  expect(identities(await recorded())).toEqual([
    "kubernetes:apps/v1:Deployment::prowlarr",
    "kubernetes:core/v1:Service::prowlarr",
    "kubernetes:networking.k8s.io/v1:Ingress::prowlarr",
  ]);
});

it("runs the pinned image on the plan's port, health check and resources", async () => {
  const pod = podOf(await recorded(), "Deployment");
  const check = { httpGet: { path: "/ping", port: "http" } };
  expect(pod.metadata.labels).toMatchObject({ "app.kubernetes.io/component": "indexers" });
  expect(containerOf(pod, "prowlarr")).toMatchObject({
    image: images.prowlarr,
    ports: [{ name: "http", containerPort: 9696 }],
    startupProbe: check,
    readinessProbe: check,
    livenessProbe: check,
    resources: {
      requests: { cpu: "100m", memory: "256Mi" },
      limits: { cpu: "500m", memory: "1Gi" },
    },
  });
});

it("writes to its state only, with its key from the Secret", async () => {
  const app = containerOf(podOf(await recorded(), "Deployment"), "prowlarr");
  expect(mountsOf(app)).toEqual({ "/config": "state", "/tmp": "tmp" });
  expect(envOf(app)).toEqual({
    PGID: "569",
    PROWLARR__AUTH__APIKEY: { name: "test-keys", key: "test-api-key" },
    PROWLARR__AUTH__METHOD: "External",
    PUID: "568",
    TZ: "Europe/Berlin",
  });
});

it("tells its addresses", async () => {
  expect((await recorded()).outputs).toEqual({
    url: "http://prowlarr.test-media:9696",
    publicUrl: "http://indexers.test",
  });
});
