/** The start of Overseerr's database, with a real Litestream and a real object store. */
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { labEnvironment } from "../../lab/engine";
import { freePort } from "../support/ports";
import { type Ended, run, scriptText, self, tempTree } from "../support/scripts";
import { accessKey, bucket, objectStore, secretKey, type ObjectStore } from "./object-store";

const folder = path.join(__dirname, "../../components/nomad/overseerr");
const owner = `${self.uid.toString()}:${self.gid.toString()}`;

let store: ObjectStore;
let tools: string;

beforeAll(async () => {
  tools = labEnvironment().PATH ?? "";
  store = await objectStore();
});

afterAll(() => {
  store.stop();
});

/** One installation: its disk, its volume and its path in the bucket. */
interface Place {
  readonly root: string;
  readonly database: string;
  readonly settings: string;
  readonly env: Readonly<Record<string, string>>;
}

let places = 0;

/** A node on which Overseerr has never run; with a path of its own in the bucket, or another one's. */
function place(replicaOf?: Place): Place {
  const root = tempTree({});
  const database = path.join(root, "alloc/db/db.sqlite3");
  places += 1;
  const env = {
    REPLICA_PATH: replicaOf?.env.REPLICA_PATH ?? `installation-${places.toString()}/db`,
    REPLICA_BUCKET: bucket,
    REPLICA_ENDPOINT: store.endpoint,
    REPLICA_REGION: "us-east-1",
    LITESTREAM_ACCESS_KEY_ID: accessKey,
    LITESTREAM_SECRET_ACCESS_KEY: secretKey,
    ...{ SYNC_SECONDS: "1", SNAPSHOT_HOURS: "24", RETENTION_HOURS: "168" },
    ...{ DATABASE: database, PATH: tools },
  };
  return { root, database, settings: path.join(root, "volume"), env };
}

/** Runs Overseerr's first task; whatever comes of it, nothing is written to the bucket, and no key is told. */
async function start(at: Place, changes: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const before = await store.contents();
  const ended = await run(["setsid", "--wait", "bash", path.join(folder, "restore.sh")], {
    ...at.env,
    SETTINGS: at.settings,
    CONFIG: path.join(folder, "litestream.yml"),
    OWNER: owner,
    ALLOW_EMPTY: "false",
    WAIT_SECONDS: "2",
    ...changes,
  });
  expect(await store.contents()).toBe(before);
  expect(ended.stdout + ended.stderr).not.toContain(secretKey);
  return ended;
}

async function sql(file: string, statements: string): Promise<string> {
  const { code, stdout, stderr } = await run(
    ["sqlite3", "-bail", file],
    { PATH: tools },
    statements,
  );
  expect([code, stderr]).toEqual([0, ""]);
  return stdout.trim();
}

/** Overseerr's own, in WAL mode. */
const tables = `PRAGMA journal_mode=WAL; ${scriptText("lab/images/overseerr/schema.sql")}`;

const founded = (when: string) =>
  `INSERT INTO user (id, email, avatar, createdAt) VALUES (1, 'owner@home.arpa', '', '${when}');`;
const summer = founded("2021-06-01 12:00:00");
const winter = founded("2022-01-01 12:00:00");
const requests = (count: number) =>
  `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count.toString()})
   INSERT INTO media_request (status, type) SELECT 1, 'movie' FROM n;`;

/** Litestream's settings without the address that only a job has to itself. */
function quietSettings({ root }: Place): string {
  const file = path.join(root, "quiet.yml");
  fs.writeFileSync(
    file,
    scriptText("components/nomad/overseerr/litestream.yml").replace(/^addr:.*$/m, ""),
  );
  return file;
}

/** What the replication has done once it has caught up. */
async function replicate(at: Place, snapshot = false): Promise<void> {
  const flags = ["-once", ...(snapshot ? ["-force-snapshot"] : [])];
  const command = ["litestream", "replicate", "-config", quietSettings(at), ...flags];
  const { code, stdout, stderr } = await run(command, at.env);
  expect([code, stdout + stderr]).toEqual([0, expect.stringContaining("replication complete")]);
}

/** An installation on a node of its own, as it is replicated while it runs. */
async function running(statements: string, at = place()): Promise<Place> {
  fs.mkdirSync(path.dirname(at.database), { recursive: true });
  await sql(at.database, statements);
  await replicate(at, true);
  return at;
}

/** Writes as somebody who is killed: the rows stay in the WAL. */
async function leaveInWal({ database }: Place, statements: string): Promise<void> {
  const writer = spawn("sqlite3", [database], { env: { PATH: tools }, stdio: "pipe" });
  writer.stdin.write(`PRAGMA wal_autocheckpoint=0; ${statements} SELECT 'done';\n`);
  await new Promise((resolve) => writer.stdout.once("data", resolve));
  writer.kill("SIGKILL");
  await new Promise((resolve) => writer.once("close", resolve));
}

/** Requests in a database that is left as it is. */
const peek = ({ database }: Place) =>
  sql(`file:${database}?immutable=1`, "SELECT count(*) FROM media_request;");

const count = (at: Place, table = "media_request") =>
  sql(at.database, `SELECT count(*) FROM ${table};`);

const refusal = (what: string) => ({
  code: 1,
  stdout: "",
  stderr: expect.stringMatching(new RegExp(`^✗ ${what}`)) as string,
});
const said = (what: string) => ({
  code: 0,
  stdout: expect.stringMatching(what) as string,
  stderr: "",
});

describe("on an empty disk", () => {
  it("the database comes back whole, and belongs to Overseerr", async () => {
    const old = await running(tables + summer + requests(500));
    const at = place(old);
    expect(await start(at)).toEqual(
      said("^restored the replica at position 0{15}1: there is no local database\n$"),
    );
    expect(await count(at)).toBe("500");
    expect(await sql(at.database, "PRAGMA integrity_check;")).toBe("ok");
    for (const file of [path.dirname(at.database), at.database, path.join(at.settings, "db")]) {
      const { uid, gid } = fs.statSync(file);
      expect({ uid, gid }).toEqual(self);
    }
  });

  it("what was written after the snapshot comes back, too", async () => {
    const old = await running(tables + summer);
    await sql(old.database, requests(7));
    await replicate(old);
    const at = place(old);
    expect(await start(at)).toEqual(said("position 0{15}2"));
    expect(await count(at)).toBe("7");
  });

  it("what a killed start has left is no hindrance", async () => {
    const old = await running(tables + summer + requests(3));
    const at = place(old);
    const rest = path.join(path.dirname(at.database), ".restoring");
    fs.mkdirSync(rest, { recursive: true });
    fs.writeFileSync(path.join(rest, "db.sqlite3"), "half");
    fs.writeFileSync(path.join(rest, "db.sqlite3.tmp"), "half");
    expect(await start(at)).toEqual(said("restored"));
    expect(await count(at)).toBe("3");
    expect(fs.existsSync(rest)).toBe(false);
  });

  it("the WAL of a database that is gone is not taken for the new one's", async () => {
    const old = await running(tables + summer + requests(3));
    const at = place(old);
    fs.mkdirSync(path.dirname(at.database), { recursive: true });
    fs.copyFileSync(`${old.database}-wal`, `${at.database}-wal`);
    expect(await start(at)).toEqual(said("restored"));
    expect(fs.existsSync(`${at.database}-wal`)).toBe(false);
    expect(await count(at)).toBe("3");
  });
});

/** What may be wrong with a replica, how it is brought about, and what is said. */
const wrongs: [string, (old: Place) => Promise<Record<string, string>>, string][] = [
  ["there is none", async ({ env }) => remove(`${env.REPLICA_PATH ?? ""}/`), "there is no replica"],
  [
    "the bucket is another one",
    () => also({ REPLICA_BUCKET: "nobodys" }),
    "the replica can't be read: .*NoSuchBucket",
  ],
  ["the path is another one", () => also({ REPLICA_PATH: "elsewhere" }), "there is no replica"],
  [
    "the key is another one",
    () => also({ LITESTREAM_SECRET_ACCESS_KEY: "wrong" }),
    "the replica can't be read: .*SignatureDoesNotMatch",
  ],
  [
    "nobody answers",
    async () => also({ REPLICA_ENDPOINT: `http://127.0.0.1:${(await freePort()).toString()}` }),
    "the replica can't be read: ",
  ],
  [
    "its files are cut off",
    (old) => rewritten(old, (bytes) => bytes.subarray(0, bytes.length / 2)),
    "the replica can't be restored: ",
  ],
  [
    "its files end in the header",
    (old) => rewritten(old, (bytes) => bytes.subarray(0, 40)),
    "the replica can't be restored: ",
  ],
  [
    "its files are empty",
    (old) => rewritten(old, (bytes) => bytes.subarray(0, 0)),
    "the replica can't be restored: ",
  ],
  [
    "one byte of it is another",
    (old) =>
      rewritten(old, (bytes) => {
        const middle = Math.floor(bytes.length / 2);
        bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
        return bytes;
      }),
    "the replica can't be restored: ",
  ],
  [
    "its files are somebody else's",
    (old) => rewritten(old, () => Buffer.from("hello")),
    "the replica can't be restored: ",
  ],
  [
    "its beginning is gone",
    async (old) => {
      await sql(old.database, requests(5));
      await replicate(old);
      const first = "0000000000000001-0000000000000001.ltx";
      await remove(`${old.env.REPLICA_PATH ?? ""}/0000/${first}`);
      return remove(`${old.env.REPLICA_PATH ?? ""}/0009/${first}`);
    },
    "the replica can't be restored: ",
  ],
  [
    "it is another application's",
    async (old) => {
      const other = await running("PRAGMA journal_mode=WAL; CREATE TABLE t (x);");
      return {
        ...(await remove(`${old.env.REPLICA_PATH ?? ""}/`)),
        REPLICA_PATH: other.env.REPLICA_PATH ?? "",
      };
    },
    "the replica holds no database of Overseerr: it has not the tables of Overseerr",
  ],
];

const also = (changes: Record<string, string>) => Promise.resolve(changes);

async function remove(what: string): Promise<Record<string, string>> {
  await store.mc("rm", "--recursive", "--force", `store/${bucket}/${what}`);
  return {};
}

/** Puts something else in the place of each file of a replica. */
async function rewritten(
  old: Place,
  change: (bytes: Buffer) => Buffer,
): Promise<Record<string, string>> {
  const local = tempTree({});
  const from = `store/${bucket}/${old.env.REPLICA_PATH ?? ""}`;
  await store.mc("cp", "--recursive", `${from}/`, `${local}/`);
  const files = fs
    .readdirSync(local, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ltx"));
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) {
    const target = path.join(local, file);
    fs.writeFileSync(target, change(fs.readFileSync(target)));
    await store.mc("cp", target, `${from}/${file}`);
  }
  return {};
}

describe("a replica that can't be trusted starts nothing", () => {
  it.each(wrongs)("if %s", async (_, spoil, what) => {
    const old = await running(tables + summer + requests(100));
    const changes = await spoil(old);
    const at = place(old);
    const ended = await start(at, changes);
    expect(ended).toEqual(refusal(what));
    expect(ended.stderr).toContain("\n    local database: none\n    replica: ");
    expect(
      fs.readdirSync(path.dirname(at.database)).filter((name) => name !== ".restoring"),
    ).toEqual([]);
  });

  it.each(wrongs)(
    "beside a good local database, if %s, and that stays as it is",
    async (_, spoil) => {
      const old = await running(tables + summer + requests(100));
      const at = place(old);
      expect(await start(at)).toEqual(said("restored"));
      await sql(at.database, requests(1));
      const bytes = fs.readFileSync(at.database);
      const ended = await start(at, await spoil(old));
      expect(ended).toEqual(refusal(""));
      expect(ended.stderr).toMatch(/\n {4}local database: position 0{15}1\n {4}replica: /);
      expect(fs.readFileSync(at.database).equals(bytes)).toBe(true);
      expect(await count(at)).toBe("101");
    },
  );

  it.each(wrongs.filter(([, , what]) => what !== "there is no replica"))(
    "even where Overseerr may begin anew, if %s",
    async (_, spoil, what) => {
      const old = await running(tables + summer);
      const changes = await spoil(old);
      expect(await start(place(old), { ...changes, ALLOW_EMPTY: "true" })).toEqual(refusal(what));
    },
  );
});

describe("where Overseerr may begin anew", () => {
  const anew = { ALLOW_EMPTY: "true" };

  it("it does so where nothing has ever been, and goes on from there", async () => {
    const at = place();
    expect(await start(at, anew)).toEqual(said("Overseerr begins anew"));
    expect(fs.existsSync(at.database)).toBe(false);
    await sql(at.database, tables);
    expect(await start(at, anew)).toEqual(
      said("^kept the local database .* there is no replica yet"),
    );
    await sql(at.database, summer);
    await replicate(at);
    expect(await start(at)).toEqual(said("^kept the local database"));
    const next = place(at);
    expect(await start(next, anew)).toEqual(said("^restored"));
    expect(await count(next, "user")).toBe("1");
  });

  it("it does not where the volume knows of a replica", async () => {
    const old = await running(tables + summer);
    const at = place(old);
    await start(at);
    fs.rmSync(path.join(at.root, "alloc"), { recursive: true });
    await remove(`${old.env.REPLICA_PATH ?? ""}/`);
    const ended = await start(at, anew);
    expect(ended).toEqual(refusal("the replica is gone"));
    expect(ended.stderr).toContain("remove .replica-seen from the volume");
    fs.rmSync(path.join(at.settings, ".replica-seen"));
    expect(await start(at, anew)).toEqual(said("Overseerr begins anew"));
  });
});

describe("on a disk with a database", () => {
  it("that is kept where it is as new as the replica, to the byte", async () => {
    const old = await running(tables + summer + requests(10));
    const at = place(old);
    await start(at);
    const bytes = fs.readFileSync(at.database);
    expect(await start(at)).toEqual(
      said("^kept the local database at position 0{15}1: the replica is at position 0{15}1\n$"),
    );
    expect(fs.readFileSync(at.database).equals(bytes)).toBe(true);
  });

  it("that is kept where it has more than the replica, with what only its WAL holds", async () => {
    const old = await running(tables + summer + requests(10));
    const at = place(old);
    await start(at);
    await replicate(at);
    await leaveInWal(at, requests(5));
    expect(fs.statSync(`${at.database}-wal`).size).toBeGreaterThan(0);
    expect(await start(at)).toEqual(said("^kept the local database"));
    expect(fs.statSync(`${at.database}-wal`).size).toBeGreaterThan(0);
    expect(await count(at)).toBe("15");
  });

  it("that gives way to a newer replica, and is put aside", async () => {
    const old = await running(tables + summer + requests(10));
    const at = place(old);
    await start(at);
    await sql(old.database, requests(5));
    await replicate(old);
    expect(await start(at)).toEqual(
      said(
        "^restored the replica at position 0{15}2: the local database is older, at position 0{15}1",
      ),
    );
    expect(await count(at)).toBe("15");
    const aside = path.join(path.dirname(at.database), "superseded/db.sqlite3");
    expect(await sql(aside, "SELECT count(*) FROM media_request;")).toBe("10");
  });

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ["half", (bytes) => bytes.subarray(0, bytes.length / 2)],
    ["empty", (bytes) => bytes.subarray(0, 0)],
    ["no database", () => Buffer.from("hello")],
  ])("that is %s gives way to the replica, and is put aside", async (_, change) => {
    const old = await running(tables + summer + requests(1000));
    const at = place(old);
    await start(at);
    const broken = change(fs.readFileSync(at.database));
    fs.writeFileSync(at.database, broken);
    expect(await start(at)).toEqual(said("^restored .* the local database is damaged"));
    expect(await count(at)).toBe("1000");
    const aside = path.join(path.dirname(at.database), "superseded/db.sqlite3");
    expect(fs.readFileSync(aside).equals(broken)).toBe(true);
  });

  it("that Litestream has never seen, nothing is decided", async () => {
    const old = await running(tables + summer);
    const at = place(old);
    fs.mkdirSync(path.dirname(at.database), { recursive: true });
    await sql(at.database, tables + summer);
    const ended = await start(at);
    expect(ended).toEqual(refusal("the local database and the replica can't be compared"));
    expect(ended.stderr).toMatch(/local database: position unknown\n {4}replica: position 0{15}1/);
  });

  it("of another installation than the replica's, nothing is decided", async () => {
    const [old, other] = [await running(tables + summer), await running(tables + winter)];
    const at = place(old);
    await start(at);
    await sql(other.database, requests(5));
    await replicate(other);
    const changes = { REPLICA_PATH: other.env.REPLICA_PATH ?? "" };
    expect(await start(at, changes)).toEqual(
      refusal("the local database and the replica are of different installations"),
    );
    expect(await sql(at.database, "SELECT createdAt FROM user;")).toBe("2021-06-01 12:00:00");
  });

  it("whose founder has only just signed in, that is the newer one", async () => {
    const old = await running(tables);
    const at = place(old);
    await start(at);
    await sql(at.database, summer);
    expect(await start(at)).toEqual(said("^kept the local database"));
  });
});

describe("killed at any of its steps, a start is made good by the next one", () => {
  /** Programs that change files: before the n-th call the shell that calls is killed. */
  const deadly = tempTree(
    Object.fromEntries(
      ["chown", "litestream", "mkdir", "mv", "rm", "sync"].map((program) => [
        program,
        scriptText("test/support/programs/kill-at.sh"),
      ]),
    ),
  );

  beforeAll(() => {
    for (const program of fs.readdirSync(deadly)) fs.chmodSync(path.join(deadly, program), 0o755);
  });

  /** An older database of which the last rows are in its WAL alone, and a newer replica. */
  async function outdated(): Promise<Place> {
    const old = await running(tables + summer + requests(10));
    const at = place(old);
    await start(at);
    await replicate(at);
    await leaveInWal(at, requests(2));
    await sql(old.database, requests(5));
    await replicate(old);
    await sql(old.database, requests(1));
    await replicate(old);
    return at;
  }

  it("and what was put aside is whole", async () => {
    let ended: Ended;
    let step = 0;
    do {
      step += 1;
      const at = await outdated();
      const counter = path.join(at.root, "steps");
      const kill = { KILL_AT: step.toString(), COUNTER: counter, REAL_PATH: tools };
      ended = await start(at, { ...kill, PATH: [deadly, tools].join(path.delimiter) });
      // Whatever lies in the database's place, it is no mixture.
      if (fs.existsSync(at.database) && !fs.existsSync(`${at.database}-wal`))
        expect([step, ["10", "16"]]).toEqual([step, expect.arrayContaining([await peek(at)])]);
      expect([step, await start(at)]).toEqual([
        step,
        { code: 0, stdout: expect.any(String) as string, stderr: "" },
      ]);
      expect([step, await count(at)]).toEqual([step, "16"]);
      const aside = path.join(path.dirname(at.database), "superseded/db.sqlite3");
      expect([step, await sql(aside, "SELECT count(*) FROM media_request;")]).toEqual([step, "12"]);
    } while (ended.code !== 0);
    expect(step).toBeGreaterThan(10);
  });
});

describe("the volume knows which replica belongs here", () => {
  const lostDisk = (at: Place) => {
    fs.rmSync(path.join(at.root, "alloc"), { recursive: true });
  };

  it("so that of another installation is refused", async () => {
    const [old, other] = [await running(tables + summer), await running(tables + winter)];
    const at = place(old);
    await start(at);
    lostDisk(at);
    const changes = { REPLICA_PATH: other.env.REPLICA_PATH ?? "" };
    expect(await start(at, changes)).toEqual(
      refusal("the replica is that of another installation"),
    );
    expect(fs.existsSync(at.database)).toBe(false);
    expect(await start(at)).toEqual(said("^restored"));
  });

  it("so one that has lost its end is refused", async () => {
    const old = await running(tables + summer);
    await sql(old.database, requests(5));
    await replicate(old);
    const at = place(old);
    expect(await start(at)).toEqual(said("position 0{15}2"));
    lostDisk(at);
    const last = "0000/0000000000000002-0000000000000002.ltx";
    await remove(`${old.env.REPLICA_PATH ?? ""}/${last}`);
    expect(await start(at)).toEqual(
      refusal("the replica has lost what it had: it was at position 0{15}2"),
    );
    fs.rmSync(path.join(at.settings, ".replica-seen"));
    expect(await start(at)).toEqual(said("position 0{15}1"));
  });
});

it("begins with a word where one of its variables is missing", async () => {
  const ended = await run(["bash", path.join(folder, "restore.sh")], { PATH: tools });
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain("DATABASE: path of the database");
});
