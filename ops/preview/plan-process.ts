/**
 * Plans one stack of one checkout in a process of its own: `plan-process.ts <checkout> <stack> <folder>`, with the
 * variables of `surroundings`. Writes `<folder>/plan.json`. No secret leaves this process, found in clear or not.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { generatedSecret, record, type Recording } from "../recorder";
import { engineConfig, projectName, stackFileValues } from "../stack-file";
import { enginePlan, findEngine } from "./engine";
import { leaks, markedSecrets, scrubbed, type Secret } from "./leaks";
import { completed, plannedFromRecording, type Planned } from "./planned";

/** What is known of a stack without touching anything. */
export interface StackPlan {
  readonly recorded: Planned;
  /** Where there is an engine. */
  readonly engine?: Planned;
  /** Its version, or why there is none. */
  readonly evidence: { readonly version: string } | { readonly missing: string };
  readonly secrets: "none" | "placeholders" | "decrypted";
  /** Secrets that stand in clear, a sentence each. */
  readonly leaks: readonly string[];
}

/** A plan, or the sentences that say why there is none. */
export type Outcome = { readonly plan: StackPlan } | { readonly fault: string };

/** The part of a checkout's code that is used here; one of old may lack the secrets' list. */
interface Checkout {
  readonly program: () => Promise<Record<string, unknown>>;
  readonly given: ReadonlyMap<string, string>;
  readonly placeholderFor: (name: string) => string;
}

async function load(folder: string): Promise<Checkout> {
  const { program } = (await import(path.join(folder, "index"))) as Pick<Checkout, "program">;
  const secrets = (await import(path.join(folder, "config", "secrets"))) as {
    readonly givenSecrets?: ReadonlyMap<string, string>;
    readonly placeholderFor?: (name: string) => string;
  };
  const { givenSecrets = new Map<string, string>(), placeholderFor = String } = secrets;
  return { program, given: givenSecrets, placeholderFor };
}

/** Secrets of this process, gathered as they come up. */
const secrets: Secret[] = [{ name: "a generated secret", value: generatedSecret }];

async function plan(folder: string, stack: string, scratch: string): Promise<StackPlan> {
  const checkout = await load(folder);
  const project = projectName(folder);
  const values = stackFileValues(path.join(folder, `Pulumi.${stack}.yaml`));
  const recording = await record(checkout.program, {
    project,
    stack,
    config: engineConfig(values),
    onSecret: (value, place) => secrets.push(...markedSecrets(value, place)),
  });
  for (const [name, value] of checkout.given) secrets.push({ name: `the secret ${name}`, value });
  const recorded = plannedFromRecording(recording.resources, project, stack);
  const evidence = findEngine(packagesOf(recorded));
  const seen = [...recorded.map(shown), { place: "outputs", value: recording.outputs }];
  const common = { recorded, evidence, secrets: kindOfSecrets(checkout) };
  if ("missing" in evidence) return { ...common, leaks: leaks(seen, secrets) };

  const where = { project, stack, values, folder: scratch };
  const { resources, events } = await enginePlan(checkout.program, where);
  // What is only for debugging is shown to nobody.
  const printed = events.filter(({ diagnosticEvent }) => !isForDebugging(diagnosticEvent));
  const said = printed.map((value) => ({ place: "what the engine prints", value }));
  return {
    ...common,
    engine: completed(resources, recorded),
    leaks: leaks([...seen, ...resources.map(shown), ...said], secrets),
  };
}

function isForDebugging(event: { readonly severity: string } | undefined): boolean {
  return event?.severity === "debug";
}

function shown(resource: Planned[number]) {
  const { type, name, inputs, options } = resource;
  return { place: `${type}::${name}`, value: { name, inputs, options } };
}

/** The packages whose plugins the engine needs. */
function packagesOf(resources: Recording["resources"] | Planned): string[] {
  const names = resources
    .filter(({ custom }) => custom)
    .map(({ type }) => type.replace(/^pulumi:providers:/, "").split(":")[0] ?? "");
  return [...new Set(names)].sort();
}

function kindOfSecrets({ given, placeholderFor }: Checkout): StackPlan["secrets"] {
  if (given.size === 0) return "none";
  const stands = [...given].every(([name, value]) => value === placeholderFor(name));
  return stands ? "placeholders" : "decrypted";
}

async function main(): Promise<void> {
  const [folder = "", stack = "", scratch = ""] = process.argv.slice(2);
  const finish = (outcome: Outcome) => {
    const text = JSON.stringify(outcome, (_, value: unknown) =>
      typeof value === "string" ? scrubbed(value, secrets) : value,
    );
    fs.writeFileSync(path.join(scratch, "plan.json"), text);
    process.exit();
  };
  const fail = (error: unknown) => {
    finish({ fault: sentence(error).replaceAll(`${folder}/`, "") });
  };
  // What a resource throws while it is registered reaches nobody who waits.
  process.on("uncaughtException", fail).on("unhandledRejection", fail);
  await plan(folder, stack, scratch).then((result) => {
    finish({ plan: result });
  }, fail);
}

/** A fault of the user's is a sentence; anything else is the program's and shows where. */
function sentence(error: unknown): string {
  if (pulumi.RunError.isInstance(error)) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

if (require.main === module) void main();
