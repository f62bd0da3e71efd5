import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as fc from "fast-check";
import { platformSchema, schemaAt, type JsonSchema } from "../../config/json-schema";
import { loadConfig } from "../../config/load";
import {
  engineConfig,
  projectName,
  stackFileConfig,
  stackFileValues,
  stackNames,
} from "../../ops/stack-file";
import { typed } from "./pulumi-cli";

type Values = Readonly<Record<string, unknown>>;

interface Given {
  readonly secretKeys?: string[];
  /** The stack file, for the lines of its faults. */
  readonly file?: string;
}

/** What the program makes of a stack's config. */
async function load(config: Record<string, string>, { secretKeys = [], file }: Given = {}) {
  pulumi.runtime.setAllConfig(config, secretKeys);
  const mocks = { newResource: () => ({ id: "", state: {} }), call: () => ({}) };
  await pulumi.runtime.setMocks(mocks, projectName(), "test");
  return loadConfig(file);
}

/** The error with which a config is refused; none if it is accepted. Whatever else is thrown is a crash. */
async function refusal(config: Record<string, string>, given?: Given): Promise<string | undefined> {
  try {
    await load(config, given);
    return undefined;
  } catch (error) {
    if (pulumi.RunError.isInstance(error)) return error.message;
    throw error;
  }
}

/** The values after typing every fix that an error prints. */
function mended(values: Values, message: string): Values {
  const fixes = message.match(/(?<=^ {4}fix: ).*/gm) ?? [];
  expect(fixes.length).toBeGreaterThan(0);
  return fixes.reduce((before, fix) => typed(before, fix, projectName()), values);
}

const files = (folder: string) =>
  fs.readdirSync(path.join(__dirname, folder)).map((name) => path.join(__dirname, folder, name));

/** A faulty file opens with the error it must give, as comments. */
function announcedError(file: string): string {
  const lines = fs.readFileSync(file, "utf8").split("\n");
  const comments = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith("# ")),
  );
  return ["The stack's config has to be corrected:", ...comments.map((line) => line.slice(2))].join(
    "\n",
  );
}

describe("a stack's config", () => {
  it.each(stackNames())("accepts the shipped stack %s", async (stack) => {
    const config = await load(stackFileConfig(`Pulumi.${stack}.yaml`));
    expect(["k3s", "nomad"]).toContain(config.platform);
  });

  it.each(files("valid"))("accepts %s", async (file) => {
    await expect(load(stackFileConfig(file))).resolves.toMatchObject({});
  });

  it.each(files("invalid"))("refuses %s with exactly the error it announces", async (file) => {
    expect(await refusal(stackFileConfig(file), { file })).toBe(announcedError(file));
  });

  it("fills in the defaults", async () => {
    const config = await load(stackFileConfig(path.join(__dirname, "valid", "least-homelab.yaml")));
    const app = (size: string) => ({ enabled: true, keepState: true, size });
    expect(config).toEqual({
      platform: "k3s",
      kubernetes: { context: "default" },
      namespace: { name: "media", mode: "create" },
      secrets: { file: "secrets/homelab.sops.yaml" },
      storage: {
        protect: true,
        claims: "create",
        block: { class: "longhorn-simple", mode: "reference" },
        shared: { class: "longhorn-rwx", mode: "reference" },
        symlinks: "10Gi",
        media: { kind: "nfs", server: "192.168.1.10", path: "/mnt/user/media", size: "100Gi" },
        transcode: { kind: "shared", size: "500Gi" },
      },
      paths: {
        dfs: "/mnt/dfs",
        streaming: "/mnt/streaming-media",
        media: "/mnt/media",
        transcode: "/mnt/transcode",
      },
      ingress: { domain: "homelab", className: "traefik", tls: false },
      metallb: {},
      identity: { puid: 1000, pgid: 1000, timezone: "UTC" },
      apps: {
        sonarr: app("10Gi"),
        radarr: app("10Gi"),
        prowlarr: app("5Gi"),
        profilarr: app("2Gi"),
        pulsarr: app("1Gi"),
        decypharr: {
          ...app("5Gi"),
          usenet: true,
          access: "nfs",
          hostPath: "/mnt/k8s/decypharr-dfs",
          nfsClients: ["192.168.1.0/24"],
          cacheSize: "2Gi",
        },
      },
      plex: {
        ...app("50Gi"),
        replicas: 1,
        ingress: true,
        claim: false,
        customConnections: [],
        plexTv: "https://plex.tv",
      },
      transcoding: { mode: "none", workers: 1 },
    });
  });

  it("fills in the defaults of the Nomad stack", async () => {
    const folder = path.join(__dirname, "valid");
    const least = await load(stackFileConfig(path.join(folder, "least-nomad.yaml")));
    const overseerr = {
      app: "overseerr",
      host: "requests.home.arpa",
      timezone: "Europe/London",
      volume: { kind: "host", source: "overseerr" },
      service: { provider: "nomad", mesh: false, directNetworks: [] },
    };
    expect(least).toEqual({
      platform: "nomad",
      nomad: { address: "http://10.0.0.5:4646", datacenters: ["*"] },
      secrets: { file: "secrets/nomad.sops.yaml" },
      overseerr,
    });
    const plain = path.join(folder, "nomad-without-consul-and-vault.yaml");
    expect(await load(stackFileConfig(plain))).toEqual({
      ...least,
      overseerr: {
        ...overseerr,
        replica: {
          endpoint: "http://10.0.0.9:9000",
          bucket: "requests",
          path: "db",
          region: "us-east-1",
          keys: { from: "variable", write: false },
          allowEmptyBootstrap: false,
          syncSeconds: 10,
          snapshotHours: 24,
          retentionHours: 168,
        },
      },
    });
  });

  it("shows nothing of a Nomad stack that was set as a secret", async () => {
    const { "media-homelab:overseerr": given, ...rest } = stackFileValues(
      path.join(__dirname, "valid", "full-nomad.yaml"),
    );
    const { replica, ...overseerr } = given as { replica: object };
    const config = engineConfig({
      ...rest,
      "media-homelab:overseerr": {
        ...overseerr,
        volume: { kind: "host", source: "o", plugin: "canary" },
        service: { provider: "consul", directNetworks: ["10.77.0.0/16"] },
        replica: { ...replica, snapshotHours: 77, retentionHours: 76 },
      },
    });
    const message = await refusal(config, { secretKeys: ["media-homelab:overseerr"] });
    expect(message).toContain('✗ overseerr.volume.plugin: found "[secret]", expected nothing');
    expect(message).toContain('✗ overseerr.replica.retentionHours: found "[secret]", expected');
    expect(message).not.toMatch(/canary|10\.77|7[67]/);
  });

  it("shows no value that was set as a secret, neither a wrong one nor one that breaks a rule", async () => {
    const config = engineConfig({
      ...stackFileValues(path.join(__dirname, "valid", "least-homelab.yaml")),
      "media-homelab:ingress": { domain: "canary.home" },
      "media-homelab:metallb": { pools: ["10.77.0.0/24"] },
      "media-homelab:paths": { dfs: "/canary/dfs", streaming: "/canary/dfs/x" },
      "media-homelab:storage": { media: { path: "/canary", kind: "hostPath", server: "canary" } },
      "media-homelab:plex": { address: "10.9.9.9", host: "canary host" },
      "media-homelab:transcoding": { address: "10.77.1.1", mode: "single-gpu" },
      "media-homelab:apps": {
        sonarr: { host: "tv.home" },
        radarr: { host: "tv.home" },
        decypharr: { size: "777Mi", access: "hostPath" },
      },
    });
    const concerns = ["ingress", "metallb", "paths", "storage", "plex", "transcoding"];
    const secretKeys = concerns.map((concern) => `media-homelab:${concern}`);
    const message = await refusal(config, { secretKeys });
    expect(message).toContain('✗ plex.host: found "[secret]", expected a host name');
    expect(message).toContain(
      '✗ transcoding.address: found "[secret]", expected an address of metallb.pools\n',
    );
    expect(message).toContain(
      '✗ paths.streaming: found "[secret]", expected a folder outside paths.dfs\n',
    );
    expect(message).not.toMatch(/canary|10\.77|10\.9\.9|single-gpu/);

    const appsToo = [...secretKeys, "media-homelab:apps"];
    const hidden = { ...config, "media-homelab:plex": "{}" };
    const everything = await refusal(hidden, { secretKeys: appsToo });
    expect(everything).toContain('✗ apps.radarr.host: found "[secret]", expected a host name of');
    expect(everything).toContain('✗ apps.decypharr.cacheSize: found "[secret]", expected less');
    expect(everything).not.toMatch(/canary|10\.77|tv\.home\b|777|388|single-gpu/);
  });

  it.each([[["plex"]], [["paths"]], [["storage"]], [["plex", "paths", "storage"]]])(
    "shows nothing of a migration that was set as a secret in %j",
    async (concerns) => {
      const file = path.join(__dirname, "valid", "migration-systemd.yaml");
      const { "media-homelab:plex": plex, ...rest } = stackFileValues(file);
      const { migration } = plex as { migration: object };
      const config = engineConfig({
        ...rest,
        "media-homelab:paths": { media: concerns.includes("paths") ? "/canary" : "/titles" },
        "media-homelab:plex": {
          migration: {
            ...migration,
            generation: 777,
            rolledBack: 999,
            pathChange: "keep",
            paths: ["/config/old:/nowhere"],
          },
        },
      });
      const secretKeys = concerns.map((concern) => `media-homelab:${concern}`);
      const message = await refusal(config, { secretKeys });
      expect(message).toMatch(/plex\.migration\.generation: found .*, expected more than/);
      expect(message).toMatch(/plex\.migration\.paths\[0\]: found .*, expected a new folder/);
      expect(message).toMatch(/plex\.migration\.pathChange: found .*, expected edit/);
      expect(message).not.toContain("canary");
      const hidden = concerns.includes("plex");
      expect(/777|999|1000|config\/old|nowhere/.test(message ?? "")).toBe(!hidden);
      // Which folders are mounted tells what both say.
      if (concerns.includes("storage")) expect(message).not.toContain("/titles");
    },
  );

  /** What is missing only once the first fault is mended. */
  const laterFaults: Readonly<Record<string, string>> = {
    "dfs-access-unknown.yaml": "nfsClients, which only access nfs needs",
    "dfs-of-the-node-for-a-gpu-node.yaml": "nfsClients, which only access nfs needs",
    "group-is-text.yaml": "the server, which only kind nfs needs",
    "library-of-one-node-for-two.yaml": "the server, which only kind nfs needs",
    "media-missing.yaml": "the server, which only kind nfs needs",
    "media-of-one-node-for-two.yaml": "the server, which only kind nfs needs",
    "migration-is-true.yaml": "user and host key, as for any group of which only one key is there",
    "migration-source-missing.yaml": "user and host key, as above",
    "migration-without-library.yaml": "the server, which only kind nfs needs",
    "storage-missing.yaml": "the server, which only kind nfs needs",
  };

  it.each(files("invalid"))("prints for %s a fix that mends it when it is typed", async (file) => {
    let values: Values = stackFileValues(file);
    const rounds = path.basename(file) in laterFaults ? 2 : 1;
    for (let round = 0; round < rounds; round += 1) {
      const before = (await refusal(engineConfig(values))) ?? "";
      values = mended(values, before);
      const after = (await refusal(engineConfig(values)))?.split("\n") ?? [];
      expect(after.filter((line) => line.startsWith("✗") && before.includes(line))).toEqual([]);
    }
    expect(await refusal(engineConfig(values))).toBeUndefined();
  });

  it("leaves other packages' keys alone", async () => {
    const config = stackFileConfig("Pulumi.nomad.yaml");
    await expect(load({ ...config, "kubernetes:context": "other" })).resolves.toMatchObject({});
  });

  it("takes a text that only looks like JSON for a text", async () => {
    const config = stackFileConfig(path.join(__dirname, "valid", "least-homelab.yaml"));
    const message = await refusal({ ...config, "media-homelab:plex": "{size: 50Gi" });
    expect(message).toContain('✗ plex: found "{size: 50Gi", expected a group of keys');
  });

  it.each(["constructor", "toString", '{"toString":1}', "[]", "null", ""])(
    "calls %j no platform",
    async (platform) => {
      const message = await refusal({ "media-homelab:platform": platform });
      expect(message).toContain("expected one of k3s, nomad");
    },
  );

  it("answers any input with a config or with sentences, never with a crash", async () => {
    const platforms = fc.constantFrom("k3s", "nomad", "docker");
    const anyConfig = fc.record({
      platform: platforms,
      rest: fc.dictionary(fc.string(), fc.oneof(fc.json(), fc.string())),
    });
    await fc.assert(
      fc.asyncProperty(anyConfig, async ({ platform, rest }) => {
        const keys = Object.entries({ ...rest, platform });
        const config = Object.fromEntries(
          keys.map(([key, value]) => [`media-homelab:${key}`, value]),
        );
        expect(await refusal(config)).toContain("has to be corrected");
      }),
    );
  });

  it.each([
    ["full-homelab.yaml", 300],
    ["full-nomad.yaml", 150],
  ])(
    "leads from any one fault in %s to a sound config, by typing what is printed",
    async (file, numRuns) => {
      const values = stackFileValues(path.join(__dirname, "valid", file));
      // A key with a backslash can't be named in Pulumi's paths.
      const json = fc
        .jsonValue({ maxDepth: 2 })
        .filter((any) => !JSON.stringify(any).includes("\\\\"));
      const anything = fc.oneof(json, fc.constant(undefined));
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...pathsOf(values)), anything, async (place, value) => {
          let given = replaced(values, place, value) as Values;
          for (let round = 0; round < 5; round += 1) {
            const message = await refusal(engineConfig(given));
            if (message === undefined) return;
            given = mended(given, message);
          }
          expect(await refusal(engineConfig(given))).toBeUndefined();
        }),
        { numRuns },
      );
    },
  );
});

describe.each([
  ["k3s", "full-homelab.yaml"],
  ["nomad", "full-nomad.yaml"],
])("the fullest stack file of %s", (platform, file) => {
  const full = stackFileValues(path.join(__dirname, "valid", file));
  const keys = pathsOf(full).map((place) => place.join(".").replaceAll("media-homelab:", ""));

  it("sets every key there is", () => {
    const known = (schema: JsonSchema, at: string): string[] =>
      Object.keys(schema.properties ?? {}).flatMap((key) => {
        const next = at ? `${at}.${key}` : key;
        return [next, ...known(schemaAt(schema, [key]), next)];
      });
    const inList = /\.\d+(\.|$)/;
    expect(keys.filter((key) => !inList.test(key)).sort()).toEqual(
      known(platformSchema(platform), "").sort(),
    );
  });
});

/** Where every group, list and leaf of a value stands. */
function pathsOf(node: unknown): string[][] {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => [
    [key],
    ...pathsOf(value).map((rest) => [key, ...rest]),
  ]);
}

/** A value with something else in one place; undefined leaves the place out. */
function replaced(node: unknown, [key = "", ...rest]: string[], value: unknown): unknown {
  const copy = structuredClone(node) as Record<string, unknown>;
  if (rest.length > 0) copy[key] = replaced(copy[key], rest, value);
  else if (value === undefined && Array.isArray(copy)) copy.splice(Number(key), 1);
  else if (value === undefined) Reflect.deleteProperty(copy, key);
  else copy[key] = value;
  return copy;
}
