/** A stack of little more than Plex, onto which the old server of the lab is moved. */
import * as path from "node:path";
import type * as automation from "@pulumi/pulumi/automation";
import { overlay, productStack } from "../../../lab/engine";
import { mergePatch } from "../../../ops/stack-file";
import { command, loginsOf, startUpOf, type Migration, type RunningUp } from "../moving";
import { kube, tool } from "../tools";

/** Stack and namespace. */
export const name = "move";
export const home = "/var/lib/plexmediaserver/Library/Application Support/Plex Media Server";
export const backups = "/var/backups/media-homelab";
export const steps = [
  ...["check", "pre-copy", "stop", "archive", "transfer", "verify", "promote", "release"],
  ...["cut-over", "report"],
];

const off = { enabled: false, keepState: false };
const apps = ["sonarr", "radarr", "prowlarr", "profilarr", "pulsarr", "decypharr"];

/** What this stack changes of the lab's own. */
export function overrides(migration: Migration = {}): Record<string, unknown> {
  return [
    overlay("homelab-move"),
    {
      "media-homelab:namespace": { name },
      "media-homelab:ingress": { domain: name },
      "media-homelab:apps": Object.fromEntries(apps.map((app) => [app, off])),
      "media-homelab:transcoding": { mode: "none", address: null },
      "media-homelab:gpu": null,
      "media-homelab:plex": { migration },
    },
  ].reduce(mergePatch);
}

export function moveStack(migration: Migration = {}): Promise<automation.Stack> {
  return productStack("homelab", overrides(migration), name);
}

export function startUp(migration: Migration = {}): RunningUp {
  return startUpOf(__filename, migration);
}

/** `npm run lab -- plex-vm …` */
export function plexVm(...args: string[]): Promise<string> {
  return tool("bash", path.join(__dirname, "../../../lab/lab.sh"), "plex-vm", ...args);
}

/** Output of a script on the old server's host, as root. */
export function onSource(script: string): Promise<string> {
  return plexVm("exec", "bash", "-c", script);
}

/** A query of a database, by Plex's own SQLite on the old host. */
export function query(file: string, sql: string): Promise<string> {
  return plexVm("exec", "/usr/lib/plexmediaserver/Plex SQLite", file, sql);
}

/** Every file of the old library but what the server itself writes while it runs, with its digest. */
export async function sourceManifest(): Promise<string[]> {
  const all = await plexVm("manifest");
  return all.split("\n").filter((line) => !/Databases|plexmediaserver\.pid|\/Logs\//.test(line));
}

/** Logins that the old host's SSH server has seen. */
export const logins = () => loginsOf("plex-vm-sshd");

/** Output of a script in the new server's pod. */
export function onTarget(script: string): Promise<string> {
  return tool(
    ...["kubectl", "exec", `--namespace=${name}`, "statefulset/plex", "--container=plex"],
    ...["--", "bash", "-c", script],
  );
}

export async function serverPods(): Promise<string[]> {
  const { items } = await kube<{ items: { metadata: { uid: string } }[] }>(
    ...["get", "pods", `--namespace=${name}`, "--selector=app.kubernetes.io/name=plex"],
  );
  return items.map(({ metadata }) => metadata.uid);
}

/** What only a move needs is gone from both sides. */
export async function expectNoTraces(): Promise<void> {
  const left = ["get", "pods,networkpolicies", `--namespace=${name}`, "--output=name"];
  expect(await tool("kubectl", ...left, "--selector=app.kubernetes.io/name=plex-importer")).toBe(
    "",
  );
  expect(await onSource("grep -c media-homelab /home/alex/.ssh/authorized_keys || true")).toBe("0");
}

/** As if nobody had ever been here: no stack, no namespace, no claim, and another old server. */
export async function startOver(profile = "small"): Promise<void> {
  const stack = await moveStack();
  await stack.cancel().catch(() => undefined);
  await stack.workspace.removeStack(name, { force: true });
  await tool("kubectl", "delete", "namespace", name, "--ignore-not-found", "--wait");
  const volumes = (await tool("kubectl", "get", "pv", "--output=name")).split("\n");
  const ours = volumes.filter((volume) => volume.includes(`/${name}-`));
  if (ours.length > 0) await tool("kubectl", "delete", ...ours);
  await plexVm("reset", profile);
}

/** Takes the move back, as people do. */
export async function rollback(): Promise<string> {
  // An earlier test may have left another config there.
  await moveStack();
  return command(name, "rollback", name, "plex", "--yes");
}

/** What is typed after an `up` that was killed. */
export async function recover(): Promise<string> {
  await (await moveStack()).cancel();
  return command(name, "recover", name);
}
