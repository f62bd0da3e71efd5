import * as pulumi from "@pulumi/pulumi";
import { httpGet } from "../../../components/kubernetes/probes";
import { linuxserver } from "../../../components/kubernetes/security";
import { webApp, type IngressRules } from "../../../components/kubernetes/web-app";
import { record } from "../../../ops/recorder";
import { children, only } from "../../support/children";
import { site } from "../../support/sites";

/** Registers an app under a bare component and returns its addresses. */
function recorded(ingress: IngressRules = site.ingress) {
  return record(() => {
    const parent = new pulumi.ComponentResource("test:index:Parent", "parent");
    const { url, publicUrl } = webApp(
      "app",
      {
        site: { ...site, ingress },
        component: "tested",
        image: "example/app:1.2.3",
        security: linuxserver(site.identity),
        ports: { http: 8080 },
        host: "app.test",
        health: httpGet("/ping"),
        mounts: {},
        resources: {
          requests: { cpu: "1m", memory: "1Mi" },
          limits: { cpu: "2m", memory: "2Mi" },
        },
      },
      { parent },
    );
    return { url, publicUrl };
  });
}

it("registers a Deployment, a Service and an Ingress, and nothing else", async () => {
  const names = children(await recorded()).map(({ type, name }) => `${type}::${name}`);
  expect(names).toEqual([
    "kubernetes:apps/v1:Deployment::app",
    "kubernetes:core/v1:Service::app",
    "kubernetes:networking.k8s.io/v1:Ingress::app",
  ]);
});

it("never runs two pods on one state", async () => {
  const { inputs } = only(await recorded(), "kubernetes:apps/v1:Deployment");
  expect(inputs).toMatchObject({ spec: { replicas: 1, strategy: { type: "Recreate" } } });
});

it("selects its own pods and reaches them by the port's name", async () => {
  const { inputs } = only(await recorded(), "kubernetes:core/v1:Service");
  expect(inputs).toMatchObject({
    spec: {
      selector: { "app.kubernetes.io/name": "app", "app.kubernetes.io/instance": "app" },
      ports: [{ name: "http", port: 8080, targetPort: "http" }],
    },
  });
});

it("leaves the entry point to the controller unless one is given", async () => {
  const { inputs } = only(await recorded(), "kubernetes:networking.k8s.io/v1:Ingress");
  expect(inputs).toMatchObject({ metadata: { annotations: {} } });
  expect(inputs).toMatchObject({
    spec: { ingressClassName: "test-class", rules: [{ host: "app.test" }] },
  });
});

it("names entry point and TLS where they are given", async () => {
  const rules = { className: "test-class", entryPoint: "websecure", tls: true };
  const recording = await recorded(rules);
  const { inputs } = only(recording, "kubernetes:networking.k8s.io/v1:Ingress");
  expect(inputs).toMatchObject({
    metadata: {
      annotations: {
        "traefik.ingress.kubernetes.io/router.entrypoints": "websecure",
        "traefik.ingress.kubernetes.io/router.tls": "true",
      },
    },
    spec: { tls: [{ hosts: ["app.test"] }] },
  });
  expect(recording.outputs).toMatchObject({ publicUrl: "https://app.test" });
});

it("tells both addresses", async () => {
  expect((await recorded()).outputs).toEqual({
    url: "http://app.test-media:8080",
    publicUrl: "http://app.test",
  });
});
