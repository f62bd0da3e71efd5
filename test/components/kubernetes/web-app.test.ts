import * as pulumi from "@pulumi/pulumi";
import type { Placement } from "../../../components/kubernetes/placement";
import { labels, selectorLabels } from "../../../components/kubernetes/labels";
import { podSpec } from "../../../components/kubernetes/pod";
import { httpGet } from "../../../components/kubernetes/probes";
import { linuxserver } from "../../../components/kubernetes/security";
import { webApp, type WebAppSpec } from "../../../components/kubernetes/web-app";
import { record } from "../../../ops/recorder";
import { identities, only, podOf } from "../../support/children";
import { site } from "../../support/sites";

const spec: WebAppSpec = {
  site,
  component: "tested",
  image: "example/app:1.2.3",
  security: linuxserver(site.identity),
  placement: { nodes: "storage" },
  ports: { http: 8080 },
  host: "app.test",
  health: httpGet("/ping"),
  mounts: {},
  resources: {
    requests: { cpu: "1m", memory: "1Mi" },
    limits: { cpu: "2m", memory: "2Mi" },
  },
};

/** Registers an app under a bare component and returns its addresses. */
function recorded(more: Partial<WebAppSpec> = {}) {
  return record(() => {
    const parent = new pulumi.ComponentResource("test:index:Parent", "parent");
    return { ...webApp("app", { ...spec, ...more }, { parent }) };
  });
}

it("registers a Deployment, a Service and an Ingress, and nothing else", async () => {
  expect(identities(await recorded())).toEqual([
    "kubernetes:apps/v1:Deployment::app",
    "kubernetes:core/v1:Service::app",
    "kubernetes:networking.k8s.io/v1:Ingress::app",
  ]);
});

it("never runs two pods on one state", async () => {
  const { inputs } = only(await recorded(), "kubernetes:apps/v1:Deployment");
  expect(inputs).toMatchObject({
    metadata: { name: "app", namespace: "test-media", labels: labels("app", "tested") },
    spec: {
      replicas: 1,
      strategy: { type: "Recreate" },
      selector: { matchLabels: selectorLabels("app") },
    },
  });
});

it("runs the pod that its spec describes", async () => {
  expect(podOf(await recorded(), "Deployment")).toEqual({
    metadata: { labels: labels("app", "tested") },
    spec: podSpec("app", spec),
  });
});

it("labels what belongs to the streaming stack, in the pod only", async () => {
  const placement: Placement = { nodes: "storage", streaming: "preferred" };
  const recording = await recorded({ placement });
  expect(podOf(recording, "Deployment")).toEqual({
    metadata: { labels: { ...labels("app", "tested"), "streaming-stack": "true" } },
    spec: podSpec("app", { ...spec, placement }),
  });
  const { inputs } = only(recording, "kubernetes:apps/v1:Deployment");
  expect(inputs).toMatchObject({ spec: { selector: { matchLabels: selectorLabels("app") } } });
  expect(inputs.metadata).toMatchObject({ labels: labels("app", "tested") });
});

it("selects its own pods and reaches them by the port's name", async () => {
  const { inputs } = only(await recorded(), "kubernetes:core/v1:Service");
  expect(inputs).toMatchObject({
    spec: {
      selector: selectorLabels("app"),
      ports: [{ name: "http", port: 8080, targetPort: "http" }],
    },
  });
});

it("stands behind the site's Ingress", async () => {
  const tls = { className: "other-class", entryPoint: "websecure", tls: true };
  const { inputs } = only(
    await recorded({ site: { ...site, ingress: tls } }),
    "kubernetes:networking.k8s.io/v1:Ingress",
  );
  expect(inputs).toMatchObject({
    metadata: {
      annotations: { "traefik.ingress.kubernetes.io/router.entrypoints": "websecure" },
    },
    spec: { ingressClassName: "other-class", tls: [{ hosts: ["app.test"] }] },
  });
});

it("tells both addresses", async () => {
  expect((await recorded()).outputs).toEqual({
    url: "http://app.test-media:8080",
    publicUrl: "http://app.test",
  });
});
