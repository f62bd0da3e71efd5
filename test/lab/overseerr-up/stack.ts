/** The Nomad stack, onto which the old Overseerr of the lab is moved. */
import * as path from "node:path";
import type * as automation from "@pulumi/pulumi/automation";
import { labEnvironment, overlay, productStack } from "../../../lab/engine";
import { mergePatch } from "../../../ops/stack-file";
import { command, loginsOf, startUpOf, type Migration, type RunningUp } from "../moving";
import { onNode, runTool, tool, until } from "../tools";

export const name = "overseerr-move";
export const data = "/srv/overseerr";
export const volume = "/var/lib/volumes/overseerr-config";
export const backups = "/var/backups/media-homelab";
export const steps = [
  ...["check", "stop", "archive", "seed", "drill", "settings", "release", "cut-over", "report"],
];
/** Of the old one, in its settings. */
export const apiKey = "canary-overseerr-api-key-9b1c";

/** What this stack changes of the lab's own. No cluster has to be up for it. */
export function overrides(
  migration: Migration = {},
  rest: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return [{ targets: null }, { migration, ...rest }]
    .map((overseerr) => ({ "media-homelab:overseerr": overseerr }))
    .reduce<Record<string, unknown>>(mergePatch, overlay("nomad-move"));
}

/** With what else the config says of Overseerr. */
export function moveStack(
  migration: Migration = {},
  rest: Readonly<Record<string, unknown>> = {},
): Promise<automation.Stack> {
  return productStack("nomad", overrides(migration, rest), name);
}

export function startUp(migration: Migration = {}): RunningUp {
  return startUpOf(__filename, migration);
}

/** `npm run lab -- overseerr-host …` */
export function overseerrHost(...args: string[]): Promise<string> {
  return tool("bash", path.join(__dirname, "../../../lab/lab.sh"), "overseerr-host", ...args);
}

/** Output of a script on the old one's host, as root. */
export function onSource(script: string): Promise<string> {
  return onNode("bash", "-c", script);
}

/** Whether the old one serves, and what Docker does when it ends. */
export function oldOne(): Promise<string> {
  const format = "{{.State.Running}} {{.HostConfig.RestartPolicy.Name}}";
  return onNode("docker", "inspect", `--format=${format}`, "overseerr");
}

/** Containers of the new one that serve. */
export async function newOnes(): Promise<number> {
  const found = await onNode("docker", "ps", "--quiet", "--filter", "name=^overseerr-");
  return found === "" ? 0 : found.split("\n").length;
}

/** A statement in the old one's database, while that has it open. */
export function query(statement: string): Promise<string> {
  return onNode("docker", "exec", "overseerr", "sqlite3", "/app/config/db/db.sqlite3", statement);
}

/** Every file of the old one with its digest, but the index of the WAL, which whoever opens the database makes anew. */
export async function sourceManifest(): Promise<string[]> {
  const all = (await overseerrHost("manifest")).split("\n");
  // A folder's time is that of the index.
  return all.filter((line) => !/^db(\/db\.sqlite3-shm)?\t/.test(line));
}

/** Logins that the old host's SSH server has seen. */
export const logins = () => loginsOf("sshd");

/** Rather than wait until it is noticed that a run is gone, its lock goes, too; with `fire` so does the switch. */
export async function hurry(fire: boolean): Promise<void> {
  const work = "cd /run/media-homelab/overseerr 2>/dev/null || exit 0; rm -f lock";
  await onSource(fire ? `${work}; test ! -e epoch || echo 0 >renewed` : work);
}

/** What only a move needs is gone. */
export async function expectNoTraces(): Promise<void> {
  expect(await onSource(`ls -A ${backups}`)).not.toMatch(/copy|check\.|partial/);
  expect(await onSource("ls /run/media-homelab/overseerr")).toMatch(/^(\w+\.guard\s*)+$/);
  expect(await onSource("pgrep -f 'overseerr/[s]witch.sh' || true")).toBe("");
}

/** As if nobody had ever been here: no stack, no job, no replica, an empty volume, and another old Overseerr. */
export async function startOver(requests = 10_000): Promise<void> {
  const { LAB_STORE_BUCKET = "" } = labEnvironment();
  const stack = await moveStack();
  await stack.cancel().catch(() => undefined);
  await stack.workspace.removeStack(name, { force: true });
  await runTool("nomad", ["job", "stop", "-purge", "-yes", "overseerr"]).catch(() => undefined);
  await until(60, async () => {
    const tasks = ["--filter", "name=^overseerr-", "--filter", "name=^litestream-"];
    const left = await onNode("docker", "ps", "--quiet", ...tasks);
    if (left) throw new Error(`still there: ${left}`);
  });
  await onNode("find", volume, "-mindepth", "1", "-delete");
  await tool("mc", "rm", "--recursive", "--force", "--quiet", `LAB/${LAB_STORE_BUCKET}`);
  await overseerrHost("reset", requests.toString());
}

/** Takes the move back, as people do. */
export async function rollback(migration: Migration = {}, ...options: string[]): Promise<string> {
  // An earlier test may have left another config there.
  await moveStack(migration);
  return command(name, "rollback", name, "overseerr", "--yes", ...options);
}

/** What is typed after an `up` that was killed. */
export async function recover(): Promise<string> {
  await (await moveStack()).cancel();
  return command(name, "recover", name);
}
