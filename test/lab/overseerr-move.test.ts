/** The move of Overseerr, step by step as `up` runs them. */
import * as crypto from "node:crypto";
import * as fs from "node:fs";
import { bucket } from "./object-store";
import {
  chain,
  counts,
  integrations,
  settings,
  store,
  world,
  type Values,
  type World,
} from "./overseerr-world";
import { well } from "../support/scripts";
import { until } from "./tools";

jest.setTimeout(120_000);

describe("from a container to Nomad", () => {
  test("all of it arrives, and nothing of the old one is changed", async () => {
    const at = world();
    const before = at.source();
    const found = await at.all();
    expect(found.check).toMatchObject({
      ...{ version: "1.34.0", active: true, policy: "unless-stopped", replica: "empty" },
      integrations,
      counts,
    });
    expect(found.drill).toMatchObject({ position: "0000000000000001", counts });
    const digest = crypto
      .createHash("sha256")
      .update(at.on("settings.json") ?? "")
      .digest("hex");
    expect(found.settings).toEqual({ digest });
    expect([at.running, at.policy]).toEqual([false, "no"]);
    expect(at.source()).toBe(before);
    expect(at.on("settings.json")).toBe(fs.readFileSync(at.at("data/settings.json"), "utf8"));
    expect(fs.statSync(at.at("volume/settings.json")).mode & 0o777).toBe(0o600);
    expect(fs.readdirSync(at.at("backup")).sort()).toEqual(
      [
        "overseerr-service-before",
        ...["", ".drilled", ".epoch", ".json", ".seeded", ".settled", ".sha256"].map(
          (end) => `overseerr-g1.tar.zst${end}`,
        ),
        "overseerr-g1.released",
      ].sort(),
    );
    // Nothing of it stays where the keys were.
    expect(fs.readdirSync(at.at("work"))).toEqual(["lock.guard"]);
    const calls = fs.readFileSync(at.at("docker/calls"), "utf8");
    expect(calls).not.toMatch(/canary/);

    expect(await at.restore()).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("a move has brought it") as string,
    });
    expect(at.on(".take-replica")).toBeUndefined();
    await at.serve();
    expect(await at.done("cut-over")).toMatchObject({
      before: counts,
      server: { initialized: true, users: 1, requests: 1000, integrations },
    });
    expect([at.running, at.policy]).toEqual([false, "no"]);
  });

  test("each step that is run again finds its work done, or does it again", async () => {
    const at = world();
    for (const name of chain.slice(0, -1)) {
      await at.done(name);
      await at.done(name);
    }
    // The old one serves in between, and somebody asks for a film.
    await at.done("archive");
    at.docker("update", "--restart=always", "overseerr");
    at.start();
    at.sql("INSERT INTO media_request (status, type, mediaId) VALUES (1, 'movie', 7)");
    expect(await at.done("drill")).toMatchObject({
      counts: { media_request: 1001 },
      position: "0000000000000002",
    });
    await at.done("release");
    await at.done("release");
    well(await at.restore());
    expect(at.sql("SELECT count(*) FROM media_request", at.live)).toBe("1001");
  });

  test("what lies in the write-ahead log of one that was killed arrives, too", async () => {
    const at = world();
    at.leaveInWal();
    const found = await at.all();
    expect(found.stop).toMatchObject({ leftWal: true });
    expect(found.drill).toMatchObject({ counts: { media_request: 1001 } });
  });
});

describe("before anything is stopped", () => {
  const faults: readonly [string, (at: World) => unknown, string, Values?][] = [
    [
      "a container of another name",
      () => 0,
      "✗ there is no container seerr on .*; there is overseerr",
      { SERVICE: "seerr" },
    ],
    [
      "another folder mounted",
      (at) => {
        fs.writeFileSync(at.at("docker/mounted"), "/srv/other\n");
      },
      "✗ the container overseerr has /srv/other at /app/config, not ",
    ],
    [
      "another version",
      (at) => {
        fs.writeFileSync(at.at("docker/package.json"), '{\n "version": "1.33.2"\n}');
      },
      "✗ the container overseerr is Overseerr 1.33.2, the job's is 1.34.0: the versions must be equal",
    ],
    [
      "settings that are cut short",
      (at) => {
        fs.truncateSync(at.at("data/settings.json"), 100);
      },
      "✗ .*settings.json is no valid JSON",
    ],
    [
      "settings with a byte order mark",
      (at) => {
        fs.writeFileSync(at.at("data/settings.json"), `\ufeff${JSON.stringify(settings)}`);
      },
      "✗ .*settings.json begins with a byte order mark",
    ],
    [
      "empty settings",
      (at) => {
        fs.truncateSync(at.at("data/settings.json"));
      },
      "✗ .*settings.json is missing or empty",
    ],
    [
      "settings without a key",
      (at) => {
        fs.writeFileSync(at.at("data/settings.json"), "{}");
      },
      "✗ .*settings.json has no API key",
    ],
    [
      "a database cut short",
      (at) => {
        at.sql("PRAGMA wal_checkpoint(TRUNCATE)");
        fs.truncateSync(at.database, 40960);
      },
      "✗ .*db.sqlite3 is cut short",
    ],
    [
      "a database of something else",
      (at) => {
        fs.rmSync(at.database);
        at.sql("CREATE TABLE x (y)");
      },
      "✗ .*is no database of Overseerr: it has no table media, media_request, migrations, user",
    ],
    [
      "a bucket that is not there",
      () => 0,
      "✗ the replica's place nowhere/.* can't be used: .*NoSuchBucket",
      { REPLICA_BUCKET: "nowhere" },
    ],
    [
      "a wrong key",
      () => 0,
      "✗ the replica's place .* can't be used: .*SignatureDoesNotMatch",
      { MINIO_SECRET_KEY: "wrong-key-1" },
    ],
    [
      "no volume",
      (at) => {
        fs.rmdirSync(at.at("volume"));
      },
      "✗ there is no folder .*volume on ",
    ],
    [
      "settings of another one on the volume",
      (at) => {
        fs.writeFileSync(at.at("volume/settings.json"), '{"main":{"apiKey":"other"}}');
      },
      "✗ .*volume holds the settings of another Overseerr already",
    ],
    [
      "a job that runs already",
      (at) => {
        fs.writeFileSync(at.at("nomad/status"), "running");
      },
      "✗ a job overseerr runs in Nomad already \\(running\\)",
    ],
    [
      "a Nomad that does not answer",
      (at) => {
        fs.writeFileSync(at.at("nomad/status"), "away");
      },
      "✗ Nomad at http://127.0.0.1:4646 does not answer: Error querying job: connection refused",
    ],
    [
      "a host that refuses",
      (at) => {
        fs.writeFileSync(at.at("unreachable"), "");
      },
      "✗ source refuses connections on port 22",
    ],
  ];

  test.each(faults)("%s is told", async (_, spoil, expected, values = {}) => {
    const at = world();
    spoil(at);
    const { code, stdout, stderr } = await at.step("check", values);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(new RegExp(`^${expected}`, "m"));
    expect(fs.readFileSync(at.at("docker/calls"), "utf8")).not.toMatch(/^(stop|update)/m);
  });

  test("a replica of another installation, and one of Litestream 0.3, are not written to", async () => {
    const [other, at] = [world(), world()];
    other.sql("UPDATE user SET createdAt = '2020-01-01 00:00:00'");
    await other.all();
    const contents = await store.contents();
    const first = await at.step("seed", { REPLICA_PATH: other.replicaPath });
    expect([first.code, first.stderr]).toEqual([
      1,
      expect.stringContaining("the database of another installation lies there"),
    ]);
    await store.mc(
      "cp",
      at.database,
      `store/${bucket}/${at.replicaPath}/generations/0123456789abcdef/snapshots/00000000.snapshot.lz4`,
    );
    const second = await at.step("seed");
    expect([second.code, second.stderr]).toEqual([
      1,
      expect.stringContaining("nothing was written there"),
    ]);
    await store.mc("rm", "--recursive", "--force", `store/${bucket}/${at.replicaPath}/generations`);
    expect(await store.contents()).toBe(contents);
    expect([at.running, at.policy]).toEqual([true, "unless-stopped"]);
  });
});

describe("when it fails", () => {
  test("the old one is back at once, as it was", async () => {
    const at = world();
    await at.done("stop");
    const { code, stderr } = await at.step("seed", { REPLICA_BUCKET: "nowhere" });
    expect([code, stderr]).toEqual([1, expect.stringContaining("the old server serves as before")]);
    expect([at.running, at.policy]).toEqual([true, "unless-stopped"]);
  });

  test("the old one is back by itself when nobody asks for it any more", async () => {
    const at = world();
    await at.done("stop", { WINDOW: "2" });
    expect([at.running, at.policy]).toEqual([false, "no"]);
    await until(20, () => {
      expect([at.running, at.policy]).toEqual([true, "unless-stopped"]);
      return Promise.resolve();
    });
  });

  test("a replica that has lost rows is found out, and the job would not start on it", async () => {
    const at = world();
    await at.done("seed");
    await at.done("archive");
    // Somebody else's rows, in the same installation's name.
    const other = world();
    other.sql("DELETE FROM media_request WHERE id > 900");
    await other.done("seed", { REPLICA_PATH: at.replicaPath });
    const { code, stderr } = await at.step("drill");
    expect([code, stderr]).toEqual([1, expect.stringContaining("the replica has other contents")]);
    expect(await at.restore()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("this volume holds nothing of move 1, but none") as string,
    });
    expect(at.running).toBe(true);
  });

  test.each([
    [
      "does not become healthy",
      (at: World) => {
        fs.writeFileSync(at.at("nomad/deployment"), "3 failed: no\n");
      },
      "the new Overseerr does not become healthy: failed: no",
    ],
    [
      "has lost requests",
      (at: World) => at.sql("DELETE FROM media_request WHERE id = 5", at.live),
      "media_request: the new Overseerr has 999, the old one had 1000",
    ],
  ])(
    "one that %s is stopped and closed before the old one comes back",
    async (_, spoil, expected) => {
      const at = world();
      await at.all();
      well(await at.restore());
      await at.serve();
      spoil(at);
      const { code, stderr } = await at.step("cut-over");
      expect([code, stderr]).toEqual([1, expect.stringContaining(expected)]);
      expect([at.running, at.policy]).toEqual([true, "unless-stopped"]);
      expect(fs.readFileSync(at.at("nomad/status"), "utf8")).toBe("stopped\n");
      expect(await at.restore()).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(
          "✗ the move 1 was withdrawn: that one serves again",
        ) as string,
      });
      // The same move, tried again, takes it from the beginning.
      fs.writeFileSync(at.at("nomad/deployment"), "3 successful: well\n");
      await at.done("release");
      well(await at.restore());
      await at.serve();
      expect(await at.done("cut-over")).toMatchObject({ server: { requests: 1000 } });
    },
  );

  test("a stopped job of another move is not started", async () => {
    const at = world();
    await at.all();
    fs.writeFileSync(at.at("nomad/status"), "stopped\n");
    fs.writeFileSync(at.at("nomad/generation"), "7\n");
    const { code, stderr } = await at.step("cut-over");
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(
        "✗ Nomad has the job of another move, and Pulumi has not put this one's in its place\n" +
          "    its own error says why; if the job's index has changed: pulumi up --refresh --stack nomad\n",
      ),
    ]);
    expect([at.running, at.policy]).toEqual([true, "unless-stopped"]);
  });

  test.each([
    [
      "another set of integrations",
      { "/api/v1/settings/sonarr": [] },
      "the new Overseerr speaks to ",
    ],
    [
      "fewer requests",
      { "/api/v1/request?take=1": { pageInfo: { results: 3 } } },
      "requests: the new Overseerr lists 3, expected 1000",
    ],
    [
      "nobody who signs in",
      { "/api/v1/user?take=1": { pageInfo: { results: 0 } } },
      "users: the new Overseerr lists 0, the old one had 1",
    ],
    [
      "no set-up",
      { "/api/v1/settings/public": { initialized: false } },
      "the new Overseerr has not been set up",
    ],
  ])("one that answers with %s is not taken for the old one", async (_, answers, expected) => {
    const at = world();
    await at.all();
    well(await at.restore());
    await at.serve(answers);
    const { code, stderr } = await at.step("cut-over");
    expect([code, stderr]).toEqual([1, expect.stringContaining(expected)]);
    expect(at.running).toBe(true);
  });
});

describe("taken back", () => {
  test("the old one serves, and the new one refuses until it is moved again", async () => {
    const at = world();
    await at.all();
    well(await at.restore());
    await at.serve();
    await at.done("cut-over");
    const { code, stderr } = await at.step("rollback");
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining("requests made on the new one since the move are not in the old one"),
    ]);
    expect([at.running, at.policy]).toEqual([true, "unless-stopped"]);
    expect(await at.restore()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("✗ the move 1 was rolled-back") as string,
    });
    const again = await at.step("settings");
    expect([again.code, again.stderr]).toEqual([
      1,
      expect.stringContaining("the move 1 was rolled back: the old Overseerr serves again"),
    ]);
    expect(at.running).toBe(true);
    // What was asked for on the new one since is not mixed into the old one's.
    at.sql("INSERT INTO media_request (status, type, mediaId) VALUES (1, 'movie', 9)");
    await at.all({ GENERATION: "2" });
    expect(await at.restore("1")).toMatchObject({ code: 1 });
    well(await at.restore("2"));
    expect(at.sql("SELECT count(*) FROM media_request", at.live)).toBe("1001");
  });

  test("there is nothing to take back where nothing was moved", async () => {
    const at = world();
    const ended = await at.step("rollback");
    well(ended);
    expect(ended.stdout).toBe("result nothing\n");
    expect(ended.stderr).toContain("nothing to roll back");
  });
});
