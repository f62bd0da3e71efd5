/** The move of an Overseerr with 10,000 requests on the real engine, from a container of Docker's to Nomad, and back. */
import * as fs from "node:fs";
import * as path from "node:path";
import type * as automation from "@pulumi/pulumi/automation";
import { labEnvironment } from "../../../lab/engine";
import type { OverseerrReport } from "../../../migrations/overseerr-report";
import { folderOf, type Migration } from "../moving";
import {
  allocation,
  allocations,
  database,
  inTask,
  overseerr,
  replicated,
  request,
  requests,
  restoreLog,
  wipeDisk,
} from "../overseerr";
import { onNode, runTool, tool, until } from "../tools";
import {
  apiKey,
  backups,
  data,
  expectNoTraces,
  logins,
  moveStack,
  name,
  newOnes,
  oldOne,
  onSource,
  query,
  rollback,
  sourceManifest,
  startOver,
  startUp,
  steps,
  volume,
} from "./stack";

/** After two that were taken back. */
const last = { rolledBack: 2, generation: 3 };

let before: string[];
let content: string;
let count: string;
let said = "";

async function changes(
  migration: Migration = {},
  rest: Readonly<Record<string, unknown>> = {},
): Promise<automation.OpMap | undefined> {
  const stack = await moveStack(migration, rest);
  const { summary } = await stack.up({ onOutput: (text) => (said += text) });
  return summary.resourceChanges;
}

async function report(): Promise<OverseerrReport> {
  const { migrations } = await (await moveStack()).outputs();
  return (migrations?.value as { overseerr: OverseerrReport }).overseerr;
}

/** Digest of all that a database says; Litestream's own two tables apart. */
const digestOf = (file: string) => `sqlite3 ${file} .dump | grep -v _litestream_ | sha256sum`;

beforeAll(async () => {
  await startOver();
  // Of what Overseerr has not written into its database yet.
  await query("INSERT INTO media_request (status, type, mediaId) VALUES (1, 'movie', 7)");
  expect(Number(await onSource(`stat -c %s ${data}/db/db.sqlite3-wal`))).toBeGreaterThan(0);
  before = await sourceManifest();
  const dump = digestOf("/app/config/db/db.sqlite3");
  content = await onSource(`docker exec overseerr bash -c '${dump}'`);
});

afterAll(async () => {
  await startOver();
});

test("a preview touches neither host nor Nomad", async () => {
  const logged = logins();
  await (await moveStack()).preview();
  expect(logins()).toBe(logged);
  expect(await newOnes()).toBe(0);
  expect(await oldOne()).toBe("true unless-stopped");
});

test("an up moves it, each step a resource of its own, and the job after them", async () => {
  expect((await changes())?.create).toBeGreaterThan(steps.length);
  const { deployment } = (await (await moveStack()).exportStack()) as {
    deployment: { resources: { urn: string; type: string; dependencies?: string[] }[] };
  };
  const dependenciesOf = (end: string) =>
    deployment.resources
      .find(({ urn }) => urn.endsWith(end))
      ?.dependencies?.map((urn) => urn.split("::").at(-1));
  // As the engine has recorded it, not as the program has asked for it.
  for (const [index, step] of steps.slice(1, -1).entries())
    expect(dependenciesOf(`::overseerr-g1-${step}`)).toContain(
      `overseerr-g1-${steps[index] ?? ""}`,
    );
  expect(dependenciesOf("nomad:index/job:Job::overseerr")).toContain("overseerr-g1-release");
});

test("the new one is the old one: title, users, requests, addresses, every row", async () => {
  expect(await overseerr("/api/v1/settings/main", apiKey)).toMatchObject({
    applicationTitle: "Überseerr",
  });
  expect(await overseerr("/api/v1/request?take=1", apiKey)).toMatchObject({
    pageInfo: { results: 10_001 },
  });
  expect(await report()).toMatchObject({
    users: 8,
    requests: 10_001,
    integrations: {
      plex: ["http://10.213.77.31:32400"],
      radarr: ["http://192.168.1.8:7878"],
      sonarr: ["http://192.168.1.8:8989"],
    },
  });
  expect(await inTask("litestream", "bash", "-c", digestOf(database))).toBe(content);
});

test("the settings have arrived byte by byte, for their owner alone", async () => {
  const files = [`${data}/settings.json`, `${volume}/settings.json`].join(" ");
  expect(await onSource(`sha256sum ${files} | cut -d' ' -f1 | sort -u | wc -l`)).toBe("1");
  expect(await onSource(`stat -c '%a %u:%g' ${volume}/settings.json`)).toBe("600 0:0");
});

test("the source is what it was, but stopped, and with a backup that proves itself", async () => {
  expect(await sourceManifest()).toEqual(before);
  expect(await oldOne()).toBe("false no");
  const archive = "overseerr-g1.tar.zst";
  expect(await onSource(`cd ${backups} && sha256sum --check ${archive}.sha256`)).toBe(
    `${archive}: OK`,
  );
  expect(await onSource(`stat -c %a ${backups}/${archive}`)).toBe("600");
  await expectNoTraces();
});

test("no secret is in the state, in what was said, in the report or in the job", async () => {
  const key = fs.readFileSync(labEnvironment().LAB_SSH_KEY ?? "", "utf8").split("\n")[1] ?? "";
  expect(key.length).toBeGreaterThan(20);
  // On the disk: the API of the engine hands secrets over in clear.
  const { LAB_WORLD = "" } = labEnvironment();
  const stacks = path.join(LAB_WORLD, "pulumi/state/.pulumi/stacks/media-homelab");
  const state = fs.readFileSync(path.join(stacks, `${name}.json`), "utf8");
  expect(state).toContain("overseerr-g1-cut-over");
  const file = path.join(folderOf(name), "reports", `${name}-overseerr-g1.md`);
  const written = fs.readFileSync(file, "utf8");
  const job = await tool("nomad", "job", "inspect", "overseerr");
  const logs = await Promise.all(
    ["-stdout", "-stderr"].map(async (stream) => restoreLog((await allocation()).ID, stream)),
  );
  const all = [state, said, written, job, ...logs].join("\n");
  // Only what is found is told, not where.
  expect(all.includes(key)).toBe(false);
  expect(all.match(/canary-(overseerr|store)[\w-]*/g)).toBeNull();
});

test("the report says what was moved, in the outputs and in a file", async () => {
  const { before: rows, after, digests, downtime, seconds } = await report();
  expect(rows).toEqual(after);
  expect(Object.keys(seconds).sort()).toEqual(steps.slice(0, -1).sort());
  expect(downtime).toBeGreaterThan(0);
  const file = path.join(folderOf(name), "reports", `${name}-overseerr-g1.md`);
  const text = fs.readFileSync(file, "utf8");
  expect(text).toContain("| media_request | 10001 |");
  expect(text).toContain(digests.archive);
});

test("the second up is empty and asks nobody", async () => {
  const logged = logins();
  expect(Object.keys((await changes()) ?? {})).toEqual(["same"]);
  expect(logins()).toBe(logged);
});

test("another key file, address or patience runs nothing again", async () => {
  const source = { host: "192.0.2.1", identityFile: "/nowhere" };
  const done = await changes({ switchMinutes: 30, source });
  expect(Object.keys(done ?? {})).toEqual(["same"]);
});

test("killed, with its disk lost and its client gone for a while, it is back with all it had", async () => {
  await request();
  count = await requests();
  await replicated(count);
  // Later than the last that was uploaded: at most this is lost.
  const lost = await wipeDisk();
  await onNode("supervisorctl", "stop", "nomad");
  await onSource(
    "docker kill $(docker ps --quiet --filter name=^overseerr- --filter name=^litestream-)",
  );
  await onNode("supervisorctl", "start", "nomad");
  await until(120, async () => {
    const tasks = (await allocation()).TaskStates;
    expect(tasks.overseerr?.StartedAt).not.toBeNull();
    expect(await requests()).toBe(count);
  });
  expect(lost).not.toBe("");
});

test("a rollback stops the new one and starts the old one; said twice, it does nothing", async () => {
  const words = await rollback();
  expect(words).toContain("the old Overseerr on 10.213.77.20 is active");
  expect(words).toContain("requests made on the new one since the move are not in the old one");
  expect(await newOnes()).toBe(0);
  expect(await oldOne()).toBe("true unless-stopped");
  expect(await sourceManifest()).toEqual(before);
  await expectNoTraces();
  expect(await rollback()).toContain("nothing to roll back");
});

test("an up right after it refuses, and so does the job, whatever is typed", async () => {
  const refused = startUp({ rolledBack: 1 });
  expect(await refused.ended).toBe(1);
  expect(refused.said()).toContain(
    "overseerr.migration.generation: found 1, expected more than overseerr.migration.rolledBack (1)",
  );
  const earlier = new Set((await allocations()).map(({ ID }) => ID));
  const job = await tool("nomad", "job", "inspect", "overseerr");
  const started = job.replace(/"Stop": true/, '"Stop": false');
  await runTool("nomad", ["operator", "api", "-X", "POST", "/v1/jobs"], started);
  await until(60, async () => {
    const next = (await allocations()).find(({ ID }) => !earlier.has(ID));
    expect(await restoreLog(next?.ID ?? "none", "-stderr")).toContain(
      "✗ the move 1 was rolled-back",
    );
  });
  expect(await newOnes()).toBe(0);
  await tool("nomad", "job", "stop", "-detach", "-yes", "overseerr");
  // Somebody else's change of the job: Pulumi has to look at it before it changes it again.
  await (await moveStack({ rolledBack: 1, generation: 2 })).refresh();
});

test("another generation moves what was asked for since, and nothing of the other one's", async () => {
  await query("INSERT INTO media_request (status, type, mediaId) VALUES (1, 'tv', 8)");
  const done = await changes({ rolledBack: 1, generation: 2 });
  expect(done).toMatchObject({ create: steps.length, delete: steps.length });
  expect(await report()).toMatchObject({ generation: 2, requests: 10_002 });
  expect(await requests()).toBe("10002");
});

test("a rollback with the requests brings those made since back, too, and keeps the former database", async () => {
  await request();
  count = await requests();
  await replicated(count);
  const words = await rollback({ rolledBack: 1, generation: 2 }, "--with-requests");
  expect(words).toContain("it has the requests made on the new one since the move");
  expect(words).not.toContain("are not in the old one");
  expect(await newOnes()).toBe(0);
  expect(await oldOne()).toBe("true unless-stopped");
  expect(await query("SELECT count(*) FROM media_request")).toBe(count);
  const kept = "/app/config/db/before-rollback-g2/db.sqlite3";
  const former = ["sqlite3", kept, "SELECT count(*) FROM media_request"];
  expect(await onNode("docker", "exec", "overseerr", ...former)).toBe("10002");
  await expectNoTraces();
});

test("and the next generation moves all of them", async () => {
  await changes(last);
  expect(await report()).toMatchObject({ generation: 3, requests: Number(count) });
  expect(await requests()).toBe(count);
});

test("done, it leaves the program without touching data, job or source", async () => {
  const { ID } = await allocation();
  const done = await changes({ ...last, phase: "done" });
  expect(done).toMatchObject({ create: 1, delete: steps.length });
  expect(done).not.toHaveProperty("update");
  expect((await allocation()).ID).toBe(ID);
  expect(await oldOne()).toBe("false no");
});

test("what it speaks to is config: set through its API, the old addresses told, and then left alone", async () => {
  const over = { ...last, phase: "done" };
  const targets = {
    plex: "http://10.213.77.31:32400",
    sonarr: "http://sonarr.home:8080/series",
    radarr: "https://radarr.home",
  };
  expect(await changes(over, { targets })).not.toHaveProperty("update");
  const { integrations } = await (await moveStack(over, { targets })).outputs();
  expect(integrations?.value).toEqual({
    overseerr: {
      before: {
        plex: ["http://10.213.77.31:32400"],
        radarr: ["http://192.168.1.8:7878"],
        sonarr: ["http://192.168.1.8:8989"],
      },
      after: {
        plex: ["http://10.213.77.31:32400"],
        radarr: ["https://radarr.home:443"],
        sonarr: ["http://sonarr.home:8080/series"],
      },
    },
  });
  const [radarr] = (await overseerr("/api/v1/settings/radarr", apiKey)) as [object];
  expect(radarr).toMatchObject({
    ...{ hostname: "radarr.home", port: 443, useSsl: true, name: "Radarr" },
    apiKey: "canary-overseerr-radarr-key-71ab",
  });
  expect(Object.keys((await changes(over, { targets })) ?? {})).toEqual(["same"]);
});

test("the old data go a day after the move, on the day that the config names, and no sooner", async () => {
  const day = await onSource("date --utc --date='25 hours' +%F");
  const over = { ...last, phase: "done", removeOldData: day };
  await expect(changes(over)).rejects.toThrow(/was given up only 0 h ago, 24 h have to pass/);
  expect(await onSource(`ls ${data}/settings.json`)).toBe(`${data}/settings.json`);
  // The old host's clock, for who asks it by that name.
  const clock = "/usr/local/bin/date";
  const ahead = `case "$*" in *--date*) exec /usr/bin/date "$@";; esac; exec /usr/bin/date --date="25 hours" "$@"`;
  await onSource(`printf '%s\n' '#!/bin/sh' '${ahead}' >${clock}; chmod +x ${clock}`);
  try {
    expect(await changes(over)).toMatchObject({ create: 1 });
    expect(Object.keys((await changes(over)) ?? {})).toEqual(["same"]);
  } finally {
    await onSource(`rm ${clock}`);
  }
  expect(await onNode("docker", "ps", "--all", "--quiet", "--filter", "name=^overseerr$")).toBe("");
  expect(await onSource(`ls -A ${data}`)).toBe("");
  const archive = "overseerr-g3.tar.zst";
  const check = `cd ${backups} && sha256sum --check ${archive}.sha256`;
  expect(await onSource(check)).toBe(`${archive}: OK`);
  expect(await requests()).toBe(count);
});

test("a destroyed stack deletes neither settings nor replica, nor the archive", async () => {
  await (await moveStack({ ...last, phase: "done" })).destroy();
  expect(await onSource(`ls ${volume}/settings.json`)).toBe(`${volume}/settings.json`);
  const { LAB_STORE_BUCKET = "" } = labEnvironment();
  expect(await tool("mc", "ls", "--recursive", `LAB/${LAB_STORE_BUCKET}/db`)).not.toBe("");
  const archive = `${backups}/overseerr-g3.tar.zst`;
  expect(await onSource(`ls ${archive}`)).toBe(archive);
});
