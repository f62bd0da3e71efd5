import * as pulumi from "@pulumi/pulumi";
import { labels } from "../../../components/kubernetes/labels";
import {
  clusterUrl,
  loadBalancerAddress,
  service,
  type ServiceSpec,
} from "../../../components/kubernetes/service";
import { record } from "../../../ops/recorder";
import { identities, only } from "../../support/children";

const metadata = { name: "app", namespace: "test-media", labels: labels("app", "tested") };
const selector = { "app.kubernetes.io/name": "app", "app.kubernetes.io/instance": "app" };
const ports = { http: 8080, relay: 8099 };
const portList = [
  { name: "http", port: 8080, targetPort: "http" },
  { name: "relay", port: 8099, targetPort: "relay" },
];

function recorded(spec: Partial<ServiceSpec> = {}) {
  return record(() => {
    const parent = new pulumi.ComponentResource("test:index:Parent", "parent");
    const made = service({ metadata, ports, ...spec }, { parent });
    return { url: clusterUrl(made, 8080), address: loadBalancerAddress(made) };
  });
}

it.each<[ServiceSpec["kind"], object]>([
  ["ClusterIP", {}],
  ["headless", { clusterIP: "None" }],
  ["LoadBalancer", { type: "LoadBalancer" }],
])(
  "%s leads to the app's pods by the ports' names; nothing else was created",
  async (kind, more) => {
    const recording = await recorded(kind && { kind });
    expect(identities(recording)).toEqual(["kubernetes:core/v1:Service::app"]);
    expect(only(recording, "kubernetes:core/v1:Service").inputs).toEqual({
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { selector, ports: portList, ...more },
    });
  },
);

it("is one of the cluster's own, unless told otherwise", async () => {
  const { inputs } = only(await recorded(), "kubernetes:core/v1:Service");
  expect(inputs.spec).toEqual({ selector, ports: portList });
});

it("leads to the pods of another app than its name", async () => {
  const other = await recorded({ metadata: { ...metadata, name: "app-nfs" }, app: "app" });
  expect(only(other, "kubernetes:core/v1:Service").inputs).toMatchObject({
    metadata: { name: "app-nfs" },
    spec: { selector },
  });
});

it("asks MetalLB for a fixed address", async () => {
  const recording = await recorded({ kind: "LoadBalancer", address: "192.0.2.7" });
  expect(only(recording, "kubernetes:core/v1:Service").inputs.metadata).toEqual({
    ...metadata,
    annotations: { "metallb.io/loadBalancerIPs": "192.0.2.7" },
  });
});

it("tells its URL, and a pending address as such", async () => {
  expect((await recorded()).outputs).toEqual({
    url: "http://app.test-media:8080",
    address: "pending",
  });
});

it.each([
  ["got one", { loadBalancer: { ingress: [{ ip: "192.0.2.7" }] } }, "192.0.2.7"],
  ["got only a name", { loadBalancer: { ingress: [{ hostname: "lb.test" }] } }, "pending"],
  ["got an empty list", { loadBalancer: { ingress: [] } }, "pending"],
  ["got no balancer", {}, "pending"],
  ["has no status", undefined, "pending"],
])("tells the address of a Service that %s", async (_, status, address) => {
  const answered = { status: pulumi.output(status) } as unknown as Parameters<
    typeof loadBalancerAddress
  >[0];
  expect((await record(() => ({ address: loadBalancerAddress(answered) }))).outputs).toEqual({
    address,
  });
});
