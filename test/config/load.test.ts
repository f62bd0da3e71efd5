import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as fc from "fast-check";
import { loadConfig } from "../../config/load";
import {
  engineConfig,
  projectName,
  stackFileConfig,
  stackFileValues,
  stackNames,
} from "../../ops/stack-file";

/** What the program makes of a stack's config. */
async function load(config: Record<string, string>, secretKeys: string[] = []) {
  pulumi.runtime.setAllConfig(config, secretKeys);
  const mocks = { newResource: () => ({ id: "", state: {} }), call: () => ({}) };
  await pulumi.runtime.setMocks(mocks, projectName(), "test");
  return loadConfig();
}

/** What `pulumi config set --path` and `rm --path` make of a stack file. */
function typed(values: Record<string, unknown>, fix: string): Record<string, unknown> {
  const [verb, , quotedPath = "", quotedValue = ""] = fix.match(/'[^']*'|\S+/g) ?? [];
  const bare = (word: string) => word.replace(/^'|'$/g, "");
  const steps = bare(quotedPath).match(/[^.[\]]+/g) ?? [];
  const value: unknown = /^(\d+|true|false)$/.test(quotedValue)
    ? JSON.parse(quotedValue)
    : bare(quotedValue);
  const change = (node: unknown, [step = "", ...rest]: string[]): unknown => {
    const list = /^\d+$/.test(step);
    const copy = Object.assign(list ? [] : {}, node) as Record<string, unknown>;
    if (rest.length > 0) copy[step] = change(copy[step], rest);
    else if (verb === "rm") Reflect.deleteProperty(copy, step);
    else copy[step] = value;
    return copy;
  };
  const [concern = "", ...rest] = steps;
  return change(values, [`media-homelab:${concern}`, ...rest]) as Record<string, unknown>;
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
    const error: unknown = await load(stackFileConfig(file)).catch((reason: unknown) => reason);
    expect(pulumi.RunError.isInstance(error)).toBe(true);
    expect((error as Error).message).toBe(announcedError(file));
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

  it("shows no value that was set as a secret, neither a wrong one nor one that breaks a rule", async () => {
    const least = stackFileConfig(path.join(__dirname, "valid", "least-homelab.yaml"));
    const config = {
      ...least,
      "media-homelab:metallb": '{"pools":["10.0.0.0/24"]}',
      "media-homelab:plex": '{"address":"10.9.9.9","host":"canary host"}',
      "media-homelab:transcoding": '{"address":"10.9.9.8"}',
    };
    const secret = ["media-homelab:plex", "media-homelab:transcoding"];
    const error: unknown = await load(config, secret).catch((reason: unknown) => reason);
    const { message } = error as Error;
    expect(message).toContain('✗ plex.host: found "[secret]", expected a host name');
    expect(message).toContain('✗ transcoding.address: found "[secret]", expected an address of');
    expect(message).not.toMatch(/canary|10\.9\.9/);
  });

  it.each(files("invalid"))("prints for %s a fix that mends it when it is typed", async (file) => {
    // Each fix may uncover what could not be judged before, so a few rounds are fair.
    let values = stackFileValues(file);
    for (let round = 0; round < 4; round += 1) {
      const error: unknown = await load(engineConfig(values)).catch((reason: unknown) => reason);
      if (!pulumi.RunError.isInstance(error)) return;
      const fixes = error.message.match(/(?<=fix: pulumi config ).*/g) ?? [];
      expect(fixes.length).toBeGreaterThan(0);
      for (const fix of fixes) values = typed(values, fix);
    }
    await expect(load(engineConfig(values))).resolves.toMatchObject({});
  });

  it("leaves other packages' keys alone", async () => {
    const config = stackFileConfig("Pulumi.nomad.yaml");
    await expect(load({ ...config, "kubernetes:context": "other" })).resolves.toMatchObject({});
  });

  it("answers any input with a config or with sentences, never with a crash", async () => {
    const platforms = fc.constantFrom("k3s", "nomad", "docker");
    const anyConfig = fc.record({
      platform: platforms,
      rest: fc.dictionary(fc.string(), fc.json()),
    });
    await fc.assert(
      fc.asyncProperty(anyConfig, async ({ platform, rest }) => {
        const keys = Object.entries({ ...rest, platform });
        const config = Object.fromEntries(
          keys.map(([key, value]) => [`media-homelab:${key}`, value]),
        );
        const error: unknown = await load(config).catch((reason: unknown) => reason);
        expect(pulumi.RunError.isInstance(error)).toBe(true);
      }),
    );
  });
});
