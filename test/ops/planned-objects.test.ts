import * as k8s from "@pulumi/kubernetes";
import { plannedObjects, type PlannedObject } from "../../ops/planned-objects";
import { record } from "../../ops/recorder";

const objects = async (program: () => unknown) => plannedObjects(await record(program));
const nameOf = ({ kind, metadata }: PlannedObject) => `${kind} ${metadata.name}`;

it("gives each object as kubectl takes it, and nothing else of the stack", async () => {
  const planned = await objects(() => {
    const provider = new k8s.Provider("cluster", {});
    new k8s.core.v1.Service(
      "web",
      { metadata: { name: "www", namespace: "media" }, spec: { ports: [{ port: 80 }] } },
      { provider },
    );
  });
  expect(planned).toEqual([
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "www", namespace: "media" },
      spec: { ports: [{ port: 80 }] },
    },
  ]);
});

it("names what is autonamed by the name under which others refer to it", async () => {
  const planned = await objects(() => {
    const files = new k8s.core.v1.ConfigMap("files", { data: { a: "b" } });
    const volumes = [{ name: "files", configMap: { name: files.metadata.name } }];
    new k8s.core.v1.Pod("app", { spec: { containers: [], volumes } });
  });
  expect(planned).toMatchObject([
    { kind: "ConfigMap", metadata: { name: "files-autonamed" } },
    { kind: "Pod", spec: { volumes: [{ configMap: { name: "files-autonamed" } }] } },
  ]);
});

it("gives a Secret without its values, which the recording does not have", async () => {
  const planned = await objects(() => {
    new k8s.core.v1.Secret("keys", { stringData: { key: "open sesame" }, immutable: true });
  });
  expect(planned).toEqual([
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "keys-autonamed" },
      immutable: true,
    },
  ]);
});

it("puts what is needed before what needs it", async () => {
  const planned = await objects(() => {
    new k8s.apps.v1.Deployment("app", {});
    new k8s.core.v1.PersistentVolumeClaim("claim", {});
    new k8s.core.v1.PersistentVolume("volume", {});
    new k8s.core.v1.ServiceAccount("account", {});
    new k8s.storage.v1.StorageClass("class", { provisioner: "none" });
    new k8s.core.v1.Namespace("space", {});
  });
  expect(planned.map(nameOf)).toEqual([
    "Namespace space-autonamed",
    "StorageClass class-autonamed",
    "PersistentVolume volume-autonamed",
    "PersistentVolumeClaim claim-autonamed",
    "ServiceAccount account-autonamed",
    "Deployment app-autonamed",
  ]);
});
