/** After the move of Overseerr: the requests brought back into the old one, or its data removed. */
import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { quoted } from "../../components/kubernetes/shell";
import { run, scriptText, tempTree, well } from "../support/scripts";
import { secretKey } from "./object-store";
import { tools, world, type Values, type World } from "./overseerr-world";

jest.setTimeout(600_000);

const asked = (from: number, to: number) =>
  `WITH RECURSIVE n(i) AS (SELECT ${from.toString()} UNION ALL SELECT i + 1 FROM n WHERE i < ${to.toString()})
    INSERT INTO media_request (status, type, mediaId) SELECT 1, 'movie', i FROM n;`;
const requests = "SELECT count(*) FROM media_request";

/** Of the world on this machine: all that a step may change, to be put back. */
function saved(at: World): () => void {
  const folders = ["data", "backup", "volume", "docker", "nomad"];
  const kept = tempTree({});
  const copy = (from: string, to: string) => {
    const [source, target] = [quoted(from), quoted(to)];
    const each = folders.map(
      (name) => `rm -rf ${target}/${name}; cp -a ${source}/${name} ${target}/`,
    );
    execFileSync("bash", ["--norc", "-c", each.join("\n")]);
  };
  copy(at.root, kept);
  return () => {
    // It may be removed by now.
    spawnSync("docker", ["stop", "overseerr"], { env: at.env, stdio: "ignore" });
    copy(kept, at.root);
  };
}

/** Programs that change files: at the n-th call of a job of that name its machine dies. */
const deadly = tempTree(
  Object.fromEntries(
    ["chown", "cp", "install", "mkdir", "mv", "rm"].map((program) => [
      program,
      scriptText("test/support/programs/kill-at.sh"),
    ]),
  ),
);
beforeAll(() => {
  for (const program of fs.readdirSync(deadly)) fs.chmodSync(path.join(deadly, program), 0o755);
});
function killing(at: World, job: string, call: number): Values {
  for (const end of ["", ".calls"]) fs.rmSync(`${at.root}/counter${end}`, { force: true });
  return {
    ...{ SESSION: `/jobs/${job}-`, KILL_AT: call.toString(), COUNTER: at.at("counter") },
    ...{ REAL_PATH: at.env.PATH, PATH: `${deadly}:${at.env.PATH}` },
  };
}
const calls = (at: World) => fs.readFileSync(at.at("counter.calls"), "utf8").trimEnd().split("\n");

/** No key stands in an argument, and none is left on the old host. */
function noKeys(at: World) {
  expect(fs.readFileSync(at.at("docker/calls"), "utf8")).not.toMatch(/canary/);
  const found = ["backup", "work", "data/db"].flatMap((folder) =>
    fs
      .readdirSync(at.at(folder), { recursive: true, encoding: "utf8" })
      .map((name) => path.join(at.at(folder), name))
      .filter(
        (file) => fs.statSync(file).isFile() && fs.readFileSync(file, "latin1").includes(secretKey),
      ),
  );
  expect(found).toEqual([]);
}

describe("taken back with its requests", () => {
  const without = "npm run rollback -- nomad overseerr";
  const command = `${without} --with-requests`;
  const rollback = (at: World, values: Values = {}, env: Values = {}) =>
    at.step("rollback", { WITH_REQUESTS: "true", COMMAND: command, ...values }, env);
  const plain = { WITH_REQUESTS: "false", COMMAND: without };
  const kept = "data/db/before-rollback-g1/db.sqlite3";

  test("the old one has them, and its former database is kept", async () => {
    const at = world();
    await at.moved();
    await at.write(asked(1, 3));
    fs.chmodSync(at.database, 0o640);
    const before = fs.readFileSync(at.database);
    const { code, stdout, stderr } = await rollback(at);
    expect([code, stdout, stderr]).toEqual([
      0,
      "",
      expect.stringContaining(
        `it has the requests made on the new one since the move; its former database lies in ${at.at("data")}/db/before-rollback-g1 there`,
      ),
    ]);
    expect(stderr).not.toContain("are not in the old one");
    expect([at.running, at.policy]).toEqual([true, "unless-stopped"]);
    expect(fs.readFileSync(at.at("nomad/status"), "utf8")).toBe("stopped\n");
    expect(at.sql(requests)).toBe("1003");
    expect(fs.readFileSync(at.at(kept))).toEqual(before);
    expect(fs.statSync(at.database).mode & 0o777).toBe(0o640);
    expect(fs.readdirSync(at.at("data/db")).sort()).toEqual(["before-rollback-g1", "db.sqlite3"]);
    expect(fs.readdirSync(at.at("work")).sort()).toEqual(["lock.guard", "service.guard"]);
    noKeys(at);
    expect(await at.restore()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("✗ the move 1 was rolled-back") as string,
    });
    const again = await rollback(at);
    well(again);
    expect(again.stdout).toBe("result nothing\n");
    expect([at.running, at.sql(requests)]).toEqual([true, "1003"]);
    // And moved once more.
    await at.all({ GENERATION: "2" });
    well(await at.restore("2"));
    expect(at.sql(requests, at.live)).toBe("1003");
  });

  const faults: readonly [string, (at: World) => unknown, string, Values?][] = [
    [
      "a bucket that is gone",
      () => 0,
      "✗ the replica nowhere/.* can't be read: .*NoSuchBucket",
      { REPLICA_BUCKET: "nowhere" },
    ],
    [
      "a replica that is gone",
      () => 0,
      "✗ the replica .* can't be read: .*no matching backup files",
      { REPLICA_PATH: "nowhere/db" },
    ],
    [
      "a wrong key",
      () => 0,
      "✗ the replica .* can't be read: .*SignatureDoesNotMatch",
      { MINIO_SECRET_KEY: "wrong-key-1" },
    ],
    [
      "the database of another installation",
      (at) => at.write("UPDATE user SET createdAt = '2020-01-01 00:00:00'"),
      "✗ the replica is the database of another installation than ",
    ],
    [
      "fewer requests",
      (at) => at.write("DELETE FROM media_request WHERE id > 990"),
      "✗ the replica has fewer rows .*: media_request: found 990, expected 1000 or more",
    ],
    [
      "a database that a newer version has changed",
      (at) => at.write("INSERT INTO migrations (timestamp, name) VALUES (9, 'Newer9')"),
      "✗ the replica was changed by another version",
    ],
    [
      "an old one that somebody has started",
      (at) => {
        at.start();
      },
      "✗ the old Overseerr on source runs",
    ],
  ];
  test("whatever speaks against it is found while the new one serves, and nothing is touched", async () => {
    const at = world();
    await at.moved();
    const back = saved(at);
    const before = at.source();
    for (const [name, spoil, expected, values] of faults) {
      await spoil(at);
      const { code, stdout, stderr } = await rollback(at, values);
      expect([name, code, stdout]).toEqual([name, 1, "result nothing\n"]);
      expect(stderr).toMatch(new RegExp(`^${expected}`, "m"));
      const way = name.startsWith("an old") ? "as it is" : "without them";
      expect(stderr).toContain(`    to go back ${way}: ${without}\n`);
      expect(fs.readFileSync(at.at("nomad/status"), "utf8")).toBe("running\n");
      expect([name, at.source()]).toEqual([name, before]);
      expect(at.on(".taken-back")).toBeUndefined();
      back();
      // The replica goes its way; only what was changed last counts.
      if (name.startsWith("the database"))
        await at.write("UPDATE user SET createdAt = '2021-06-01 12:00:00'");
      if (name.startsWith("fewer")) await at.write(asked(1, 10));
    }
    noKeys(at);
    // Without them it still goes.
    const { code, stderr } = await at.step("rollback", plain);
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining("are not in the old one; they stay in the replica"),
    ]);
    expect([at.running, at.sql(requests), fs.existsSync(at.at(kept))]).toEqual([
      true,
      "1000",
      false,
    ]);
    const late = await rollback(at);
    expect([late.code, late.stdout, late.stderr]).toEqual([
      1,
      "result nothing\n",
      expect.stringContaining("serves already, so nothing was brought back into it"),
    ]);
  });

  test("a replica that is lost after the new one has stopped leaves the old data as they are", async () => {
    const at = world();
    await at.moved();
    const before = at.source();
    // The store is asked twice: before anything is stopped, and after.
    const text = scriptText("test/support/programs/docker.sh");
    fs.writeFileSync(
      at.at("bin/docker"),
      text.replace(
        "set -eu\n",
        'set -eu\ncase "$*" in *" restore "*) [ "$(cat "$JOB_STATE/status")" != stopped ] || { echo lost >&2; exit 1; } ;; esac\n',
      ),
    );
    const { code, stdout, stderr } = await rollback(at);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/can't be read: lost/);
    expect(stderr).toContain(
      `✗ the requests could not be brought back; nothing of the old Overseerr was touched, and neither runs\n    to try again: ${command}\n    to go back without them: ${without}\n`,
    );
    expect([at.running, at.source()]).toEqual([false, before]);
    fs.writeFileSync(at.at("bin/docker"), text);
    well(await rollback(at));
    expect([at.running, at.sql(requests)]).toEqual([true, "1000"]);
  });

  test("one that never gave its data up just serves again", async () => {
    const at = world();
    await at.done("stop");
    const { code, stderr } = await rollback(at);
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining("there are no requests to be brought back"),
    ]);
    expect([at.running, at.policy]).toEqual([true, "unless-stopped"]);
  });

  test("killed at any of its steps, it is made good by the next run, and nothing starts the old one before", async () => {
    const at = world();
    at.leaveInWal();
    await at.moved();
    await at.write(asked(1, 2));
    const back = saved(at);
    // Where it begins to touch something.
    well(await rollback(at, {}, killing(at, "bring-back", 0)));
    const all = calls(at);
    const first = all.findIndex((call) => /^mkdir .*before-rollback/.test(call)) + 1;
    expect(first).toBeGreaterThan(3);
    let half = 0;
    for (let call = first; call <= all.length; call += 1) {
      const what = all[call - 1];
      back();
      const ended = await rollback(at, {}, killing(at, "bring-back", call));
      const stamp = fs.existsSync(at.at("backup/overseerr-bringing-back"));
      // What was done before it died counts as done.
      const whole = !stamp && fs.existsSync(at.at("backup/overseerr-g1.tar.zst.brought-back"));
      if (whole) well(ended, what);
      expect([what, ended.code, at.running]).toEqual([what, whole ? 0 : 1, whole]);
      if (stamp) {
        half += 1;
        expect(ended.stderr).toContain(
          `half brought back; neither Overseerr runs\n    ${command}\n`,
        );
        if (half === 1) {
          const ways: readonly [string, Values, string][] = [
            [
              "rollback",
              plain,
              `the requests are only half brought back, and the old Overseerr can't start like that\n    ${command}\n`,
            ],
            [
              "stop",
              { GENERATION: "2" },
              `are half replaced, so it is not started\n    ${command}\n`,
            ],
            ["check", { GENERATION: "2" }, `are half replaced\n    fix: ${command}\n`],
          ];
          for (const [step, values, expected] of ways) {
            const other = await at.step(step, values);
            expect([step, other.code, other.stderr]).toEqual([
              step,
              1,
              expect.stringContaining(expected),
            ]);
            expect([step, at.running]).toEqual([step, false]);
          }
        }
      }
      // Without the store, if it has what it needs.
      const values: Values = stamp ? { REPLICA_BUCKET: "nowhere" } : {};
      well(await rollback(at, values), what);
      expect([what, at.running, at.sql(requests)]).toEqual([what, true, "1003"]);
      expect([what, at.sql("PRAGMA integrity_check")]).toEqual([what, "ok"]);
      expect([what, at.sql(requests, at.at(kept))]).toEqual([what, "1001"]);
      expect(fs.readdirSync(at.at("data/db")).sort()).toEqual(["before-rollback-g1", "db.sqlite3"]);
    }
    expect(half).toBeGreaterThan(2);
  });
});

describe("the old data", () => {
  const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
  const removeOld = (at: World, values: Values = {}, env: Values = {}) =>
    at.step("remove-old", { REMOVE_ON: day(0), ...values }, env);

  /** Moved so many hours ago. */
  async function movedBefore(hours: number): Promise<World> {
    const at = world();
    await at.moved();
    released(at, hours);
    return at;
  }
  function released(at: World, hours: number) {
    const then = Date.now() - hours * 3_600_000;
    fs.utimesSync(at.at("backup/overseerr-g1.released"), then / 1000, then / 1000);
    const started = new Date(then - 3_600_000).toISOString();
    fs.writeFileSync(at.at("docker/times"), `2021-06-01T12:00:00.5Z ${started}\n`);
  }
  const archive = "backup/overseerr-g1.tar.zst";
  const gone = (at: World) => [
    fs.readdirSync(at.at("data")),
    fs.existsSync(at.at("docker/removed")),
  ];

  test("are removed, can be had back from the archive, and are not missed the second time", async () => {
    const at = await movedBefore(72);
    const before = at.source();
    const mode = fs.statSync(at.at("data")).mode;
    const { code, stdout, stderr } = await removeOld(at);
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining(
        `to have the data back there: sudo tar --zstd --numeric-owner -xpf ${at.at(archive)} -C ${at.at("data")}\n`,
      ),
    ]);
    expect(stdout.match(/\n/g)).toHaveLength(1);
    const { step, found } = JSON.parse(stdout) as { step: string; found: Record<string, unknown> };
    const sums = fs.readFileSync(at.at(`${archive}.sha256`), "utf8");
    const expected = {
      ...{ container: "overseerr", data: at.at("data"), files: 3, archive: at.at(archive) },
      ...{ bytes: expect.any(Number) as number, sha256: sums.slice(0, 64) },
      image: "sha256:0123",
    };
    expect([step, found]).toEqual(["remove-old", { ...expected, already: false }]);
    expect(gone(at)).toEqual([[], true]);
    expect(fs.statSync(at.at("data")).mode).toBe(mode);
    expect(fs.readdirSync(at.root).filter((name) => name.includes("removing"))).toEqual([]);
    noKeysOf(at);
    expect(await at.done("remove-old", { REMOVE_ON: day(0) })).toEqual({
      ...expected,
      already: true,
    });
    // Nothing to go back to: the new one is left alone.
    const back = await at.step("rollback");
    expect([back.code, back.stdout, back.stderr]).toEqual([
      1,
      "result nothing\n",
      expect.stringContaining("there is no old Overseerr on source any more"),
    ]);
    expect(fs.readFileSync(at.at("nomad/status"), "utf8")).toBe("running\n");
    const unpacked = await run(
      ["tar", "--zstd", "--numeric-owner", "-xpf", at.at(archive), "-C", at.at("data")],
      { PATH: tools },
    );
    well(unpacked);
    expect(at.source()).toBe(before);
  });

  /** Here the keys are not even told. */
  function noKeysOf(at: World) {
    expect(fs.readFileSync(at.at("docker/calls"), "utf8")).not.toMatch(/canary/);
    expect(fs.readdirSync(at.at("work"))).toEqual(["lock.guard"]);
  }

  const faults: readonly [string, (at: World) => unknown, string, Values?][] = [
    [
      "a move of an hour ago",
      (at) => {
        released(at, 1);
      },
      "✗ the old Overseerr was given up only 1 h ago, 24 h have to pass",
    ],
    [
      "a day before the move",
      () => 0,
      "✗ the day to remove the old data, .*, is before .*, a day after the move",
      { REMOVE_ON: day(-5) },
    ],
    [
      "a day that is still to come",
      () => 0,
      "✗ the day to remove the old data, .*, is still to come: on ",
      { REMOVE_ON: day(2) },
    ],
    [
      "a container that has run since",
      (at) => {
        at.start();
        at.docker("stop", "overseerr");
      },
      "✗ the container overseerr on .* was made or started since the move, at ",
    ],
    [
      "a container that runs",
      (at) => {
        at.start();
      },
      "✗ the container overseerr on .* runs",
    ],
    [
      "data that were changed",
      (at) => {
        fs.appendFileSync(at.at("data/logs/overseerr.log"), "more\n");
      },
      "✗ .*data is not what the archive holds: ./logs/overseerr.log",
    ],
    [
      "a file more",
      (at) => {
        fs.writeFileSync(at.at("data/new"), "");
      },
      "✗ .*data is not what the archive holds: ./new",
    ],
    [
      "a damaged archive",
      (at) => {
        const text = fs.readFileSync(at.at(archive));
        text[100] = (text[100] ?? 0) ^ 1;
        fs.writeFileSync(at.at(archive), text);
      },
      "✗ the archive .* is missing or damaged",
    ],
    [
      "no archive",
      (at) => {
        fs.rmSync(at.at(archive));
      },
      "✗ the archive .* is missing or damaged",
    ],
    [
      "a volume of another move",
      (at) => {
        fs.writeFileSync(at.at("volume/.moved"), "2\n");
      },
      "✗ the volume .* holds what move 2 has brought, not move 1",
    ],
    [
      "a volume that was closed",
      (at) => {
        fs.writeFileSync(at.at("volume/.taken-back"), "withdrawn 1\n");
      },
      "✗ the move was taken back: withdrawn 1",
    ],
    [
      "a job that does not run",
      (at) => {
        fs.writeFileSync(at.at("nomad/status"), "stopped\n");
      },
      "✗ the new Overseerr does not run: Nomad's word for the job overseerr is stopped",
    ],
    [
      "a job that is not healthy",
      (at) => {
        fs.writeFileSync(at.at("nomad/deployment"), "3 failed: no\n");
      },
      "✗ the new Overseerr is not healthy: failed: no",
    ],
    [
      "a Nomad that does not answer",
      (at) => {
        fs.writeFileSync(at.at("nomad/status"), "away\n");
      },
      "✗ Nomad at http://127.0.0.1:4646 can't be asked for the job overseerr",
    ],
    [
      "a move that has released nothing",
      (at) => {
        fs.rmSync(at.at("backup/overseerr-g1.released"));
      },
      "✗ move 1 has not given the old Overseerr up",
    ],
  ];
  test("are kept where anything speaks against it, and all of it is told at once", async () => {
    const at = await movedBefore(72);
    const back = saved(at);
    const kept = () =>
      execFileSync("bash", ["--norc", "-c", "find data backup -type f | sort | xargs sha256sum"], {
        cwd: at.root,
        encoding: "utf8",
      });
    for (const [name, spoil, expected, values] of faults) {
      back();
      spoil(at);
      const before = kept();
      const { code, stdout, stderr } = await removeOld(at, values);
      expect([name, code, stdout, kept()]).toEqual([name, 1, "", before]);
      expect([name, stderr]).toEqual([
        name,
        expect.stringMatching(new RegExp(`^${expected}`, "m")),
      ]);
      expect(stderr).toContain("The old data can't be removed; nothing was touched:\n");
      expect(fs.existsSync(at.at("docker/removed"))).toBe(false);
      // A job that was stopped is not started by this.
      expect(fs.readFileSync(at.at("nomad/calls"), "utf8")).not.toMatch(/^job start/m);
    }
    back();
    const together = [
      "a container that runs",
      "data that were changed",
      "a volume that was closed",
      "a job that is not healthy",
    ];
    for (const [name, spoil] of faults) if (together.includes(name)) spoil(at);
    const { stderr } = await removeOld(at, { REMOVE_ON: day(2) });
    expect(stderr.match(/^✗ (?!the step)/gm)).toHaveLength(7);
    back();
    well(await removeOld(at));
    expect(gone(at)).toEqual([[], true]);
  });

  test("are removed by the next run where one was killed, at any of its steps", async () => {
    const at = await movedBefore(72);
    const back = saved(at);
    well(await removeOld(at, {}, killing(at, "remove-old", 0)));
    const all = calls(at);
    const first = all.findIndex((call) => call.includes(".removing")) + 1;
    expect(first).toBeGreaterThan(1);
    for (let call = first; call <= all.length; call += 1) {
      const what = all[call - 1];
      back();
      const ended = await removeOld(at, {}, killing(at, "remove-old", call));
      expect([what, ended.code]).toEqual([what, 1]);
      well(await removeOld(at), what);
      expect([what, gone(at)]).toEqual([what, [[], true]]);
      expect(fs.readdirSync(at.root).filter((name) => name.includes("removing"))).toEqual([]);
      const { found } = JSON.parse((await removeOld(at)).stdout) as { found: unknown };
      expect([what, found]).toMatchObject([
        what,
        { already: true, files: 3, archive: at.at(archive) },
      ]);
    }
  });
});
