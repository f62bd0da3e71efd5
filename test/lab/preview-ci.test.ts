/**
 * The preview of a change, as a black box on copies of this project. With the lab's programs on the PATH it plans with
 * the real engine; the lab's machine, its cluster and its state are not touched.
 */
import { execFileSync, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { labEnvironment } from "../../lab/engine";
import { type Ended, run, tempTree, well } from "../support/scripts";
import { until } from "./tools";

const root = path.join(__dirname, "..", "..");
const loader = require.resolve("sucrase/register");
let tools: string;
/** A PATH with git and nothing else. */
let bare: string;
let home: string;
let base: string;

const git = (folder: string, ...args: string[]) =>
  execFileSync("git", ["-c", "user.name=test", "-c", "user.email=test@localhost", ...args], {
    cwd: folder,
    encoding: "utf8",
  });

beforeAll(() => {
  tools = labEnvironment().PATH ?? "";
  home = tempTree({ "tmp/": "", "copies/": "", "bin/": "" });
  bare = path.join(home, "bin");
  const which = execFileSync("sh", ["-c", "command -v git"], { encoding: "utf8" }).trim();
  fs.symlinkSync(which, path.join(bare, "git"));
  base = path.join(home, "copies", "base");
  // Of what stands here, committed or not; a repository of its own.
  const listed = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard");
  for (const name of listed.split("\0").filter((each) => each !== "" && each !== "node_modules")) {
    const file = path.join(root, name);
    if (!fs.existsSync(file)) continue;
    fs.mkdirSync(path.dirname(path.join(base, name)), { recursive: true });
    fs.copyFileSync(file, path.join(base, name));
  }
  git(base, "init", "--quiet", "--initial-branch=main");
  git(base, "add", "--all");
  git(base, "commit", "--quiet", "--message=base");
  fs.symlinkSync(fs.realpathSync(path.join(root, "node_modules")), path.join(base, "node_modules"));
});

let copies = 0;

/** The project with one text of a file replaced. */
function copy(file?: string, from = "", to = ""): string {
  copies += 1;
  const folder = path.join(home, "copies", copies.toString());
  git(base, "clone", "--quiet", base, folder);
  fs.symlinkSync(path.join(base, "node_modules"), path.join(folder, "node_modules"));
  if (file !== undefined) replace(folder, file, from, to);
  return folder;
}

function replace(folder: string, file: string, from: string, to: string): void {
  const place = path.join(folder, file);
  const text = fs.readFileSync(place, "utf8");
  expect(text).toContain(from);
  fs.writeFileSync(place, text.replace(from, to));
}

const leftovers = () =>
  fs.readdirSync(path.join(home, "tmp")).filter((name) => name.startsWith("preview-"));

/** Runs the command of that copy with exactly these variables. */
async function preview(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = { PATH: bare },
): Promise<Ended> {
  const script = path.join(folder, "ops", "preview-ci.ts");
  const surroundings = { HOME: home, TMPDIR: path.join(home, "tmp"), ...env };
  const ended = await run([process.execPath, "--require", loader, script, ...args], surroundings);
  // Nothing stays behind, however it ended.
  expect(leftovers()).toEqual([]);
  expect(git(folder, "worktree", "list").trim().split("\n")).toHaveLength(1);
  return ended;
}

describe("with the real engine", () => {
  const engine = () => ({ PATH: tools });

  test("both stacks pass, and nothing changes against the base", async () => {
    const { code, stdout, stderr } = await preview(
      copy(),
      ["--base", "origin/main", "--markdown"],
      engine(),
    );
    expect(stderr).toBe("");
    expect(stdout).toContain("### homelab: no changes");
    expect(stdout).toContain("### nomad: no changes");
    expect(stdout.match(/Planned by Pulumi's engine v3\.\S+ on an empty state/g)).toHaveLength(2);
    expect(code).toBe(0);
  });

  test("an image without an exact version is refused", async () => {
    const change = copy("components/images.yaml", "tag: v2.4", "tag: v2");
    const { code, stdout, stderr } = await preview(change, ["--stack", "homelab"], engine());
    expect(stdout).toContain("✗ homelab: Planned by Pulumi's engine");
    expect(stderr).toContain("found the image cy01/blackhole:v2, expected an exact version");
    expect(code).toBe(1);
  });

  test("what only the engine sees fails it: a job that Nomad can't read", async () => {
    const change = copy("components/nomad/overseerr.nomad.hcl", 'job "', 'jobb "');
    const args = ["--stack", "nomad"];
    const { code, stdout, stderr } = await preview(change, args, engine());
    expect(stderr).toContain('Blocks of type "jobb" are not expected here. Did you mean "job"?');
    expect(stderr.length).toBeLessThan(3000);
    expect(stdout).toContain("✗ nomad: No plan.");
    expect(code).toBe(1);
    well(await preview(change, args));
  });

  test("decrypted secrets are looked for, and one in clear is named, not shown", async () => {
    const environment = labEnvironment();
    const key = { ...engine(), SOPS_AGE_KEY_FILE: environment.SOPS_AGE_KEY_FILE ?? "" };
    const encrypted = path.join(environment.LAB_WORLD ?? "", "secrets", "homelab.sops.yaml");
    const change = copy();
    fs.copyFileSync(encrypted, path.join(change, "secrets", "homelab.sops.yaml"));
    const args = ["--stack", "homelab", "--base", "origin/main", "--markdown"];
    const good = await preview(change, args, key);
    expect(good.stdout).toContain("Its secrets were decrypted.");
    expect(good).toMatchObject({ code: 0, stderr: "" });

    const leak = "nextSteps: [pulumi.unsecret(secrets.plexToken)], wiring: wiring(config),";
    replace(change, "stacks/homelab.ts", "wiring: wiring(config),", leak);
    const bad = await preview(change, args, key);
    expect(bad.code).toBe(1);
    expect(bad.stderr).toContain("outputs: found the secret plexToken in clear at nextSteps.0");
    expect(`${bad.stdout}${bad.stderr}${good.stdout}`).not.toContain("canary");
  });

  test("a state is compared instead of the base, and only read", async () => {
    const backend = tempTree({ "state/": "", "pulumi/": "" });
    const env = {
      ...engine(),
      PULUMI_HOME: path.join(backend, "pulumi"),
      PULUMI_BACKEND_URL: `file://${path.join(backend, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_SKIP_UPDATE_CHECK: "true",
    };
    const change = copy();
    const pulumi = async (...args: string[]) => {
      const ended = await run(["pulumi", ...args, "--cwd", change, "--non-interactive"], env);
      well(ended);
    };
    const missing = await preview(change, ["--stack", "homelab", "--state"], env);
    expect(missing.stdout).toContain("The backend has no such stack. Compared with nothing.");
    well(missing);

    await pulumi("stack", "init", "homelab");
    await pulumi("stack", "import", "--file", state(backend, "longhorn-simple"));
    git(change, "checkout", "--quiet", "Pulumi.homelab.yaml");
    const kept = await preview(change, ["--stack", "homelab", "--state"], env);
    expect(kept).toMatchObject({ code: 0, stderr: "" });
    expect(kept.stdout).toContain("Compared with the deployed state.");

    await pulumi("stack", "import", "--file", state(backend, "of-old"));
    const lost = await preview(change, ["--stack", "homelab", "--state"], env);
    expect(lost.code).toBe(1);
    expect(lost.stderr).toContain(
      "✗ PersistentVolumeClaim config-sonarr: spec.storageClassName: of-old -> longhorn-simple",
    );
  });
});

/** A state that has one claim, of that class. */
function state(folder: string, storageClassName: string): string {
  const urn = (types: string, name: string) =>
    `urn:pulumi:homelab::media-homelab::${types}::${name}`;
  const stack = urn("pulumi:pulumi:Stack", "media-homelab-homelab");
  const provider = urn("pulumi:providers:kubernetes", "cluster");
  const box = urn("homelab:storage:StateClaim", "config-sonarr");
  const claim = "kubernetes:core/v1:PersistentVolumeClaim";
  const inputs = {
    metadata: { name: "config-sonarr", namespace: "media" },
    spec: {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "10Gi" } },
      storageClassName,
    },
  };
  const clusterIdentifier = "default";
  const resources = [
    { urn: stack, type: "pulumi:pulumi:Stack", custom: false },
    {
      ...{ urn: provider, type: "pulumi:providers:kubernetes", custom: true, id: "p1" },
      ...{ parent: stack, inputs: { clusterIdentifier }, outputs: { clusterIdentifier } },
    },
    { urn: box, type: "homelab:storage:StateClaim", custom: false, parent: stack },
    {
      ...{ urn: urn(`homelab:storage:StateClaim$${claim}`, "config-sonarr"), type: claim },
      ...{ custom: true, id: "media/config-sonarr", parent: box, protect: true },
      ...{ retainOnDelete: true, inputs, outputs: inputs, provider: `${provider}::p1` },
    },
  ];
  const manifest = { time: "2026-01-01T00:00:00Z", magic: "", version: "" };
  const file = path.join(folder, "state.json");
  fs.writeFileSync(file, JSON.stringify({ version: 3, deployment: { manifest, resources } }));
  return file;
}

describe("without an engine", () => {
  test("a claim that is renamed is refused, with the resource, what it was, what it would be and the way out", async () => {
    const renamed = '    name === "config-sonarr" ? "config-sonarr-2" : name,\n    {';
    const change = copy("components/storage/claim.ts", "    name,\n    {", renamed);
    const { code, stderr } = await preview(change, ["--base", "origin/main"]);
    const types = "homelab:storage:StateClaim$kubernetes:core/v1:PersistentVolumeClaim";
    const urn = `urn:pulumi:homelab::media-homelab::${types}::config-sonarr`;
    expect(stderr).toContain(
      `✗ PersistentVolumeClaim config-sonarr: URN: ${urn} -> ${urn}-2: it holds data, and gets another identity: the old one would be dropped, a new one made\n` +
        '  fix: name the old one in the same change: aliases: [{ name: "config-sonarr" }]\n',
    );
    expect(code).toBe(1);

    replace(change, "components/storage/claim.ts", "{ parent,", "{ parent, aliases: [{ name }],");
    const aliased = await preview(change, ["--base", "origin/main"]);
    expect(aliased).toMatchObject({ code: 0, stderr: "" });
  });

  test("an image without a version is refused by the program itself", async () => {
    const change = copy("components/images.yaml", "tag: v2.4", "tag: latest");
    const { code, stderr } = await preview(change, ["--base", "origin/main"]);
    expect(stderr).toContain("is not pinned to a version");
    expect(code).toBe(1);
  });

  test("a fault in the config is a sentence, as in a preview", async () => {
    const change = copy("Pulumi.homelab.yaml", "sonarr: { size: 10Gi }", "sonarr: { size: 10 }");
    const { code, stderr } = await preview(change, ["--stack", "homelab"]);
    expect(stderr).toMatch(/The stack's config has to be corrected:\n.*apps\.sonarr\.size/s);
    expect(stderr).not.toContain(home);
    expect(code).toBe(1);
  });

  test("a base that can't be planned is no base", async () => {
    const change = copy("Pulumi.nomad.yaml", "platform: nomad", "platform: none");
    git(change, "commit", "--quiet", "--all", "--message=broken");
    replace(change, "Pulumi.nomad.yaml", "platform: none", "platform: nomad");
    const { code, stderr } = await preview(change, ["--stack", "nomad", "--base", "HEAD"]);
    expect(stderr).toMatch(/^nomad\n✗ HEAD \(\w{7}\) can't be planned, so nothing can be compared/);
    expect(code).toBe(1);
  });

  test("the summary goes to the job's page, too", async () => {
    const page = path.join(home, "page.md");
    const change = copy("components/images.yaml", "tag: v2.4", "tag: v2.5");
    const { code, stdout } = await preview(change, ["--base", "origin/main", "--markdown"], {
      PATH: bare,
      GITHUB_STEP_SUMMARY: page,
    });
    expect(stdout).toContain(
      "### homelab: 1 new image, 1 changed\n\n- `decypharr: v2.4 -> v2.5`\n",
    );
    expect(fs.readFileSync(page, "utf8")).toBe(stdout);
    expect(code).toBe(0);
  });

  test.each(["SIGTERM", "SIGINT"] as const)("leaves nothing behind on %s", async (signal) => {
    const folder = copy();
    const script = path.join(folder, "ops", "preview-ci.ts");
    const env = { PATH: bare, HOME: home, TMPDIR: path.join(home, "tmp") };
    const args = ["--require", loader, script, "--base", "HEAD"];
    const child = spawn(process.execPath, args, { env, stdio: "ignore" });
    const ended = new Promise((resolve) => child.on("close", resolve));
    const trees = () => git(folder, "worktree", "list").trim().split("\n");
    await until(60, () => {
      expect(trees()).toHaveLength(2);
      return Promise.resolve();
    });
    child.kill(signal);
    expect(await ended).toBe(1);
    expect(trees()).toHaveLength(1);
    expect(leftovers()).toEqual([]);
  });

  test.each([
    [["--stack", "nope"], "no stack nope; there are homelab, nomad"],
    [["--base", "nope"], "--base nope: git knows no such commit; fetch it first: git fetch origin"],
    [["--base", "--all"], "usage: npm run preview:ci"],
    [["--state"], "--state: PULUMI_BACKEND_URL does not say where the state is"],
  ])("refuses %j in a sentence", async (args, sentence) => {
    const { code, stdout, stderr } = await preview(base, args);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(sentence);
    expect(stderr).not.toContain("    at ");
  });
});
