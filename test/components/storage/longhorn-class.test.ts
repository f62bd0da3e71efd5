import { LonghornClass, type LonghornClassArgs } from "../../../components/storage/longhorn-class";
import { record } from "../../../ops/recorder";
import { children, only } from "../../support/children";

function recorded(args: Omit<LonghornClassArgs, "name">) {
  return record(() => ({ name: new LonghornClass("class", { name: "test-class", ...args }).name }));
}

const storageClass = {
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name: "test-class" },
  provisioner: "driver.longhorn.io",
  allowVolumeExpansion: true,
  reclaimPolicy: "Retain",
  volumeBindingMode: "Immediate",
};
const parameters = {
  numberOfReplicas: "2",
  staleReplicaTimeout: "30",
  dataLocality: "best-effort",
  fsType: "ext4",
};
const sharing = {
  migratable: "false",
  nfsOptions: "vers=4.1,noresvport,hard,timeo=600,retrans=5",
};

it.each([
  ["one node at a time", false, parameters],
  ["many nodes", true, { ...parameters, ...sharing }],
])("creates a class for %s and keeps it on destroy; nothing else was created", async (...row) => {
  const [, shared, expected] = row;
  const recording = await recorded({ mode: "create", shared });
  expect(children(recording)).toEqual([
    {
      type: "kubernetes:storage.k8s.io/v1:StorageClass",
      name: "class",
      inputs: { ...storageClass, parameters: expected },
    },
  ]);
  const { options } = only(recording, "kubernetes:storage.k8s.io/v1:StorageClass");
  expect(options).toEqual({ retainOnDelete: true });
  expect(recording.outputs).toEqual({ name: "test-class" });
});

it("references one that exists without a resource of its own", async () => {
  const recording = await recorded({ mode: "reference", shared: true });
  expect(children(recording)).toEqual([]);
  expect(recording.outputs).toEqual({ name: "test-class" });
});
