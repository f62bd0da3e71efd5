/**
 * What a move of Overseerr is tried on: a real Litestream, object store and SQLite. Docker, Nomad and the line to the old
 * host are stand-ins, which keep their state and their calls.
 */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as http from "node:http";
import * as path from "node:path";
import { labEnvironment } from "../../lab/engine";
import { quoted } from "../../components/kubernetes/shell";
import { run, scriptText, self, tempTree, well, type Ended } from "../support/scripts";
import { freePort } from "../support/ports";
import { accessKey, bucket, objectStore, secretKey, type ObjectStore } from "./object-store";

export type Values = Readonly<Record<string, string>>;

const project = path.join(__dirname, "../..");
const apiKey = "canary-77aa01-api-key";
const owner = `${self.uid.toString()}:${self.gid.toString()}`;
export const chain = ["check", "stop", "archive", "seed", "drill", "settings", "release"];

export let store: ObjectStore;
export let tools: string;
let places = 0;

beforeAll(async () => {
  tools = labEnvironment().PATH ?? "";
  store = await objectStore();
});
afterAll(() => {
  store.stop();
});

export const settings = {
  main: { apiKey, applicationTitle: "Überseerr" },
  plex: { name: "home", ip: "192.168.13.21", port: 32400, useSsl: false },
  radarr: [{ id: 0, hostname: "radarr.home", port: 7878, apiKey: "x", useSsl: false }],
  sonarr: [
    { id: 0, hostname: "sonarr.home", port: 8989, apiKey: "x", useSsl: true, baseUrl: "/s" },
  ],
  public: { initialized: true },
};
export const integrations = {
  plex: ["http://192.168.13.21:32400"],
  radarr: ["http://radarr.home:7878"],
  sonarr: ["https://sonarr.home:8989/s"],
};

const rows = `INSERT INTO user (id, email, avatar, createdAt) VALUES (1, 'owner@home.arpa', '', '2021-06-01 12:00:00');
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
    INSERT INTO media (id, mediaType, tmdbId, status) SELECT i, 'movie', i, 3 FROM n;
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
    INSERT INTO media_request (status, type, mediaId) SELECT 2, 'movie', i FROM n;`;

/** An old host, its container and a Nomad in which nothing runs. */
export class World {
  readonly root = tempTree({
    "data/settings.json": JSON.stringify(settings),
    "data/logs/overseerr.log": "started\n",
    "data/db/": "",
    "docker/policy": "unless-stopped\n",
    "docker/package.json": '{\n  "name": "overseerr",\n  "version": "1.34.0"\n}\n',
    "nomad/deployment": "3 successful: all well\n",
    "nomad/generation": "1\n",
    "volume/": "",
    "bin/docker": scriptText("test/support/programs/docker.sh"),
    "bin/ssh": scriptText("test/support/programs/ssh.sh"),
    "bin/nomad": scriptText("test/support/programs/nomad.sh"),
  });
  readonly database = this.at("data/db/db.sqlite3");
  /** The database of the new Overseerr. */
  readonly live = this.at("alloc/db/db.sqlite3");
  readonly replicaPath: string;
  port = 0;

  constructor() {
    places += 1;
    this.replicaPath = `home-${places.toString()}/db`;
    for (const program of ["docker", "ssh", "nomad"])
      fs.chmodSync(this.at(`bin/${program}`), 0o755);
    fs.writeFileSync(this.at("docker/mounted"), `${this.at("data")}\n`);
    const schema = scriptText("lab/images/overseerr/schema.sql");
    this.sql(`PRAGMA journal_mode=WAL; ${schema} ${rows}`);
  }

  at(name: string): string {
    return path.join(this.root, name);
  }

  get env() {
    return {
      PATH: `${this.at("bin")}:${tools}`,
      HOME: this.root,
      STATE: this.at("docker"),
      DATABASE: this.database,
      CONTAINER: "overseerr",
      JOB_STATE: this.at("nomad"),
      UNREACHABLE: this.at("unreachable"),
      LIVE: this.live,
      PORT: this.port.toString(),
    };
  }

  /** What every step is told. */
  get values() {
    return {
      ...{ STACK: "nomad", NOMAD_ADDRESS: "http://127.0.0.1:4646", NOMAD_REGION_NAME: "" },
      ...{ SOURCE_HOST: "source", SOURCE_PORT: "22", SOURCE_USER: "root", IDENTITY_FILE: "" },
      ...{ HOST_KEY: "ssh-ed25519 AAAA", SERVICE: "overseerr", DATA: this.at("data") },
      ...{ BACKUP_DIR: this.at("backup"), VOLUME: this.at("volume"), GENERATION: "1" },
      ...{
        IMAGE_VERSION: "1.34.0",
        OWNER: owner,
        LITESTREAM_IMAGE: "litestream/litestream:0.5.17",
      },
      LITESTREAM_CONFIG: scriptText("components/nomad/overseerr/litestream.yml"),
      ...{ REPLICA_ENDPOINT: store.endpoint, REPLICA_BUCKET: bucket, REPLICA_REGION: "us-east-1" },
      ...{ REPLICA_PATH: this.replicaPath, ALLOW_EMPTY: "false", WINDOW: "600", START_LIMIT: "20" },
      ...{ MINIO_ACCESS_KEY: accessKey, MINIO_SECRET_KEY: secretKey },
      ...{ WORK: this.at("work"), LOCK_SECONDS: "5", START_GRACE: "1", SETTLE: "5" },
      ...{ LOOK_LIMIT: "20", STOP_LIMIT: "10" },
    };
  }

  sql(statement: string, file = this.database): string {
    return execFileSync("sqlite3", [file], {
      env: { PATH: tools },
      input: statement,
      encoding: "utf8",
    }).trim();
  }

  docker(...args: string[]) {
    return execFileSync("docker", args, { env: this.env, encoding: "utf8" }).trim();
  }

  get running() {
    return this.docker("inspect", "--format={{.State.Running}}", "overseerr") === "true";
  }

  get policy() {
    return fs.readFileSync(this.at("docker/policy"), "utf8").trim();
  }

  on(volumeFile: string): string | undefined {
    const file = this.at(`volume/${volumeFile}`);
    return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : undefined;
  }

  /** Runs a step; no secret is ever told. */
  async step(name: string, values: Values = {}, env: Values = {}): Promise<Ended> {
    const given = Object.entries({ ...this.values, ...values });
    const input = given.map(([key, value]) => `${key}=${quoted(value)}\n`).join("");
    const script = path.join(project, `migrations/overseerr/steps/${name}.sh`);
    const ended = await run(["bash", script], { ...this.env, ...env }, input);
    expect(ended.stdout + ended.stderr).not.toMatch(/canary/);
    return ended;
  }

  /** What it has found out; fails with what it says. */
  async done(name: string, values: Values = {}): Promise<Record<string, unknown>> {
    const { code, stdout, stderr } = await this.step(name, values);
    if (code !== 0) throw new Error(`${name}: ${stderr}`);
    const { step, found } = JSON.parse(stdout) as { step: string; found: Record<string, unknown> };
    expect(step).toBe(name);
    return found;
  }

  async all(values: Values = {}): Promise<Record<string, Record<string, unknown>>> {
    const found: Record<string, Record<string, unknown>> = {};
    for (const name of chain) found[name] = await this.done(name, values);
    return found;
  }

  /** The first task of the new Overseerr's job. */
  restore(generation = "1"): Promise<Ended> {
    const { REPLICA_ENDPOINT, REPLICA_BUCKET, REPLICA_REGION, REPLICA_PATH } = this.values;
    return run(["bash", path.join(project, "components/nomad/overseerr/restore.sh")], {
      PATH: tools,
      ...{ REPLICA_ENDPOINT, REPLICA_BUCKET, REPLICA_REGION, REPLICA_PATH },
      ...{ LITESTREAM_ACCESS_KEY_ID: accessKey, LITESTREAM_SECRET_ACCESS_KEY: secretKey },
      ...{ SYNC_SECONDS: "1", SNAPSHOT_HOURS: "24", RETENTION_HOURS: "168", WAIT_SECONDS: "2" },
      ...{ DATABASE: this.live, SETTINGS: this.at("volume"), OWNER: owner, ALLOW_EMPTY: "false" },
      CONFIG: path.join(project, "components/nomad/overseerr/litestream.yml"),
      GENERATION: generation,
    });
  }

  /** Digests of all that the old Overseerr has. */
  source(): string {
    return execFileSync(
      "bash",
      [
        "--norc",
        "-c",
        "find . -type f | sort | xargs sha256sum; stat -c '%a %u %g %n' . db settings.json",
      ],
      {
        cwd: this.at("data"),
        encoding: "utf8",
      },
    );
  }

  /** The new Overseerr runs, on what lies on its volume and disk. */
  async serve(changes: Readonly<Record<string, unknown>> = {}) {
    const kept = JSON.parse(this.on("settings.json") ?? "{}") as typeof settings;
    const counted = (table: string) => ({
      pageInfo: { results: Number(this.sql(`SELECT count(*) FROM ${table}`, this.live)) },
    });
    const answers: Record<string, unknown> = {
      "/api/v1/settings/public": kept.public,
      "/api/v1/settings/main": kept.main,
      "/api/v1/settings/plex": kept.plex,
      "/api/v1/settings/radarr": kept.radarr,
      "/api/v1/settings/sonarr": kept.sonarr,
      "/api/v1/user?take=1": counted("user"),
      "/api/v1/request?take=1": counted("media_request"),
      ...changes,
    };
    const server = http.createServer(({ url = "", headers }, response) => {
      const open = url === "/api/v1/settings/public" || headers["x-api-key"] === kept.main.apiKey;
      const answer = open ? answers[url] : undefined;
      response.writeHead(open ? (answer === undefined ? 404 : 200) : 403);
      response.end(JSON.stringify(answer ?? {}));
    });
    this.port = await freePort();
    await new Promise<void>((resolve) => server.listen(this.port, "127.0.0.1", resolve));
    servers.push(server);
    fs.writeFileSync(this.at("nomad/status"), "running\n");
  }

  start() {
    this.docker("start", "overseerr");
  }

  /** Writes as somebody who is killed: the row stays in the write-ahead log. */
  leaveInWal() {
    // A copy of the files as they are while a writer has them open.
    const kept = tempTree({});
    const source = this.at("data/db");
    execFileSync(
      "bash",
      [
        "--norc",
        "-c",
        `(echo "PRAGMA wal_autocheckpoint=0; INSERT INTO media_request (status, type, mediaId) VALUES (1, 'movie', 8);"; echo ".shell cp ${source}/* ${kept}/") | sqlite3 ${source}/db.sqlite3; cp ${kept}/* ${source}/`,
      ],
      { env: { PATH: tools } },
    );
    expect(fs.statSync(`${source}/db.sqlite3-wal`).size).toBeGreaterThan(0);
  }

  /** What the new Overseerr's database becomes, and its replica. */
  async write(statement: string) {
    this.sql(statement, this.live);
    const config = this.at("litestream.yml");
    const text = scriptText("components/nomad/overseerr/litestream.yml");
    fs.writeFileSync(config, text.replace(/^addr:.*$/m, ""));
    const { REPLICA_ENDPOINT, REPLICA_BUCKET, REPLICA_REGION, REPLICA_PATH } = this.values;
    const ended = await run(["litestream", "replicate", "-config", config, "-once"], {
      PATH: tools,
      ...{ REPLICA_ENDPOINT, REPLICA_BUCKET, REPLICA_REGION, REPLICA_PATH },
      ...{ LITESTREAM_ACCESS_KEY_ID: accessKey, LITESTREAM_SECRET_ACCESS_KEY: secretKey },
      ...{ SYNC_SECONDS: "1", SNAPSHOT_HOURS: "24", RETENTION_HOURS: "168", DATABASE: this.live },
    });
    expect([ended.code, ended.stdout + ended.stderr]).toEqual([
      0,
      expect.stringContaining("replication complete"),
    ]);
  }

  /** All of the move: the new Overseerr serves, the old one has given its data up. */
  async moved() {
    await this.all();
    well(await this.restore());
    await this.serve();
    await this.done("cut-over");
  }
}

const servers: http.Server[] = [];
const worlds: World[] = [];
export function world(): World {
  const made = new World();
  made.start();
  worlds.push(made);
  return made;
}
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  for (const { env, root } of worlds.splice(0)) {
    execFileSync(
      "bash",
      ["--norc", "-c", `docker stop overseerr 2>/dev/null; rm -f ${quoted(root)}/work/epoch`],
      {
        env,
      },
    );
  }
});

/** Rows by table of the old database. */
export const counts = { user: 1, media: 1000, media_request: 1000, migrations: 33 };
