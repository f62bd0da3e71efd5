import { everyFinding, check, render } from "../../../ops/policies";
import { exceptions, isExcepted, type Exception } from "../../../ops/policies/exceptions";
import type { Finding, Graph } from "../../../ops/policies/finding";
import { shippedSetting, type Setting } from "../../../ops/policies/setting";
import { unknownMark } from "../../../ops/policies/value";
import { stackNames } from "../../../ops/stack-file";
import { shippedStack } from "../../support/stacks";
import { assigned } from "../../support/assignments";
import { hiddenEverywhere } from "./hidden";

/** All nodes can mount Longhorn's volumes. */
const withDrivers: Setting = {
  ...shippedSetting,
  nodes: shippedSetting.nodes.map((node) => ({ ...node, longhorn: true })),
};

/** The GPU sits in the second storage node. */
const gpuInStorageNode: Setting = {
  ...shippedSetting,
  nodes: [
    ...shippedSetting.nodes.slice(0, 1),
    {
      name: "k3s-w2",
      labels: { "node.longhorn.io/storage": "enabled", gpu: "true" },
      taints: { "node.longhorn.io/storage": "enabled", gpu: "true" },
      longhorn: true,
    },
  ],
};

const nas = (path: string) => ({ kind: "nfs", server: "nas.lan", path });
const migrated = { library: nas("/volume1/plex"), optimized: nas("/volume1/optimized") };
const source = { host: "old.lan", user: "root", hostKey: `ssh-ed25519 ${"A".repeat(68)}` };
const moving = (migration: object) => ({
  storage: migrated,
  plex: { migration: { source, ...migration } },
});
const onStorageNode = { longhorn: true, onStorageNode: true };
const overHost = { decypharr: { access: "hostPath" } };

/** Name, patch on the shipped config, setting. */
const variants: [string, Record<string, unknown>, Setting][] = [
  ["as shipped", {}, shippedSetting],
  [
    "without transcoding for others",
    { transcoding: { mode: "none", address: null }, gpu: null },
    shippedSetting,
  ],
  [
    "with one GPU node that mounts Longhorn",
    { transcoding: { mode: "single-gpu", address: null }, gpu: { longhorn: true } },
    withDrivers,
  ],
  ["with ClusterPlex on a node that mounts Longhorn", { gpu: { longhorn: true } }, withDrivers],
  ["with the GPU in a storage node", { gpu: onStorageNode }, gpuInStorageNode],
  [
    "with Plex on the GPU in a storage node, through its folder",
    { transcoding: { mode: "single-gpu", address: null }, gpu: onStorageNode, apps: overHost },
    gpuInStorageNode,
  ],
  [
    "with a transcode cache of Longhorn",
    { storage: { transcode: { kind: "shared", server: null, path: null } } },
    shippedSetting,
  ],
  [
    "with a migrated library",
    { transcoding: { mode: "none", address: null }, gpu: null, storage: migrated },
    shippedSetting,
  ],
  ["with a migrated library and ClusterPlex", { storage: migrated }, shippedSetting],
  ["with a library that moves in", moving({}), shippedSetting],
  ["with one that keeps its old paths", moving({ pathChange: "keep" }), shippedSetting],
  [
    "with old paths that lead into the stack's own library",
    moving({ pathChange: "keep", paths: ["/srv/old:/mnt/media", "/srv/tv:/mnt/media/tv"] }),
    shippedSetting,
  ],
  ["with one that has moved in", moving({ phase: "done" }), shippedSetting],
  [
    "with claims of an earlier stack",
    { storage: { claims: "adopt" }, namespace: { mode: "adopt" } },
    shippedSetting,
  ],
  [
    "with nothing to be kept",
    { storage: { protect: false } },
    { ...shippedSetting, throwAway: true },
  ],
];

describe.each(stackNames())("the stack %s", (stack) => {
  it("is as the policies want it", async () => {
    const { resources } = await shippedStack(stack);
    expect(render(check(resources))).toBe("");
  });
});

describe("the homelab stack", () => {
  const seen: Finding[] = [];

  it.each(variants)("is as the policies want it: %s", async (_, patch, setting) => {
    // What waits for a move can only be judged once that has ended.
    const { resources } = await shippedStack("homelab", patch, { "plex-g1-release": "{}" });
    seen.push(...everyFinding(resources, setting));
    expect(render(check(resources, setting))).toBe("");
  });

  it("needs every exception in one of these forms", () => {
    const needed = (exception: Exception) =>
      seen.some((finding) => isExcepted(finding, [exception]));
    expect(exceptions.filter((exception) => !needed(exception))).toEqual([]);
  });

  it("is judged alike whatever of it is unknown yet", async () => {
    const { resources } = await shippedStack("homelab");
    const graphs = hiddenEverywhere(resources, unknownMark);
    // Every part would take minutes; an odd stride meets all depths and kinds.
    const some = graphs.filter((_, place) => place % 23 === 0);
    expect(some.length).toBeGreaterThan(100);
    for (const { path, graph } of some) expect([path, render(check(graph))]).toEqual([path, ""]);
  });
});

describe("a migration's own pod, which only its steps make", () => {
  it("is as the policies want every pod, but that it ends at once: each step writes to disk before it says so", async () => {
    const { resources } = await shippedStack("homelab", moving({}));
    const step = resources.find(({ name }) => name === "plex-g1-check");
    const { MANIFESTS = "" } = await assigned(String(step?.inputs.stdin));
    const { items } = JSON.parse(MANIFESTS) as { items: Record<string, unknown>[] };
    const pods = items
      .filter(({ kind }) => kind === "Pod")
      .map((inputs) => ({ type: "kubernetes:core/v1:Pod", name: "importer", inputs, options: {} }));
    const found = check([...resources, ...pods]).map(({ policy, resource }) => [policy, resource]);
    expect(found).toEqual([["time-to-write-back", "kubernetes:core/v1:Pod::importer"]]);
  });
});

describe("a graph with a fault", () => {
  const plex = (replicas: number): Graph => [
    {
      type: "kubernetes:apps/v1:StatefulSet",
      name: "plex",
      inputs: {
        spec: {
          replicas,
          serviceName: unknownMark,
          selector: { matchLabels: { app: "plex" } },
          template: {
            metadata: { labels: { app: "plex" } },
            spec: {
              enableServiceLinks: false,
              automountServiceAccountToken: false,
              containers: [
                {
                  name: "plex",
                  image: "plex",
                  ports: [{ containerPort: 32400 }],
                  startupProbe: {},
                  readinessProbe: {},
                  livenessProbe: {},
                  resources: { limits: { memory: "2Gi" } },
                },
              ],
            },
          },
        },
      },
      options: {},
    },
  ];

  it("is told in a line for each fault and one for its fix, sorted", () => {
    expect(render(check(plex(2)))).toBe(
      [
        "kubernetes:apps/v1:StatefulSet::plex: container plex: found the image plex, expected an exact version [image-is-pinned]",
        "  fix: pin it in components/images.yaml and use images.<name>",
        "kubernetes:apps/v1:StatefulSet::plex: found 2 replicas, expected at most 1: two servers on one library ruin it [one-plex]",
        "  fix: set plex.replicas: 1",
        "",
      ].join("\n"),
    );
  });

  it("is excepted only where policy, resource and message are those of the exception", () => {
    const [exception] = exceptions.filter(({ about }) => about === "container decypharr:");
    const finding = {
      policy: exception?.policy ?? "",
      resource: exception?.resource ?? "",
      message: "container decypharr: found privileged",
      fix: "",
    };
    expect(isExcepted(finding)).toBe(true);
    expect(isExcepted({ ...finding, policy: "one-plex" })).toBe(false);
    expect(isExcepted({ ...finding, resource: "kubernetes:apps/v1:StatefulSet::plex" })).toBe(
      false,
    );
    expect(isExcepted({ ...finding, message: "container nfs: found privileged" })).toBe(false);
  });
});
