import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { OverseerrMove, type OverseerrMoveArgs } from "../../migrations/overseerr";
import { overseerrMarkdown, overseerrReport } from "../../migrations/overseerr-report";
import { unknownMark } from "../../ops/policies/value";
import { record } from "../../ops/recorder";
import { identities, only } from "../support/children";
import { MoveSteps, stepType } from "../support/moves";

const args: OverseerrMoveArgs = {
  stack: "test-stack",
  nomad: { address: "http://nomad.test:4646", region: "cellar" },
  generation: 7,
  phase: "move",
  source: {
    host: "old.test",
    port: 2222,
    user: "alex",
    hostKey: "ssh-ed25519 AAAAtest",
    identityFile: "~/.ssh/old",
    container: "old-overseerr",
    data: "/srv/it's data",
    backupDir: "/srv/backups",
  },
  volumePath: "/storage/v/test",
  image: "registry.test:5000/overseerr:1.34.0",
  owner: "568:569",
  litestreamImage: "registry.test/litestream:0.5.17",
  litestreamConfig: "dbs:\n  - path: ${DATABASE}\n",
  replica: {
    endpoint: "http://store.test:9000",
    bucket: "test-bucket",
    path: "a/db",
    region: "eu-west-1",
  },
  keys: { access: "canary-access", secret: pulumi.output("canary-secret") },
  allowEmpty: true,
  switchMinutes: 20,
  needed: [],
};

/** The steps, each of which stands on the one before. */
const chain = ["check", "stop", "archive", "seed", "drill", "settings", "release", "cut-over"];
const steps = new MoveSteps("overseerr", chain, {
  check: { version: "1.34.0", bytes: 5 },
  archive: { digest: "abc", bytes: 3 * 2 ** 20 },
  drill: { position: "0000000000000001", counts: { user: 2, media: 3 } },
  settings: { digest: "def" },
  "cut-over": {
    down: 44,
    before: { user: 2, media: 3 },
    server: { users: 2, requests: 9, integrations: { sonarr: ["http://a:1", "http://b:2"] } },
  },
});
const { printed, results } = steps;

function recorded(more: Partial<OverseerrMoveArgs> = {}, known: Record<string, string> = {}) {
  return record(
    () => {
      const { released, report } = new OverseerrMove("overseerr", { ...args, ...more });
      return { released: released.map(({ urn }) => urn), report };
    },
    { printed: known },
  );
}

const common = {
  STACK: "test-stack",
  NOMAD_ADDRESS: "http://nomad.test:4646",
  NOMAD_REGION_NAME: "cellar",
  SOURCE_HOST: "old.test",
  SOURCE_PORT: "2222",
  SOURCE_USER: "alex",
  HOST_KEY: "ssh-ed25519 AAAAtest",
  IDENTITY_FILE: "~/.ssh/old",
  SERVICE: "old-overseerr",
  DATA: "/srv/it's data",
  BACKUP_DIR: "/srv/backups",
  VOLUME: "/storage/v/test",
  GENERATION: "7",
  IMAGE_VERSION: "1.34.0",
  OWNER: "568:569",
  LITESTREAM_IMAGE: "registry.test/litestream:0.5.17",
  LITESTREAM_CONFIG: "dbs:\n  - path: ${DATABASE}\n",
  REPLICA_ENDPOINT: "http://store.test:9000",
  REPLICA_BUCKET: "test-bucket",
  REPLICA_PATH: "a/db",
  REPLICA_REGION: "eu-west-1",
  ALLOW_EMPTY: "true",
  WINDOW: "1200",
  START_LIMIT: "900",
};

describe("a move", () => {
  steps.tests(recorded);

  it("tells its keys to nobody but the steps, as secrets", async () => {
    const recording = await recorded({}, printed);
    for (const name of chain) expect(steps.in(recording, name).inputs.stdin).toBe("[secret]");
    expect(JSON.stringify(recording)).not.toContain("canary");
  });

  it("takes the result of the step before, and the first one waits for the volume", async () => {
    const recording = await record(() => {
      const volume = new random.RandomId("volume", { byteLength: 1 });
      new OverseerrMove("overseerr", { ...args, needed: [volume] });
    });
    const volume = only(recording, "random:index/randomId:RandomId", "volume").urn;
    let before = volume;
    for (const name of chain) {
      const { dependencies, urn } = steps.in(recording, name);
      expect(dependencies).toEqual([before]);
      before = urn;
    }
  });

  it("lets the job start when the old container has given its data up", async () => {
    const recording = await recorded({}, printed);
    expect(recording.outputs.released).toEqual([steps.in(recording, "release").urn]);
  });

  it("reports when all is done, and keeps none of it secret", async () => {
    const recording = await recorded({}, printed);
    const report = overseerrReport(7, results);
    expect(recording.outputs.report).toEqual(report);
    expect(await steps.valuesIn(recording, "report")).toEqual({
      REPORT: overseerrMarkdown(report),
      REPORT_FILE: "reports/test-stack-overseerr-g7.md",
    });
    expect((await recorded()).outputs.report).toBe(unknownMark);
  });
});

describe("a move that is over", () => {
  it("tells its cleaning up the move's own values, and none of its keys", async () => {
    const recording = await recorded({ phase: "done" });
    expect(await steps.valuesIn(recording, "clean-up")).toEqual(common);
    expect(recording.outputs).toEqual({ released: [] });
  });

  it("removes the old data after that, where a day is named, once and without keys", async () => {
    const recording = await recorded(
      { phase: "done", removeOldData: "2027-01-31" },
      { [steps.nameOf("clean-up")]: "{}" },
    );
    expect(identities(recording)).toEqual(
      ["clean-up", "remove-old"].map((name) => `${stepType}::${steps.nameOf(name)}`),
    );
    const { inputs, options, dependencies } = steps.in(recording, "remove-old");
    expect(inputs.create).toMatch(/\/overseerr\/steps\/remove-old\.sh'$/);
    expect(options).toEqual({ ignoreChanges: ["*"] });
    expect(dependencies).toEqual([steps.in(recording, "clean-up").urn]);
    expect(await steps.valuesIn(recording, "remove-old")).toEqual({
      ...common,
      REMOVE_ON: "2027-01-31",
      AFTER: "{}",
    });
    expect(await steps.valuesIn(recording, "clean-up")).toEqual(common);
  });

  it("says nothing of what was not given: Nomad's own region, ssh's own keys", async () => {
    const { identityFile, ...source } = args.source;
    expect(identityFile).toBeDefined();
    const nomad = { address: "http://other.test" };
    const recording = await recorded({ phase: "done", source, nomad });
    expect(await steps.valuesIn(recording, "clean-up")).toEqual({
      ...common,
      NOMAD_ADDRESS: "http://other.test",
      NOMAD_REGION_NAME: "",
      IDENTITY_FILE: "",
    });
  });
});

describe("the report", () => {
  it("puts together what the steps have found out", () => {
    expect(overseerrReport(7, results)).toEqual({
      generation: 7,
      version: "1.34.0",
      bytes: { data: 5, archive: 3 * 2 ** 20 },
      digests: { archive: "abc", settings: "def" },
      position: "0000000000000001",
      before: { user: 2, media: 3 },
      after: { user: 2, media: 3 },
      users: 2,
      requests: 9,
      integrations: { sonarr: ["http://a:1", "http://b:2"] },
      downtime: 44,
      seconds: Object.fromEntries(chain.map((name, place) => [name, place + 1])),
    });
  });

  it.each(["check", "archive", "drill", "settings", "cut-over"])(
    "is none where %s has left no result",
    (missing) => {
      const others = results.filter(({ step }) => step !== missing);
      expect(() => overseerrReport(7, others)).toThrow(`the step ${missing} has left no result`);
    },
  );

  it("is readable", () => {
    const text = overseerrMarkdown(overseerrReport(7, results));
    expect(text).toContain(
      "# Overseerr, move 7\n\nVersion 1.34.0: 2 users and 9 requests; 44 s without an Overseerr.\n",
    );
    expect(text).toContain("| user | 2 | 2 |\n| media | 3 | 3 |\n");
    expect(text).toContain("- sonarr: http://a:1\n- sonarr: http://b:2\n");
    expect(text).toContain("| drill | 5 |");
    expect(text).toContain(
      "The archive of all data, 3.0 MiB, stays on the old host; its SHA-256 is abc.",
    );
  });
});
