import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as fc from "fast-check";
import { loadConfig } from "../../config/load";
import { projectName, stackFileConfig, stackNames } from "../../ops/stack-file";

/** What the program makes of a stack's config. */
async function load(config: Record<string, string>) {
  pulumi.runtime.setAllConfig(config, []);
  const mocks = { newResource: () => ({ id: "", state: {} }), call: () => ({}) };
  await pulumi.runtime.setMocks(mocks, projectName(), "test");
  return loadConfig();
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
    expect(config).toEqual({
      platform: "k3s",
      kubernetes: { context: "default" },
      namespace: { name: "media", mode: "create" },
      storage: { configClass: "longhorn-simple", protect: true },
      ingress: { domain: "homelab", className: "traefik", tls: false },
      identity: { puid: 1000, pgid: 1000, timezone: "UTC" },
      apps: { sonarr: { enabled: true, size: "10Gi" } },
    });
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
