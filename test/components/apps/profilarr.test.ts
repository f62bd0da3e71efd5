import { Profilarr } from "../../../components/apps/profilarr";
import { images } from "../../../components/images";
import { record } from "../../../ops/recorder";
import { containerOf, envOf, identities, mountsOf, podOf } from "../../support/children";
import { site, stateMount } from "../../support/sites";

function recorded(tls = false) {
  return record(() => {
    const own = { ...site, ingress: { ...site.ingress, tls } };
    const args = { site: own, state: stateMount, host: "profiles.test" };
    const { publicUrl } = new Profilarr("profilarr", args);
    return { publicUrl };
  });
}

it("is a web app, and nothing else was created", async () => {
  expect(identities(await recorded())).toEqual([
    "kubernetes:apps/v1:Deployment::profilarr",
    "kubernetes:core/v1:Service::profilarr",
    "kubernetes:networking.k8s.io/v1:Ingress::profilarr",
  ]);
});

it("runs the pinned image on the plan's port and resources, alive while it takes connections", async () => {
  const pod = podOf(await recorded(), "Deployment");
  const check = { tcpSocket: { port: "http" } };
  expect(pod.metadata.labels).toMatchObject({ "app.kubernetes.io/component": "profiles" });
  expect(containerOf(pod, "profilarr")).toMatchObject({
    image: images.profilarr,
    ports: [{ name: "http", containerPort: 6868 }],
    startupProbe: check,
    readinessProbe: check,
    livenessProbe: check,
    resources: {
      requests: { cpu: "50m", memory: "256Mi" },
      limits: { cpu: "500m", memory: "512Mi" },
    },
  });
});

it.each([
  [false, "http://profiles.test"],
  [true, "https://profiles.test"],
])("is told the address that browsers use, with TLS %s", async (tls, address) => {
  const recording = await recorded(tls);
  const app = containerOf(podOf(recording, "Deployment"), "profilarr");
  expect(mountsOf(app)).toEqual({ "/config": "state", "/tmp": "tmp" });
  expect(envOf(app)).toEqual({
    AUTH: "local",
    ORIGIN: address,
    PGID: "569",
    PUID: "568",
    TZ: "Europe/Berlin",
  });
  expect(recording.outputs).toEqual({ publicUrl: address });
});
