/** The move of a library of 12,000 files on the real engine, from the host plex-vm into the cluster, and back. */
import * as fs from "node:fs";
import * as path from "node:path";
import type * as automation from "@pulumi/pulumi/automation";
import { labEnvironment } from "../../../lab/engine";
import type { MoveReport } from "../../../migrations/report";
import { folderOf, type Migration } from "../moving";
import { kube, tool, until } from "../tools";
import {
  backups,
  expectNoTraces,
  home,
  logins,
  moveStack,
  name,
  onSource,
  onTarget,
  query,
  rollback,
  serverPods,
  sourceManifest,
  startOver,
  startUp,
  steps,
} from "./stack";

const token = "canary-plex-online-token-9b21";
const database = `${home}/Plug-in Support/Databases/com.plexapp.plugins.library.db`;
const counted = ["accounts", "metadata_item_settings", "metadata_item_views", "metadata_items"];

let before: string[];
let counts: Record<string, number>;
let said = "";

async function up(migration: Migration = {}): Promise<automation.UpResult> {
  const stack = await moveStack(migration);
  return stack.up({ onOutput: (text) => (said += text) });
}

async function changes(migration: Migration = {}): Promise<automation.OpMap | undefined> {
  return (await up(migration)).summary.resourceChanges;
}

async function report(): Promise<MoveReport> {
  const { migrations } = await (await moveStack()).outputs();
  return (migrations?.value as { plex: MoveReport }).plex;
}

/** Answer of the new server's API. */
const api = (url: string) =>
  onTarget(`curl --fail --silent --header 'X-Plex-Token: ${token}' 'http://127.0.0.1:32400${url}'`);

async function countOf(table: string): Promise<number> {
  return Number(await query(database, `SELECT COUNT(*) FROM ${table}`));
}

beforeAll(async () => {
  await startOver();
  before = await sourceManifest();
  counts = Object.fromEntries(
    await Promise.all(counted.map(async (table) => [table, await countOf(table)] as const)),
  );
});

afterAll(async () => {
  await startOver();
});

test("a preview touches neither host nor cluster", async () => {
  const logged = logins();
  await (await moveStack()).preview();
  expect(logins()).toBe(logged);
  expect(await tool("kubectl", "get", "namespace", name, "--ignore-not-found")).toBe("");
  expect(await onSource("systemctl is-active plexmediaserver")).toBe("active");
});

test("an up moves the library, each step a resource of its own", async () => {
  expect((await changes())?.create).toBeGreaterThan(steps.length);
  const exported = (await (await moveStack()).exportStack()) as {
    deployment: { resources: { urn: string; type: string; dependencies?: string[] }[] };
  };
  const { resources } = exported.deployment;
  const dependenciesOf = (step: string) => {
    const found = resources.find(({ urn }) => urn.endsWith(`::plex-g1-${step}`));
    return (found?.dependencies ?? []).map((urn) => urn.split("::").at(-1));
  };
  // As the engine has recorded it, not as the program has asked for it.
  for (const [index, step] of steps.slice(1, -1).entries())
    expect(dependenciesOf(step)).toContain(`plex-g1-${steps[index] ?? ""}`);
  const server = resources.find(({ type }) => type === "kubernetes:apps/v1:StatefulSet");
  expect(server?.dependencies?.map((urn) => urn.split("::").at(-1))).toContain("plex-g1-release");
});

test("the new server is the old one: identity, account, sections, items, watched marks, playlists", async () => {
  const { after, identity, version } = await report();
  const preferences = await onSource(`cat '${home}/Preferences.xml'`);
  expect(preferences).toContain(`ProcessedMachineIdentifier="${identity}"`);
  expect(await api("/identity")).toContain(`claimed="1"`);
  expect(await api("/identity")).toContain(`machineIdentifier="${identity}" version="${version}"`);
  expect(after).toMatchObject(counts);
  const sections = await api("/library/sections");
  expect([...sections.matchAll(/path="([^"]+)"/g)].map(([, folder]) => folder).sort()).toEqual([
    "/media/library/movies",
    "/media/library/music",
    "/media/library/tv",
    "/media/optimized",
  ]);
  expect(await api("/library/sections/1/all?type=1&X-Plex-Container-Size=0")).toContain(
    `totalSize="${String(after["section 1"])}"`,
  );
  expect(await api("/:/prefs")).toContain('id="autoEmptyTrash" value="0"');
});

test("odd names have arrived byte by byte", async () => {
  const names = (where: string) =>
    `cd '${where}' && find Metadata Media -print0 | LC_ALL=C sort -z | sha256sum`;
  const target = home.replace("/var/lib/plexmediaserver", "/config");
  expect(await onTarget(names(target))).toBe(await onSource(names(home)));
});

test("the source is what it was, but stopped, masked, and with a backup that proves itself", async () => {
  expect(await sourceManifest()).toEqual(before);
  expect(await onSource(`ls '${path.dirname(database)}'`)).not.toMatch(/-(wal|shm|journal)$/m);
  expect(await onSource("systemctl is-active plexmediaserver || true")).toBe("inactive");
  expect(await onSource("systemctl show plexmediaserver --property=LoadState --value")).toBe(
    "masked",
  );
  expect(await onSource(`cd ${backups} && sha256sum --check plex-g1.tar.zst.sha256`)).toBe(
    "plex-g1.tar.zst: OK",
  );
  expect(await onSource(`stat -c %a ${backups}/plex-g1.tar.zst`)).toBe("600");
});

test("nothing of the move is left: no importer, no key, no staging, no switch", async () => {
  await expectNoTraces();
  expect((await onTarget("ls /config/.migration")).split("\n").sort()).toEqual([
    ...["arrived", "attempted", "caught-up", "compared", "in-place", "transferred", "verified"],
  ]);
  expect(await onSource("ls /run/media-homelab/plex")).toBe("lock.guard");
  expect(await onSource("pgrep -f '[s]witch.sh' || true")).toBe("");
});

test("no secret is in the state, or in what was said", async () => {
  const key = fs.readFileSync(labEnvironment().LAB_SSH_KEY ?? "", "utf8").split("\n")[1] ?? "";
  const state = JSON.stringify(await (await moveStack()).exportStack());
  for (const secret of [token, key]) {
    expect(secret.length).toBeGreaterThan(20);
    expect(state + said).not.toContain(secret);
  }
});

test("the report says what was moved, in the outputs and in a file", async () => {
  const { archive, before: counted, downtime, missed, seconds } = await report();
  expect(Object.keys(seconds).sort()).toEqual(steps.slice(0, -1).sort());
  expect(downtime).toBeGreaterThan(0);
  expect(missed).toEqual([]);
  expect(await onSource(`cat ${backups}/plex-g1.tar.zst.sha256`)).toContain(archive);
  const file = path.join(folderOf(name), "reports", `${name}-plex-g1.md`);
  const text = fs.readFileSync(file, "utf8");
  expect(text).toContain(`| metadata_item_views | ${String(counted.metadata_item_views)} |`);
  expect(text).toContain(archive);
});

test("the second up is empty and asks nobody", async () => {
  const logged = logins();
  expect(Object.keys((await changes()) ?? {})).toEqual(["same"]);
  expect(logins()).toBe(logged);
});

test("another key file, address or patience runs nothing again", async () => {
  const logged = logins();
  const source = { host: "192.0.2.1", identityFile: "/nowhere" };
  const done = await changes({ switchMinutes: 30, maxHours: 9, source });
  expect(Object.keys(done ?? {})).toEqual(["same"]);
  expect(logins()).toBe(logged);
});

test("a rollback stops the new server and starts the old one; said twice, it does nothing", async () => {
  expect(await rollback()).toContain("the old server on 10.213.77.31 is active");
  expect(await serverPods()).toEqual([]);
  expect(await onSource("systemctl is-active plexmediaserver")).toBe("active");
  expect(await onSource("systemctl is-enabled plexmediaserver")).toBe("enabled");
  expect(await sourceManifest()).toEqual(before);
  await expectNoTraces();
  expect(await rollback()).toContain("nothing to roll back");
});

test("an up right after it refuses, and so does the new server, whatever is typed", async () => {
  const refused = startUp({ rolledBack: 1 });
  expect(await refused.ended).toBe(1);
  expect(refused.said()).toContain(
    "plex.migration.generation: found 1, expected more than plex.migration.rolledBack (1)",
  );
  const scale = ["kubectl", "scale", "statefulset/plex", `--namespace=${name}`] as const;
  await tool(...scale, "--replicas=1");
  await until(60, async () => {
    const logs = ["logs", "statefulset/plex", `--namespace=${name}`, "--container=may-start"];
    expect(await tool("kubectl", ...logs)).toContain(
      "generation 1 of the migration was rolled back",
    );
  });
  const { items } = await kube<{ items: { status: { phase: string } }[] }>(
    ...["get", "pods", `--namespace=${name}`, "--selector=app.kubernetes.io/name=plex"],
  );
  expect(items.map(({ status }) => status.phase)).toEqual(["Pending"]);
  await tool(...scale, "--replicas=0");
  await until(60, async () => {
    expect(await serverPods()).toEqual([]);
  });
});

test("another generation moves what has been watched since", async () => {
  await query(
    database,
    "INSERT INTO metadata_item_views (account_id, guid, metadata_type, library_section_id, title, viewed_at) VALUES (1, 'x', 1, 1, 'since', 1)",
  );
  const done = await changes({ rolledBack: 1, generation: 2 });
  expect(done).toMatchObject({ create: steps.length, delete: steps.length });
  const { after, generation } = await report();
  expect(generation).toBe(2);
  expect(after.metadata_item_views).toBe((counts.metadata_item_views ?? 0) + 1);
  expect(await onTarget("ls /config/.migration")).not.toMatch(/outdated|library/);
});

test("done, it leaves the program without touching data, server or source", async () => {
  const pods = await serverPods();
  const done = await changes({ rolledBack: 1, generation: 2, phase: "done" });
  expect(done).toMatchObject({ create: 1, delete: steps.length });
  expect(done).not.toHaveProperty("update");
  expect(await serverPods()).toEqual(pods);
  expect(await onSource("systemctl is-active plexmediaserver || true")).toBe("inactive");
});

test("a destroyed stack starts no old server and deletes no library", async () => {
  await (await moveStack({ generation: 2, phase: "done" })).destroy();
  expect(await onSource("systemctl is-active plexmediaserver || true")).toBe("inactive");
  const claim = ["pvc", "config-plex", `--namespace=${name}`, "--output=jsonpath={.status.phase}"];
  expect(await tool("kubectl", "get", ...claim)).toBe("Bound");
});
