import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { questionOf, rollbackOf, scriptInput } from "../../ops/rollback";
import { mergePatch, stackFileValues } from "../../ops/stack-file";
import { assigned } from "../support/assignments";
import { run, tempTree } from "../support/scripts";

const project = path.join(__dirname, "../..");
const canary = "canary-5b0c";
const source = {
  host: "192.168.1.5",
  user: "alex",
  hostKey: `ssh-ed25519 ${"A".repeat(68)}`,
  data: "/srv/overseerr",
};

/** A stack whose move is over; programs that keep what they are told stand before the real ones. */
function over(more: Readonly<Record<string, unknown>> = {}, app = "overseerr") {
  const keys = { minioAccessKey: `${canary}-access`, minioSecretKey: `${canary}-secret` };
  const folder = tempTree({
    "keys.sops.yaml": `${Object.keys(keys)
      .map((key) => `${key}: ENC[AES256_GCM,data:x,type:str]\n`)
      .join("")}sops: { version: 3.13.3 }\n`,
    "keys.json": JSON.stringify(keys),
    "bin/sops": '#!/bin/sh\ncat "$(dirname "$0")/../keys.json"\n',
  });
  fs.chmodSync(path.join(folder, "bin/sops"), 0o755);
  const config = mergePatch(stackFileValues(path.join(project, "Pulumi.nomad.yaml")), {
    "media-homelab:secrets": { file: path.join(folder, "keys.sops.yaml") },
    "media-homelab:overseerr": {
      app,
      migration: {
        ...{ source, endpoint: "http://192.168.1.5:9000", phase: "done" },
        ...{ removeOldData: "2027-01-31", ...more },
      },
    },
  });
  return { folder, config };
}

const before = process.env.PATH;
afterEach(() => {
  process.env.PATH = before;
});

describe("what is typed", () => {
  it("is a stack, an app, and whether its requests come along", () => {
    expect(rollbackOf(["nomad", "overseerr"])).toMatchObject({
      ...{ stack: "nomad", app: "overseerr", withRequests: false, yes: false },
    });
    expect(rollbackOf(["nomad", "overseerr", "--with-requests", "--yes"])).toMatchObject({
      ...{ stack: "nomad", app: "overseerr", withRequests: true, yes: true },
    });
  });

  it.each([
    [[], "usage: npm run rollback -- <stack> <app> [--with-requests] [--yes]"],
    [["nomad", "sonarr"], "apps: overseerr, plex"],
    [
      ["homelab", "plex", "--with-requests"],
      "plex has no requests that could be brought back; leave --with-requests out: npm run rollback -- homelab plex",
    ],
  ])("%j is refused with a sentence", (args, expected) => {
    expect(() => rollbackOf(args)).toThrow(expected);
  });

  it("is asked about in the words of what will happen", () => {
    expect(questionOf(rollbackOf(["nomad", "overseerr"]))).toContain("is not brought back");
    expect(questionOf(rollbackOf(["nomad", "overseerr", "--with-requests"]))).toMatch(
      /^Stop overseerr in the cluster, bring the newest state of its replica into the old server.* is kept/,
    );
  });
});

describe("what the script is told", () => {
  it.each([
    ["a move that is over", {}],
    ["a move that was rolled back half-way", { phase: "move", removeOldData: null, rolledBack: 1 }],
  ])("has the store's keys only with requests: %s", async (_, migration) => {
    const { folder, config } = over(migration);
    process.env.PATH = `${folder}/bin:${before ?? ""}`;
    const plain = await scriptInput(config, 1, rollbackOf(["nomad", "overseerr"]));
    expect(await assigned(plain)).toMatchObject({
      ...{ SOURCE_HOST: "192.168.1.5", DATA: "/srv/overseerr", WITH_REQUESTS: "false" },
      COMMAND: "npm run rollback -- nomad overseerr",
    });
    expect(plain).not.toMatch(/canary|MINIO_/);
    const withRequests = rollbackOf(["nomad", "overseerr", "--with-requests"]);
    expect(await assigned(await scriptInput(config, 1, withRequests))).toEqual({
      ...(await assigned(plain)),
      MINIO_ACCESS_KEY: `${canary}-access`,
      MINIO_SECRET_KEY: `${canary}-secret`,
      WITH_REQUESTS: "true",
      COMMAND: "npm run rollback -- nomad overseerr --with-requests",
    });
  });

  it("is nothing where the keys can't be read", async () => {
    const { folder, config } = over();
    fs.rmSync(path.join(folder, "keys.sops.yaml"));
    const said = jest.spyOn(pulumi.log, "info").mockResolvedValue();
    const withRequests = rollbackOf(["nomad", "overseerr", "--with-requests"]);
    await expect(scriptInput(config, 1, withRequests)).rejects.toThrow(
      "the keys of the object store can't be read here, so nothing was done; try: npm run secrets -- check nomad",
    );
    said.mockRestore();
  });
});

describe("the command", () => {
  /** Runs it; `pulumi` and the script keep what they are told, and the script ends like this. */
  async function rollback(
    ends: string,
    args: readonly string[],
    { folder, config }: ReturnType<typeof over>,
  ) {
    const files = {
      "config.json": JSON.stringify(
        Object.fromEntries(
          Object.entries(config).map(([key, value]) => [key, { objectValue: value }]),
        ),
      ),
      "export.json": JSON.stringify({
        deployment: {
          resources: [
            { urn: "urn:job", type: "nomad:index/job:Job" },
            { urn: "urn:other", type: "x" },
          ],
        },
      }),
      "bin/pulumi": `#!/bin/sh\necho "$*" >>"${folder}/pulumi"\ncase $1 in stack) cat "${folder}/export.json" ;; *) cat "${folder}/config.json" ;; esac\n`,
      "bin/bash": `#!/bin/sh\necho "$*" >"${folder}/arguments"\ncat >"${folder}/stdin"\n${ends}\n`,
    };
    for (const [name, text] of Object.entries(files))
      fs.writeFileSync(path.join(folder, name), text, { mode: 0o755 });
    const command = ["node", "-r", "sucrase/register", "ops/rollback.ts", "nomad", "overseerr"];
    const ended = await run(["env", "-C", project, ...command, ...args], {
      PATH: `${folder}/bin:${before ?? ""}`,
    });
    const kept = (name: string) => {
      const file = path.join(folder, name);
      return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
    };
    return { ...ended, pulumi: kept("pulumi"), script: kept("arguments"), stdin: kept("stdin") };
  }
  const place = "--stack nomad --path media-homelab:overseerr.migration.rolledBack";
  const withRequests = ["--yes", "--with-requests"];

  it("hands the keys on by standard input alone, and fences the generation first", async () => {
    const ended = await rollback("exit 0", withRequests, over());
    expect(ended).toMatchObject({ code: 0, stdout: "" });
    // And the job that was stopped is looked at again.
    expect(ended.pulumi.trimEnd().split("\n")).toEqual([
      "config --json --stack nomad",
      `config set ${place} 1`,
      "stack export --stack nomad",
      "refresh --stack nomad --yes --skip-preview --suppress-outputs --target urn:job",
    ]);
    expect(ended.script).toBe(`${project}/migrations/overseerr/steps/rollback.sh\n`);
    expect(ended.stdin).toContain(`${canary}-secret`);
    expect([ended.stderr, ended.pulumi, ended.script].join()).not.toContain("canary");
  });

  it("takes the fence away again where the script has touched nothing, and fails as it does", async () => {
    const ended = await rollback("echo result nothing; exit 1", withRequests, over());
    expect([ended.code, ended.pulumi]).toEqual([
      1,
      `config --json --stack nomad\nconfig set ${place} 1\nconfig rm ${place}\n`,
    ]);
    const half = await rollback("exit 1", withRequests, over());
    expect([half.code, half.pulumi]).toEqual([
      1,
      expect.not.stringContaining("config rm") as string,
    ]);
  });

  it("brings nothing back that Seerr has taken over", async () => {
    const ended = await rollback("exit 0", withRequests, over({}, "seerr"));
    expect([ended.code, ended.script]).toEqual([1, ""]);
    expect(ended.stderr).toBe(
      "seerr has taken the database over, and the old overseerr can't read it any more; without its requests: npm run rollback -- nomad overseerr\n",
    );
    expect((await rollback("exit 0", ["--yes"], over({}, "seerr"))).code).toBe(0);
  });
});
