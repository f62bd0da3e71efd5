/** The settings of the update bot and of the workflow, read as those programs read them. */
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { images } from "../components/images";

const root = path.join(__dirname, "..");
const read = (name: string) => fs.readFileSync(path.join(root, name), "utf8");

interface Rule {
  readonly description: string;
  readonly matchPackageNames?: readonly string[];
  readonly allowedVersions?: string;
  readonly versioning?: string;
}

interface Manager {
  readonly managerFilePatterns: readonly string[];
  readonly matchStrings: readonly string[];
  readonly autoReplaceStringTemplate?: string;
}

const renovate = JSON.parse(read("renovate.json")) as {
  readonly customManagers: readonly Manager[];
  readonly packageRules: readonly Rule[];
};

const manager = (file: string): Manager => {
  const found = renovate.customManagers.filter(({ managerFilePatterns }) =>
    managerFilePatterns.some((pattern) => new RegExp(pattern.slice(1, -1)).test(file)),
  );
  const [first] = found;
  if (!first || found.length > 1) throw new Error(`${found.length.toString()} managers of ${file}`);
  return first;
};
const matches = (file: string, text = read(file)) =>
  manager(file).matchStrings.flatMap((pattern) => [...text.matchAll(new RegExp(pattern, "g"))]);

describe("the update bot", () => {
  const file = "components/images.yaml";

  it("sees every image that the program knows", () => {
    const seen = matches(file).map(({ groups = {} }) =>
      [groups.depName, groups.currentValue].join(":"),
    );
    expect(seen.sort()).toEqual(Object.values(images).sort());
  });

  it("sees a digest, and writes an image back in the place in which it was", () => {
    const digest = `sha256:${"0".repeat(64)}`;
    const text = read(file).replace("tag: v2.4\n", `tag: v2.4@${digest}\n`);
    const found = matches(file, text).find(({ groups }) => groups?.currentDigest !== undefined);
    expect(found?.groups).toEqual({
      depName: "cy01/blackhole",
      currentValue: "v2.4",
      currentDigest: digest,
    });
    const written = manager(file)
      .autoReplaceStringTemplate?.replace("{{{depName}}}", "cy01/blackhole")
      .replace("{{{newValue}}}", "v2.4")
      .replace("{{#if newDigest}}@{{{newDigest}}}{{/if}}", `@${digest}`);
    expect(written).toBe(found?.[0]);
  });

  it("can order linuxserver's tags", () => {
    const rule = renovate.packageRules.find(({ versioning }) => versioning);
    const pattern = new RegExp(rule?.versioning?.replace("regex:", "") ?? "never");
    const tags = Object.values(images).filter((image) => image.startsWith("lscr.io/linuxserver/"));
    expect(tags.length).toBeGreaterThan(0);
    for (const image of tags) expect(image.slice(image.lastIndexOf(":") + 1)).toMatch(pattern);
    expect(pattern.exec("1.43.3.10828-00f62d37d-ls315")?.groups).toEqual({
      ...{ major: "1", minor: "43", patch: "3", build: "10828", revision: "315" },
    });
  });

  it("leaves alone what must not move, and says why", () => {
    const { dependencies, devDependencies } = JSON.parse(read("package.json")) as Record<
      string,
      Record<string, string>
    >;
    const installed = { ...dependencies, ...devDependencies };
    const held = renovate.packageRules.filter(({ allowedVersions }) => allowedVersions);
    const names = held.flatMap(({ matchPackageNames = [] }) => matchPackageNames);
    expect(names.sort()).toEqual([
      ...["@pulumi/command", "@pulumi/pulumi", "@types/node", "typescript"],
    ]);
    for (const { description, matchPackageNames = [], allowedVersions = "" } of held) {
      expect(description).toMatch(/^.{30,}\.$/);
      // What is installed is allowed.
      const limit = allowedVersions.replace(/^[<=]+/, "");
      const version = installed[matchPackageNames[0] ?? ""] ?? "";
      const order = version.localeCompare(limit, "en", { numeric: true });
      expect(order).toBeLessThanOrEqual(
        allowedVersions.startsWith("<=") || !allowedVersions.startsWith("<") ? 0 : -1,
      );
    }
  });

  it("sees the engine's version in the workflow", () => {
    const [found] = matches(".github/workflows/preview.yaml");
    expect(found?.groups?.currentValue).toMatch(/^\d+\.\d+\.\d+$/);
  });
});

describe("the workflow", () => {
  const text = read(".github/workflows/preview.yaml");
  const { on, permissions, jobs } = parse(text) as {
    readonly on: string;
    readonly permissions: object;
    readonly jobs: Record<
      string,
      { permissions: object; steps: { uses?: string; run?: string }[] }
    >;
  };

  it("has no secret, and may write only where it runs nothing of the pull request's", () => {
    expect(text).not.toMatch(/secrets\./);
    expect([on, permissions]).toEqual(["pull_request", {}]);
    expect(jobs.plan?.permissions).toEqual({ contents: "read" });
    expect(jobs.comment?.permissions).toEqual({ "pull-requests": "write" });
    expect(
      jobs.comment?.steps.map(({ uses = "", run = "" }) => `${uses}${run}`.split(/[@ ]/)[0]),
    ).toEqual(["actions/download-artifact", "gh"]);
  });

  it("names every action by its commit, and with its version beside it", () => {
    const lines = text.split("\n").filter((line) => line.includes("uses:"));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line).toMatch(/uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it("puts nothing that somebody else has written into a command", () => {
    for (const { run = "" } of Object.values(jobs).flatMap(({ steps }) => steps)) {
      expect(run).not.toContain("${{");
    }
  });
});
