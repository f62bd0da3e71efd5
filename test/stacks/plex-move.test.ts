import { images } from "../../components/images";
import { place } from "../../components/kubernetes/placement";
import { unknownMark } from "../../ops/policies/value";
import type { RecordedResource, Recording } from "../../ops/recorder";
import { assigned } from "../support/assignments";
import { containerOf, envOf, mountsOf, only, podOf } from "../support/children";
import { shippedStack } from "../support/stacks";

const source = {
  host: "old-plex.test",
  user: "alex",
  hostKey: `ssh-ed25519 ${"A".repeat(68)}`,
};
const nas = (path: string) => ({ kind: "nfs", server: "nas.test", path });
const storage = { library: nas("/films"), optimized: nas("/small") };
const cpuOnly = { transcoding: { mode: "none", address: null }, gpu: null, storage };

type Patch = Readonly<Record<string, unknown>>;

/** The shipped stack with a move of an old server's library. */
function moving(migration: Patch = {}, more: Patch = {}, printed?: Record<string, string>) {
  const { plex, ...rest } = { plex: {}, ...more };
  const patch = { ...cpuOnly, ...rest, plex: { ...plex, migration: { source, ...migration } } };
  return shippedStack("homelab", patch, printed);
}

const stepType = "command:local:Command";
const serviceType = "kubernetes:core/v1:Service";
const ingressType = "kubernetes:networking.k8s.io/v1:Ingress";
const setType = "kubernetes:apps/v1:StatefulSet";
const steps = ["check", "pre-copy", "stop", "archive", "transfer", "verify", "promote", "release"];
const identities = ({ resources }: Recording) =>
  resources.map(({ type, name }) => `${type}::${name}`).sort();
const without = (some: readonly string[], others: readonly string[]) =>
  some.filter((each) => !others.includes(each));

function named({ resources }: Recording, type: string, name: string): RecordedResource {
  const found = resources.find((resource) => resource.type === type && resource.name === name);
  if (!found) throw new Error(`no ${type} ${name}`);
  return found;
}

/** Plex's pod. */
function plexOf({ resources, outputs }: Recording) {
  const others = (name: string, type: string) => type === setType && name !== "plex";
  return podOf(
    { resources: resources.filter(({ name, type }) => !others(name, type)), outputs },
    "StatefulSet",
  );
}

const valuesOf = (recording: Recording, step: string) =>
  assigned(only(recording, stepType, `plex-g1-${step}`).inputs.stdin as string);

const claimOf = (recording: Recording) =>
  (plexOf(recording).spec.volumes as { name: string; persistentVolumeClaim?: object }[]).find(
    ({ name }) => name === "config-plex",
  )?.persistentVolumeClaim;

const generationsOf = (recording: Recording) => ({
  mayStart: envOf(containerOf(plexOf(recording), "may-start")).GENERATION,
  ...Object.fromEntries(
    [
      [serviceType, "plex"],
      [serviceType, "plex-pods"],
      [setType, "plex"],
    ].map(([type = "", name = ""]) => [
      `${type.split(":").at(-1) ?? ""} ${name}`,
      named(recording, type, name).inputs.metadata,
    ]),
  ),
});

describe("a stack that moves an old Plex", () => {
  let still: Recording;
  let before: Recording;
  let after: Recording;

  beforeAll(async () => {
    still = await shippedStack("homelab", cpuOnly);
    before = await moving();
    after = await moving({}, {}, { "plex-g1-release": "{}" });
  });

  it("has the move's steps on top, and nothing else", () => {
    expect(without(identities(before), identities(still))).toEqual([
      ...[...steps, "cut-over", "report"].map((step) => `${stepType}::plex-g1-${step}`).sort(),
      "homelab:migrations:PlexMove::plex",
    ]);
    expect(without(identities(still), identities(before))).toEqual([]);
  });

  it("lets Plex wait until the old server has given its library up, and nothing else", () => {
    const release = named(before, stepType, "plex-g1-release");
    const waiting = new Set([release.urn]);
    for (let known = 0; known < waiting.size;) {
      known = waiting.size;
      for (const { urn, dependencies } of before.resources) {
        if (dependencies.some((each) => waiting.has(each))) waiting.add(urn);
      }
    }
    const names = before.resources
      .filter(({ urn, custom }) => custom && waiting.has(urn) && urn !== release.urn)
      .map(({ type, name }) => `${type}::${name}`);
    expect(names.sort()).toEqual([
      `${stepType}::plex-g1-cut-over`,
      `${stepType}::plex-g1-report`,
      `${stepType}::plex-set-up`,
      `${setType}::plex`,
      `${serviceType}::plex`,
      `${serviceType}::plex-pods`,
      `${ingressType}::plex`,
    ]);
  });

  it("knows neither claim nor generation before that", () => {
    const { mayStart, ...others } = generationsOf(before);
    expect(claimOf(before)).toEqual({ claimName: unknownMark });
    expect(mayStart).toBe(unknownMark);
    for (const metadata of Object.values(others)) {
      expect(metadata).toMatchObject({
        annotations: { "media-homelab/generation": unknownMark },
      });
    }
  });

  it("serves from its own claim after that, on this generation only", () => {
    const { mayStart, ...others } = generationsOf(after);
    expect(claimOf(after)).toEqual({ claimName: "config-plex" });
    expect(mayStart).toBe("1");
    for (const metadata of Object.values(others)) {
      expect(metadata).toMatchObject({ annotations: { "media-homelab/generation": "1" } });
    }
  });

  it("differs from one that moves nothing in the marks of the generation alone", () => {
    const unmarked = ({ resources }: Recording) =>
      resources
        .filter(({ type }) => type.startsWith("kubernetes:"))
        .map(({ type, name, inputs }) => ({ type, name, inputs: withoutMarks(inputs) }));
    expect(unmarked(after)).toEqual(unmarked(still));
  });

  it("tells the move's steps what the config says", async () => {
    expect(await valuesOf(before, "check")).toMatchObject({
      STACK: "homelab",
      KUBE_CONTEXT: "default",
      NAMESPACE: "media",
      SOURCE_HOST: "old-plex.test",
      SOURCE_PORT: "22",
      SOURCE_USER: "alex",
      HOST_KEY: source.hostKey,
      IDENTITY_FILE: "",
      KIND: "systemd",
      SERVICE: "plexmediaserver",
      LIBRARY: "/var/lib/plexmediaserver/Library",
      GENERATION: "1",
      VERSION: images.plex
        .split(":")
        .at(-1)
        ?.replace(/^version-|-ls\d+$/g, ""),
      OWNER: "1000:1000",
      MAX_HOURS: "4",
      WINDOW: "900",
      PATHS: "/mnt/nas-plex\t/media/library\n/mnt/nas-plex-optimized\t/media/optimized",
      MEDIA: "/media/library",
      WRITABLE: "/media/optimized",
    });
  });

  it("tells what the move has found out", () => {
    expect(before.outputs.migrations).toEqual({ plex: unknownMark });
    expect(still.outputs).not.toHaveProperty("migrations");
  });

  it("sends nobody to claim the server, which comes claimed", () => {
    const claims = (recording: Recording) =>
      (recording.outputs.nextSteps as string[]).filter((step) => step.includes("claim"));
    expect(claims(still)).toEqual([
      "Plex: sign in at its address and claim the server, or set plex.claim",
    ]);
    expect(claims(before)).toEqual([]);
  });

  it("tells how to take the move back", () => {
    const back = "the move of Plex: npm run rollback -- homelab plex";
    expect(before.outputs.rollback).toContain(back);
    expect(still.outputs.rollback).not.toContain(back);
  });
});

/** A value without what names a generation, and without annotations that are then empty. */
function withoutMarks(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value))
    return value
      .filter((each) => (each as { name?: string }).name !== "GENERATION")
      .map(withoutMarks);
  const entries = Object.entries(value)
    .filter(([key]) => key !== "media-homelab/generation")
    .map(([key, inner]) => [key, withoutMarks(inner)] as const)
    .filter(([key, inner]) => key !== "annotations" || Object.keys(inner as object).length > 0);
  return Object.fromEntries(entries);
}

describe("when the move is over", () => {
  it("only cleans up, and Plex waits for nothing", async () => {
    const [still, done] = [
      await shippedStack("homelab", cpuOnly),
      await moving({ phase: "done", generation: 2 }),
    ];
    expect(without(identities(done), identities(still))).toEqual([
      `${stepType}::plex-g2-clean-up`,
      "homelab:migrations:PlexMove::plex",
    ]);
    expect(claimOf(done)).toEqual({ claimName: "config-plex" });
    expect(generationsOf(done).mayStart).toBe("2");
    const cleanUp = named(done, stepType, "plex-g2-clean-up");
    expect(done.resources.filter(({ dependencies }) => dependencies.includes(cleanUp.urn))).toEqual(
      [],
    );
    expect(done.outputs).not.toHaveProperty("migrations");
  });
});

it("runs the image that the config names, and moves only from the same version", async () => {
  const tag = "version-1.40.1.8227-c0dd5a73e";
  const recording = await moving({}, { plex: { tag } });
  const image = `${images.plex.slice(0, images.plex.lastIndexOf(":"))}:${tag}`;
  const pod = plexOf(recording);
  expect(containerOf(pod, "plex").image).toBe(image);
  expect(containerOf(pod, "may-start").image).toBe(image);
  expect(recording.outputs.images).toMatchObject({ plex: image });
  const values = await valuesOf(recording, "check");
  expect(values.VERSION).toBe("1.40.1.8227-c0dd5a73e");
  expect(values.MANIFESTS).toContain(`"image":"${image}"`);
});

interface Manifests {
  readonly items: readonly [{ spec: object & { containers: object[] } }, object];
}

const importerOf = async (recording: Recording) =>
  (JSON.parse((await valuesOf(recording, "check")).MANIFESTS ?? "") as Manifests).items[0].spec;

it("brings the library where Plex will run, be that beside a GPU", async () => {
  const { affinity, tolerations } = place({ nodes: "gpu-and-storage" });
  const gpu = { onStorageNode: true, longhorn: true };
  const transcoding = { mode: "single-gpu", address: null };
  const beside = await importerOf(await moving({}, { transcoding, gpu }));
  expect(beside).toMatchObject({ affinity, tolerations });
  const { affinity: elsewhere } = place({ nodes: "storage" });
  expect(await importerOf(await moving())).toMatchObject({ affinity: elsewhere });
});

describe("old paths that are kept", () => {
  const paths = ["/mnt/nas plex:/media/library", "/srv/small:/media/optimized/a/b"];
  const clusterplex = { transcoding: { mode: "clusterplex", address: null }, gpu: {} };

  it("are the same media in Plex and its workers, and no section is changed", async () => {
    const { gpu, transcoding } = clusterplex;
    const recording = await moving({ pathChange: "keep", paths }, { gpu, transcoding });
    const worker = containerOf(
      podOf(
        { resources: [named(recording, setType, "clusterplex-worker")], outputs: {} },
        "StatefulSet",
      ),
      "clusterplex-worker",
    );
    for (const container of [containerOf(plexOf(recording), "plex"), worker]) {
      expect(mountsOf(container)).toMatchObject({
        "/media/library": "migrated-library:ro",
        "/media/optimized": "migrated-optimized",
        "/mnt/nas plex": "migrated-library:ro",
        "/srv/small": "migrated-optimized",
      });
      expect(container.volumeMounts).toContainEqual({
        name: "migrated-optimized",
        mountPath: "/srv/small",
        subPath: "a/b",
      });
    }
    expect(await valuesOf(recording, "check")).toMatchObject({
      PATHS: "",
      MEDIA: "/media/library\n/mnt/nas plex",
      WRITABLE: "/media/optimized\n/srv/small",
    });
  });

  it("are in the importer as they will be in Plex", async () => {
    const recording = await moving({ pathChange: "keep", paths });
    const { containers } = await importerOf(recording);
    for (const each of containers) {
      expect(mountsOf(each as Parameters<typeof mountsOf>[0])).toEqual({
        "/keys": "keys",
        "/config": "config-plex",
        "/media/library": "migrated-library:ro",
        "/media/optimized": "migrated-optimized",
        "/mnt/nas plex": "migrated-library:ro",
        "/srv/small": "migrated-optimized",
      });
    }
  });

  it("may lead into the stack's own library, which Plex only reads", async () => {
    const own = ["/srv/films:/mnt/media/movies", "/srv/rest:/media/library"];
    const recording = await moving({ pathChange: "keep", paths: own });
    for (const container of [
      containerOf(plexOf(recording), "plex"),
      ...(await importerOf(recording)).containers,
    ]) {
      const { volumeMounts } = container as { volumeMounts: object[] };
      expect(volumeMounts).toContainEqual({
        name: "media-library",
        mountPath: "/srv/films",
        subPath: "movies",
        readOnly: true,
      });
    }
  });
});
