import { unknownMark } from "../../../ops/policies/value";
import { losses } from "../../../ops/preview/guard";
import { bytes } from "../../../ops/preview/immutable";
import { plannedFromRecording, type PlannedResource } from "../../../ops/preview/planned";
import type { RecordedAlias } from "../../../ops/recorder";
import { box, changed, claim, claimType, kept, planned, urn } from "./resources";

const kubernetes = (type: string, inputs: Record<string, unknown>, options = kept) =>
  planned(`kubernetes:${type}`, "x", { inputs, options });

const samples: Record<string, PlannedResource> = {
  PersistentVolumeClaim: claim(),
  PersistentVolume: kubernetes("core/v1:PersistentVolume", {
    metadata: { name: "media" },
    spec: { nfs: { server: "nas", path: "/media" }, capacity: { storage: "1Ti" } },
  }),
  StorageClass: kubernetes("storage.k8s.io/v1:StorageClass", {
    metadata: { name: "longhorn-simple" },
    provisioner: "driver.longhorn.io",
    parameters: { numberOfReplicas: "2" },
  }),
  CsiVolume: planned("nomad:index/csiVolume:CsiVolume", "overseerr", {
    options: kept,
    inputs: { volumeId: "v", capabilities: [{ accessMode: "single-node-writer" }] },
  }),
  StatefulSet: planned("kubernetes:apps/v1:StatefulSet", "plex", {
    inputs: { spec: { selector: { matchLabels: { app: "plex" } }, replicas: 1 } },
  }),
  Deployment: planned("kubernetes:apps/v1:Deployment", "sonarr", {
    inputs: { spec: { selector: { matchLabels: { app: "sonarr" } }, replicas: 1 } },
  }),
  Namespace: planned("kubernetes:core/v1:Namespace", "namespace", {
    inputs: { metadata: { name: "media", labels: { a: "b" } } },
  }),
  kubernetes: planned("pulumi:providers:kubernetes", "cluster", {
    inputs: { clusterIdentifier: "default", context: "default" },
  }),
  Secret: kubernetes("core/v1:Secret", { metadata: { name: "x", namespace: "media" } }),
};

/** A field, a value that is no loss, and one that is. */
const fields: [kind: string, path: string, passes: unknown, fails: unknown][] = [
  ["PersistentVolumeClaim", "metadata.name", "config-sonarr", "sonarr"],
  ["PersistentVolumeClaim", "metadata.namespace", "media", "other"],
  ["PersistentVolumeClaim", "spec.storageClassName", "longhorn-simple", "longhorn-rwx"],
  ["PersistentVolumeClaim", "spec.accessModes", ["ReadOnlyMany", "ReadWriteOnce"], []],
  ["PersistentVolumeClaim", "spec.resources.requests.storage", "20Gi", "5Gi"],
  ["PersistentVolumeClaim", "spec.volumeName", "pv-1", "pv-2"],
  ["PersistentVolumeClaim", "spec.volumeName", "pv-1", undefined],
  ["PersistentVolumeClaim", "spec.volumeMode", undefined, "Block"],
  ["PersistentVolumeClaim", "spec.selector", undefined, { matchLabels: { a: "b" } }],
  ["PersistentVolume", "metadata.name", "media", "films"],
  ["PersistentVolume", "spec.nfs", { path: "/media", server: "nas" }, { server: "n", path: "/" }],
  ["PersistentVolume", "spec.hostPath", undefined, { path: "/srv" }],
  ["StorageClass", "parameters", { numberOfReplicas: "2" }, { numberOfReplicas: "3" }],
  ["CsiVolume", "capabilities", [{ accessMode: "single-node-writer" }], []],
  ["CsiVolume", "volumeId", "v", "w"],
  ["CsiVolume", "mountOptions", undefined, { fsType: "ext4" }],
  ["StatefulSet", "spec.selector", { matchLabels: { app: "plex" } }, { matchLabels: {} }],
  ["StatefulSet", "spec.volumeClaimTemplates", undefined, [{ metadata: { name: "config" } }]],
  ["Deployment", "spec.selector", { matchLabels: { app: "sonarr" } }, { matchLabels: {} }],
  ["Namespace", "metadata.name", "media", "films"],
  ["kubernetes", "clusterIdentifier", "default", "other"],
  ["Secret", "metadata.namespace", "media", "other"],
];

const sample = (kind: string): PlannedResource => samples[kind] ?? claim();

describe("a field that can't be changed in place", () => {
  test.each(fields)("%s %s: %j is no loss", (kind, path, passes) => {
    expect(losses([sample(kind)], changed(sample(kind), path, passes))).toEqual([]);
  });

  test.each(fields)("%s %s: not %j but %4$j is one", (kind, path, _, fails) => {
    const found = losses([sample(kind)], changed(sample(kind), path, fails));
    expect(found.map(({ field }) => field)).toEqual([path]);
  });

  test.each([
    ["PersistentVolumeClaim", "metadata.labels", { a: "b" }],
    ["PersistentVolume", "spec.capacity", { storage: "2Ti" }],
    ["StatefulSet", "spec.replicas", 0],
    ["Deployment", "spec.replicas", 2],
    ["Namespace", "metadata.labels", {}],
    ["kubernetes", "context", "renamed"],
  ])("%s %s is changed freely", (kind, path, value) => {
    expect(losses([sample(kind)], changed(sample(kind), path, value))).toEqual([]);
  });

  it("is named with what it was, what it would be, and the way out", () => {
    expect(losses([claim()], changed(claim(), "spec.storageClassName", "longhorn-rwx"))).toEqual([
      {
        resource: "PersistentVolumeClaim config-sonarr",
        field: "spec.storageClassName",
        before: "longhorn-simple",
        after: "longhorn-rwx",
        message: "it can't be changed in place: the object would be replaced",
        fix: "leave it as it is; for other values register a new claim under another name, copy the data, and let the app mount that one",
      },
    ]);
  });

  it("of a claim that nobody protects is changed freely", () => {
    const free = claim({ options: {} });
    expect(losses([free], changed(free, "spec.storageClassName", "longhorn-rwx"))).toEqual([]);
  });

  it.each(["*", "spec", "spec.storageClassName"])("is left alone where %s is ignored", (path) => {
    const adopted = claim({ options: { ...kept, ignoreChanges: [path] } });
    expect(losses([claim()], changed(adopted, "spec.storageClassName", "of-old"))).toEqual([]);
  });

  it("is not judged while it is unknown", () => {
    expect(losses([claim()], changed(claim(), "metadata.namespace", unknownMark))).toEqual([]);
  });

  it("is no name that the provider makes up", () => {
    const named = (name: string) =>
      kubernetes("core/v1:Secret", {
        metadata: { name, annotations: { "pulumi.com/autonamed": "true" } },
      });
    expect(losses([named("x-1")], [named("x-2")])).toEqual([]);
  });
});

describe("an identity", () => {
  const renamed = (aliases: string[] = []) =>
    claim({ name: "sonarr", urn: urn(`${box.type}$${claimType}`, "sonarr"), aliases });

  it("that is another one loses the data, and the alias to write is named", () => {
    const [loss, ...more] = losses([box, claim()], [box, renamed()]);
    expect(loss).toMatchObject({
      resource: "PersistentVolumeClaim config-sonarr",
      field: "URN",
      before: claim().urn,
      after: renamed().urn,
      fix: 'name the old one in the same change: aliases: [{ name: "config-sonarr" }]',
    });
    expect(more).toEqual([]);
  });

  it("that has the old one as an alias is no loss", () => {
    expect(losses([box, claim()], [box, renamed([claim().urn])])).toEqual([]);
  });

  it("that has an alias is compared with what it was", () => {
    const [is] = changed(renamed([claim().urn]), "metadata.name", "sonarr");
    expect(losses([claim()], is ? [is] : []).map(({ field }) => field)).toEqual(["metadata.name"]);
  });

  it("below another parent is another one", () => {
    const moved = claim({ parent: "", urn: urn(claimType, "config-sonarr") });
    const [loss] = losses([box, claim()], [moved]);
    expect(loss?.fix).toBe(`name the old one in the same change: aliases: ["${claim().urn}"]`);
  });

  it("of another type, with nothing like it in the plan, is gone", () => {
    expect(losses([claim()], [])).toMatchObject([{ field: "URN", after: "nothing" }]);
    expect(losses([claim({ options: { retainOnDelete: true } })], [])).toHaveLength(1);
  });

  it("of the provider is kept, too: what another one makes are other objects", () => {
    const other = planned("pulumi:providers:kubernetes", "k3s");
    expect(losses([sample("kubernetes")], [other])).toMatchObject([{ field: "URN" }]);
  });

  it.each([
    ["what nobody protects", claim({ options: {} })],
    ["a component", box],
  ])("of %s may go", (_, resource) => {
    expect(losses([resource], [])).toEqual([]);
  });
});

describe("earlier names in a recording", () => {
  const recorded = (aliases: RecordedAlias[] = [], component: RecordedAlias[] = []) =>
    plannedFromRecording(
      [
        {
          ...box,
          dependencies: [],
          provider: "",
          urn: "recorder's own",
          aliases: component,
        },
        {
          ...claim(),
          dependencies: [],
          provider: "",
          parent: "recorder's own",
          aliases,
        },
      ],
      "media-homelab",
      "homelab",
    ).find(({ type }) => type === claimType);

  it("are none where nothing was renamed, and the URN is the engine's", () => {
    expect(recorded()).toMatchObject({ urn: claim().urn, parent: box.urn, aliases: [] });
  });

  it.each([
    [{ name: "old" }, urn(`${box.type}$${claimType}`, "old")],
    [{ type: "t:m:Old" }, urn(`${box.type}$t:m:Old`, "config-sonarr")],
    [{ noParent: true }, urn(claimType, "config-sonarr")],
    [{ parent: urn("t:m:Box", "b") }, urn(`t:m:Box$${claimType}`, "config-sonarr")],
    [{ urn: "urn:of:old" }, "urn:of:old"],
  ])("are its own: %j", (alias, expected) => {
    expect(recorded([alias])?.aliases).toEqual([expected]);
  });

  it("follow the parent's type and, where they begin with it, its name", () => {
    expect(recorded([], [{ type: "homelab:storage:Old" }])?.aliases).toEqual([
      urn(`homelab:storage:Old$${claimType}`, "config-sonarr"),
    ]);
    expect(recorded([], [{ name: "state-sonarr" }])?.aliases).toEqual([
      urn(`${box.type}$${claimType}`, "state-sonarr"),
    ]);
  });
});

test.each([
  ["1Gi", 1024 ** 3],
  ["1G", 1000 ** 3],
  ["1024Mi", 1024 ** 3],
  ["0.5Ti", 512 * 1024 ** 3],
  ["1e3", 1000],
  [2048, 2048],
  [undefined, 0],
])("a quantity of %s is %d bytes", (quantity, expected) => {
  expect(bytes(quantity)).toBe(expected);
});
