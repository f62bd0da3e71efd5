/** What `doctor` and `verify` have in common: their options, and what becomes of the results. */
import { parseArgs } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../../config/schema";
import { projectName, stackFileValues } from "../stack-file";
import { stopAsking } from "./ask";
import { areas, runChecks, selectChecks, type Check, type Result } from "./check";
import { drillCommand } from "./drill/command";
import { liveWorld } from "./live-world";
import { exitCode, json, markdown, shownResults, text } from "./report";
import { typed } from "./stack";
import { keepVerification, verificationOf } from "./verification";
import type { World } from "./world";

export type Platform = StackConfig["platform"];

export interface Asked {
  readonly platform: Platform | undefined;
  readonly only: string | undefined;
  readonly active: boolean;
}

/** Runs the checks that `choose` gives for the stack of the command line; its exit status is how many failed. */
export async function checkCommand(
  name: "doctor" | "verify",
  choose: (asked: Asked) => readonly Check[],
): Promise<number> {
  const isVerify = name === "verify";
  const usage = `npm run ${name} -- <stack> [--only <area>]${isVerify ? " [--active]" : ""} [--json | --markdown]${isVerify ? drillUsage : ""}`;
  const { values, positionals } = options(usage, isVerify);
  const [stack, ...more] = positionals;
  const { only, drill, node, yes = false } = values;
  const isWhole = only === undefined && !values.active;
  if (
    !stack ||
    more.length > 0 ||
    (values.json && values.markdown) ||
    (drill ? !isWhole : node !== undefined || yes)
  )
    throw new pulumi.RunError(`usage: ${usage}`);
  const platform = platformOf(stack);
  const checks = choose({ platform, only, active: values.active ?? false });
  if (only !== undefined && !areas(checks).includes(only))
    throw new pulumi.RunError(`no area ${only}; there are ${areas(checks).join(", ")}`);

  const world = liveWorld(stack, process.cwd());
  try {
    const all = drill
      ? await drillCommand({ platform, node, yes }, world, checks)
      : await runChecks(selectChecks(checks, only), world);
    // Of one area it says nothing of the whole.
    if (isVerify && only === undefined && !drill) await keep(all, values.active ?? false, world);
    const results = await asTyped(shownResults(all, only), world);
    if (values.json) process.stdout.write(json(stack, results));
    else if (values.markdown) process.stdout.write(markdown(stack, results));
    else process.stdout.write(text(results, { colour: isColourful() }));
    return exitCode(results);
  } finally {
    stopAsking();
  }
}

/** Leaves a record for `status`; not of a stack that there is no config of. */
async function keep(results: readonly Result[], active: boolean, world: World): Promise<void> {
  try {
    await world.config();
  } catch {
    return;
  }
  try {
    keepVerification(world.stack, verificationOf(results, { at: new Date(), active }));
  } catch (error) {
    // What it has found is told all the same.
    console.error(`this verification is not recorded: ${String(error)}`);
  }
}

function options(usage: string, isVerify: boolean) {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        only: { type: "string" },
        json: { type: "boolean", default: false },
        markdown: { type: "boolean", default: false },
        ...(isVerify && {
          active: { type: "boolean", default: false },
          drill: { type: "boolean", default: false },
          node: { type: "string" },
          yes: { type: "boolean", default: false },
        }),
      },
    }) as { values: Values; positionals: string[] };
  } catch (error) {
    const what = error instanceof Error ? `${error.message}\n` : "";
    throw new pulumi.RunError(`${what}usage: ${usage}`);
  }
}

interface Values {
  readonly only?: string;
  readonly json: boolean;
  readonly markdown: boolean;
  readonly active?: boolean;
  readonly drill?: boolean;
  readonly node?: string;
  readonly yes?: boolean;
}

/** A drill is of the whole stack, and asks before it begins. */
const drillUsage =
  "\n       npm run verify -- <stack> --drill [--node <name>] [--yes] [--json | --markdown]";

/** https://no-color.org */
export function isColourful(): boolean {
  return process.stdout.isTTY && !process.env.NO_COLOR;
}

/** The platform that a stack's file names, however much else is wrong in it. */
export function platformOf(stack: string): Platform | undefined {
  const file = `${process.cwd()}/Pulumi.${stack}.yaml`;
  try {
    const platform = stackFileValues(file)[`${projectName()}:platform`];
    return platform === "k3s" || platform === "nomad" ? platform : undefined;
  } catch {
    return undefined; // What is wrong with the file is said by config/valid.
  }
}

/** With the commands as they have to be typed for this stack. */
async function asTyped(results: readonly Result[], world: World): Promise<Result[]> {
  const config = await world.config().catch(() => undefined);
  return results.map(({ check, findings, ...rest }) => ({
    ...rest,
    check: { id: check.id, meaning: check.meaning, look: typed(check.look, world.stack, config) },
    findings: findings.map((finding) => ({
      ...finding,
      fix: typed(finding.fix, world.stack, config),
    })),
  }));
}
