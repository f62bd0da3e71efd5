import * as pulumi from "@pulumi/pulumi";
import { ingress, type IngressRules } from "../../../components/kubernetes/ingress";
import { labels } from "../../../components/kubernetes/labels";
import { service } from "../../../components/kubernetes/service";
import { record } from "../../../ops/recorder";
import { identities, only } from "../../support/children";

const metadata = { name: "app", namespace: "test-media", labels: labels("app", "tested") };
const rules = [
  {
    host: "app.test",
    http: {
      paths: [
        {
          path: "/",
          pathType: "Prefix",
          backend: { service: { name: "app", port: { name: "http" } } },
        },
      ],
    },
  },
];
const router = "traefik.ingress.kubernetes.io/router";
const entryPoint = { [`${router}.entrypoints`]: "websecure" };
const tls = { [`${router}.tls`]: "true" };

function recorded(given: Omit<IngressRules, "className">) {
  return record(() => {
    const parent = new pulumi.ComponentResource("test:index:Parent", "parent");
    const front = service({ metadata, ports: { http: 8080 } }, { parent });
    return {
      url: ingress(metadata, "app.test", { className: "test-class", ...given }, front, { parent }),
    };
  });
}

it.each([
  ["http, on the controller's own entry point", { tls: false }, {}],
  ["http, on a given one", { tls: false, entryPoint: "websecure" }, entryPoint],
  ["https", { tls: true }, tls],
  ["https, on a given one", { tls: true, entryPoint: "websecure" }, { ...entryPoint, ...tls }],
])("serves the host over %s; nothing else was created", async (_, given, annotations) => {
  const recording = await recorded(given);
  expect(identities(recording)).toEqual([
    "kubernetes:core/v1:Service::app",
    "kubernetes:networking.k8s.io/v1:Ingress::app",
  ]);
  expect(only(recording, "kubernetes:networking.k8s.io/v1:Ingress").inputs).toEqual({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { ...metadata, annotations },
    spec: {
      ingressClassName: "test-class",
      rules,
      ...(given.tls && { tls: [{ hosts: ["app.test"] }] }),
    },
  });
  expect(recording.outputs).toEqual({ url: `${given.tls ? "https" : "http"}://app.test` });
});
