import { labels } from "../../../components/kubernetes/labels";
import { StaticVolume, type StaticVolumeArgs } from "../../../components/storage/static-volume";
import { record } from "../../../ops/recorder";
import { identities, only } from "../../support/children";

const volumeType = "kubernetes:core/v1:PersistentVolume";
const claimType = "kubernetes:core/v1:PersistentVolumeClaim";

const args: StaticVolumeArgs = {
  namespace: "test-media",
  site: "test-site",
  size: "3Gi",
  protect: true,
  readOnly: false,
  folder: { kind: "nfs", server: "192.0.2.7", path: "/export/titles" },
};

function recorded(more: Partial<StaticVolumeArgs> = {}) {
  return record(() => ({ ...new StaticVolume("titles", { ...args, ...more }).mount }));
}

it("is a volume and the one claim that it is reserved for, and nothing else was created", async () => {
  const recording = await recorded();
  expect(identities(recording)).toEqual([`${volumeType}::titles`, `${claimType}::titles`]);
  expect(only(recording, volumeType).inputs).toEqual({
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: "test-site-titles", labels: labels("titles", "storage") },
    spec: {
      capacity: { storage: "3Gi" },
      accessModes: ["ReadWriteMany"],
      persistentVolumeReclaimPolicy: "Retain",
      storageClassName: "",
      claimRef: { name: "titles", namespace: "test-media" },
      nfs: { server: "192.0.2.7", path: "/export/titles", readOnly: false },
      mountOptions: ["nfsvers=4.1", "hard", "noatime"],
    },
  });
  expect(only(recording, claimType).inputs).toEqual({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "titles", namespace: "test-media", labels: labels("titles", "storage") },
    spec: {
      accessModes: ["ReadWriteMany"],
      storageClassName: "",
      volumeName: "test-site-titles",
      resources: { requests: { storage: "3Gi" } },
    },
  });
});

it("is read by many, and gives up a server that is away, where nobody writes", async () => {
  const recording = await recorded({ readOnly: true });
  expect(only(recording, volumeType).inputs).toMatchObject({
    spec: {
      accessModes: ["ReadOnlyMany"],
      nfs: { readOnly: true },
      mountOptions: ["nfsvers=4.1", "soft", "timeo=150", "retrans=3", "noatime"],
    },
  });
  expect(only(recording, claimType).inputs).toMatchObject({
    spec: { accessModes: ["ReadOnlyMany"] },
  });
});

it.each([true, false])("mounts itself, read-only as given: %s", async (readOnly) => {
  expect((await recorded({ readOnly })).outputs).toEqual({
    volume: "titles",
    source: { persistentVolumeClaim: { claimName: "titles" } },
    readOnly,
  });
});

it("takes the mount options that an export asks for", async () => {
  const folder = { kind: "nfs", server: "192.0.2.7", path: "/", mountOptions: ["nolock"] } as const;
  const { inputs } = only(await recorded({ readOnly: true, folder }), volumeType);
  expect(inputs).toMatchObject({ spec: { mountOptions: ["nolock"] } });
});

it("is a folder of the node, which must exist", async () => {
  const recording = await recorded({ folder: { kind: "hostPath", path: "/srv/titles" } });
  const { spec } = only(recording, volumeType).inputs;
  expect(spec).toMatchObject({ hostPath: { path: "/srv/titles", type: "Directory" } });
  expect(spec).not.toHaveProperty("nfs");
  expect(spec).not.toHaveProperty("mountOptions");
});

const held = { protect: true, retainOnDelete: true };
const asFound = { ignoreChanges: ["*"] };

it.each<[string, Partial<StaticVolumeArgs>, object, object]>([
  ["kept", {}, held, held],
  [
    "kept without protection",
    { protect: false },
    { retainOnDelete: true },
    { retainOnDelete: true },
  ],
  ["disposable", { disposable: true }, {}, {}],
  [
    "taken over from an earlier stack",
    { adoptFrom: "old" },
    { ...held, ...asFound, import: "test-site-titles" },
    { ...held, ...asFound, import: "old/titles" },
  ],
])("volume and claim are %s", async (_, more, volume, claim) => {
  const recording = await recorded(more);
  expect(only(recording, volumeType).options).toEqual(volume);
  expect(only(recording, claimType).options).toEqual(claim);
});
