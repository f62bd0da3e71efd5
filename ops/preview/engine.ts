/**
 * Plans with Pulumi's real engine, on an empty state in a folder that is thrown away. Nothing is reached: plugins are
 * not downloaded, the kubeconfig points nowhere, and whatever would go out ends at a proxy that is not there.
 */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type * as automation from "@pulumi/pulumi/automation";
import { inlineStack } from "../inline";
import { mergePatch } from "../stack-file";
import { plannedFromStates, type Planned } from "./planned";

/** A place at which nothing listens. */
const nowhere = "127.0.0.1:1";

/** Exactly the variables that a plan is made with; `folder` is its own, and is thrown away by the caller. */
export function surroundings(folder: string, given: NodeJS.ProcessEnv): Record<string, string> {
  const home = path.join(folder, "pulumi-home");
  const state = path.join(folder, "state");
  for (const each of [home, state]) fs.mkdirSync(each, { recursive: true });
  // The plugins that are installed, but none of the logins.
  const installed = path.join(
    given.PULUMI_HOME ?? path.join(given.HOME ?? "/", ".pulumi"),
    "plugins",
  );
  if (fs.existsSync(installed)) fs.symlinkSync(installed, path.join(home, "plugins"));
  const kept = Object.entries(given).filter(([name]) =>
    /^(PATH|HOME|TMPDIR|LANG|SOPS_AGE_.*|XDG_CONFIG_HOME)$/.test(name),
  );
  const proxies = ["HTTP_PROXY", "HTTPS_PROXY"].flatMap((name) => [name, name.toLowerCase()]);
  const direct = ["NO_PROXY", "no_proxy"];
  return {
    ...(Object.fromEntries(kept) as Record<string, string>),
    ...Object.fromEntries(proxies.map((name) => [name, `http://${nowhere}`])),
    // The engine, its plugins and this program talk to each other on this machine.
    ...Object.fromEntries(direct.map((name) => [name, "127.0.0.1,localhost,::1"])),
    PULUMI_HOME: home,
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE: "thrown away with the state",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
}

/** The engine that is at hand, or why there is none. */
export type Engine = { readonly version: string } | { readonly missing: string };

/** Looks for Pulumi's CLI and for the plugins of these packages on the PATH and where Pulumi keeps them. */
export function findEngine(packages: readonly string[]): Engine {
  const version = say("version");
  if (version === undefined) return { missing: "pulumi is not on the PATH" };
  const kept = JSON.parse(say("plugin", "ls", "--json") ?? "[]") as {
    readonly name: string;
    readonly version?: string;
  }[];
  const missing = packages
    .map((name) => ({ name, version: pluginVersion(name) }))
    .filter(
      ({ name, version }) => !isOnPath(`pulumi-resource-${name}`) && !has(kept, name, version),
    )
    .map(({ name, version }) => `${name} ${version}`);
  return missing.length > 0
    ? { missing: `pulumi is there, but not its plugin ${missing.join(", ")}: pulumi install` }
    : { version };
}

function has(
  kept: readonly { readonly name: string; readonly version?: string }[],
  name: string,
  version: string,
): boolean {
  return kept.some((plugin) => plugin.name === name && plugin.version === version);
}

/** What `pulumi …` prints; undefined if it is not installed or fails. */
function say(...args: string[]): string | undefined {
  try {
    return execFileSync("pulumi", args, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return undefined;
  }
}

function isOnPath(program: string): boolean {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  return folders.some((folder) => fs.existsSync(path.join(folder, program)));
}

/** The plugin's version that goes with the installed package. */
function pluginVersion(name: string): string {
  const file = path.join(__dirname, "..", "..", "node_modules", "@pulumi", name, "package.json");
  return (JSON.parse(fs.readFileSync(file, "utf8")) as { version: string }).version;
}

export interface EnginePlan {
  readonly resources: Planned;
  /** All that the engine has said, resources and messages, for whoever looks for secrets in it. */
  readonly events: readonly automation.EngineEvent[];
}

/** Previews the program in this very process; throws what the engine says if it fails. */
export async function enginePlan(
  program: automation.PulumiFn,
  where: {
    readonly project: string;
    readonly stack: string;
    readonly values: Readonly<Record<string, unknown>>;
    readonly folder: string;
  },
): Promise<EnginePlan> {
  const { project, stack, folder } = where;
  const config = away(where.values, project, folder);
  const workDir = path.join(folder, "work", stack);
  fs.mkdirSync(workDir, { recursive: true });
  const made = await inlineStack(
    { stackName: stack, projectName: project, program },
    {
      workDir,
      projectSettings: { name: project, runtime: "nodejs" },
      stackSettings: { [stack]: { config } },
    },
  );
  const events: automation.EngineEvent[] = [];
  try {
    await made.preview({ color: "never", onEvent: (event) => events.push(event) });
  } catch (error) {
    const said = errorsIn(events);
    throw said.length > 0 ? new pulumi.RunError(said.join("\n")) : error;
  }
  const states = events.flatMap(({ resourcePreEvent }) => resourcePreEvent?.metadata.new ?? []);
  return { resources: plannedFromStates(states), events };
}

/** The engine's own errors; what the CLI prints around them is long and repeats them. */
function errorsIn(events: readonly automation.EngineEvent[]): string[] {
  const said = events
    .flatMap(({ diagnosticEvent }) => diagnosticEvent ?? [])
    .filter(({ severity }) => severity === "error")
    .map(({ message, urn }) => {
      const name = urn?.split("::").at(-1);
      return `${name === undefined ? "" : `${name}: `}${shortened(message.trim())}`;
    });
  return [...new Set(said)];
}

/** A provider may quote a whole job; what is wrong with it stands at the end. */
function shortened(message: string): string {
  const [start, end] = [300, 1200];
  if (message.length <= start + end) return message;
  return `${message.slice(0, start)}\n…\n${message.slice(-end)}`;
}

/** Config for a cluster that is not there: whatever kubeconfig is named, it is the one that points nowhere. */
function away(
  values: Readonly<Record<string, unknown>>,
  project: string,
  folder: string,
): Record<string, unknown> {
  const key = `${project}:kubernetes`;
  const kubernetes = (values[key] ?? {}) as { context?: string; kubeconfig?: string };
  const kubeconfig = path.join(folder, "kubeconfig");
  writeKubeconfig(kubeconfig, kubernetes.context ?? "default");
  // Only now: the provider takes it for an input, and a recording is to be the same wherever it is made.
  process.env.KUBECONFIG = kubeconfig;
  return kubernetes.kubeconfig === undefined
    ? { ...values }
    : mergePatch(values, { [key]: { kubeconfig } });
}

function writeKubeconfig(file: string, context: string): void {
  const text = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: context, cluster: { server: `https://${nowhere}` } }],
    users: [{ name: context, user: { token: "nobody" } }],
    contexts: [{ name: context, context: { cluster: context, user: context } }],
    "current-context": context,
  };
  // kubeconfigs are YAML, of which JSON is a part.
  fs.writeFileSync(file, JSON.stringify(text));
}
