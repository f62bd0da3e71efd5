/** Pulumi's real engine on the lab: the same inline program for people, tests and benchmarks. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type * as automation from "@pulumi/pulumi/automation";
import { parse } from "yaml";
import { program } from "../index";
import { inlineStack } from "../ops/inline";
import { mergePatch, projectName, stackFileValues } from "../ops/stack-file";

/** Stacks of the project that the lab runs. */
export const stackNames = ["homelab", "nomad"] as const;
export type StackName = (typeof stackNames)[number];

/**
 * The variables that the lab wrote when it started: PATH with its tools, KUBECONFIG, NOMAD_ADDR, PULUMI_*.
 * Throws if the lab does not run.
 */
export function labEnvironment(): Record<string, string> {
  const cache =
    process.env.LAB_CACHE ??
    path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), ".cache"), "media-homelab");
  const file = path.join(cache, "world", "environment");
  if (!fs.existsSync(file)) throw new Error("the lab does not run; start it: npm run lab -- start");
  return Object.fromEntries(
    fs
      .readFileSync(file, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}

export interface LabStackOptions {
  /** Name of the project. @default the lab's own, so that a test's stacks never mix with the product's */
  readonly project?: string;
  /** Config by full key, nested values as they are. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** A stack in the lab's backend whose program is `program`; made if it is not there. */
export async function labStack(
  name: string,
  program: automation.PulumiFn,
  { project = "lab", config = {} }: LabStackOptions = {},
): Promise<automation.Stack> {
  const envVars = labEnvironment();
  // The inline program runs in this very process, and so does the search for the CLI.
  process.env.PATH = envVars.PATH;
  process.env.SOPS_AGE_KEY_FILE = envVars.SOPS_AGE_KEY_FILE;
  const workDir = path.join(envVars.LAB_WORLD ?? "", "pulumi", "work", name);
  fs.mkdirSync(workDir, { recursive: true });
  return inlineStack(
    { stackName: name, projectName: project, program },
    {
      workDir,
      envVars,
      projectSettings: { name: project, runtime: "nodejs" },
      stackSettings: { [name]: { config } },
    },
  );
}

/** What an overlay of the lab changes, with the lab's own addresses filled in. */
export function overlay(name: string): Record<string, unknown> {
  const environment = labEnvironment();
  const text = fs
    .readFileSync(path.join(__dirname, "overlay", `${name}.yaml`), "utf8")
    .replace(/\$\{(\w+)\}/g, (_, variable: string) => environment[variable] ?? "");
  return parse(text) as Record<string, unknown>;
}

/** Config of a stack of the product: its shipped stack file with the lab's overlay on it, and a caller's own on that. */
export function productConfig(
  name: StackName,
  overrides: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return [overlay(name), overrides].reduce(mergePatch, stackFileValues(`Pulumi.${name}.yaml`));
}

/** A stack of the product. */
export function productStack(
  name: StackName,
  overrides: Readonly<Record<string, unknown>> = {},
  /** @default that of the shipped one */
  stackName: string = name,
): Promise<automation.Stack> {
  const config = productConfig(name, overrides);
  return labStack(stackName, program, { project: projectName(), config });
}
