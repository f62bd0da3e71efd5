import { noted, notLookedUp, type Export } from "../../ops/recover";

const urn = (type: string, name: string) => `urn:pulumi:homelab::media-homelab::${type}::${name}`;

const state = (type: string, metadata?: object) => ({
  urn: urn(type, "x"),
  type,
  inputs: metadata === undefined ? {} : { metadata },
});

const pending = (...resources: ReturnType<typeof state>[]): Export => ({
  deployment: { pending_operations: resources.map((resource) => ({ type: "creating", resource })) },
});

const claim = state("kubernetes:core/v1:PersistentVolumeClaim", {
  name: "plex-config",
  namespace: "media",
});
const volume = state("kubernetes:core/v1:PersistentVolume", { name: "media-library" });

test("an object is noted as the Kubernetes provider names it, with its namespace if it lies in one", () => {
  const exported = noted(pending(claim, volume));
  expect(exported).toEqual({
    deployment: {
      resources: [
        { ...claim, id: "media/plex-config", outputs: {} },
        { ...volume, id: "media-library", outputs: {} },
      ],
      pending_operations: [],
    },
  });
  expect(notLookedUp(exported)).toHaveLength(2);
  // Twice is as good as once.
  expect(noted(exported)).toEqual(exported);
});

test("what is there already is not noted again", () => {
  const there = { ...claim, id: "media/plex-config", outputs: { kind: "PersistentVolumeClaim" } };
  const exported = noted({
    deployment: { ...pending(claim).deployment, resources: [there] },
  });
  expect(exported.deployment.resources).toEqual([there]);
  expect(notLookedUp(exported)).toEqual([]);
});

test("steps, jobs, deletions and updates are left to the next up", () => {
  const service = state("kubernetes:core/v1:Service", { name: "sonarr", namespace: "media" });
  const pending_operations = [
    { type: "creating", resource: state("command:local:Command") },
    { type: "creating", resource: state("nomad:index/job:Job", { name: "overseerr" }) },
    { type: "deleting", resource: service },
    { type: "updating", resource: service },
  ];
  expect(noted({ deployment: { pending_operations } }).deployment.resources).toEqual([]);
});

test("a stack that nobody killed has nothing to look up", () => {
  expect(notLookedUp(noted({ deployment: {} }))).toEqual([]);
});
