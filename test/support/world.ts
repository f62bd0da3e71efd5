/** A world of recorded answers: what a check asks that nobody has recorded is an error. */
import * as path from "node:path";
import { loadConfig } from "../../config/load";
import type { StackConfig } from "../../config/schema";
import type { Ended } from "../../ops/checks/ask";
import type { Rights, StackState, World } from "../../ops/checks/world";
import { record, type Recording } from "../../ops/recorder";
import { engineConfig, mergePatch, projectName, stackFileValues } from "../../ops/stack-file";
import { shippedStack } from "./stacks";

/** By question; an error is thrown instead of given back. */
type Told<T = unknown> = Readonly<Record<string, T | Error>>;

export interface Answers {
  /** By the words after `kubectl get`. */
  readonly kube?: Told;
  /** By route. */
  readonly nomad?: Told;
  /** By pod or task, and script. */
  readonly scripts?: Told<string>;
  /** By host, where one is asked for, and URL. */
  readonly http?: Told<{ status: number; body: string; location?: string }>;
  /** By program and arguments. */
  readonly tools?: Told<string>;
  readonly state?: StackState;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly rights?: Rights;
  readonly config?: Error;
  readonly secrets?: Error;
  /** How the first step of a migration ended. */
  readonly look?: Ended;
}

export interface Stack {
  readonly name: "homelab" | "nomad";
  readonly config: StackConfig;
  readonly plan: Recording;
}

/** A shipped stack, with a patch on its config, as the program plans it. */
export async function plannedStack(
  name: Stack["name"],
  patch: Readonly<Record<string, unknown>> = {},
): Promise<Stack> {
  const project = projectName();
  const file = path.join(__dirname, "..", "..", `Pulumi.${name}.yaml`);
  const changed = Object.entries(patch).map(([key, value]) => [`${project}:${key}`, value]);
  const values = mergePatch(
    stackFileValues(file),
    Object.fromEntries(changed) as Record<string, unknown>,
  );
  let config: StackConfig | undefined;
  const load = () => {
    config = loadConfig(file);
  };
  await record(load, { project, stack: name, config: engineConfig(values) });
  if (!config) throw new Error("no config");
  return { name, config, plan: await shippedStack(name, patch) };
}

export function recordedWorld({ name, config, plan }: Stack, answers: Answers): World {
  const told = <T>(what: string, of: Told | undefined, question: string): Promise<T> => {
    const found = of?.[question];
    if (found === undefined)
      return Promise.reject(new Error(`nobody has recorded ${what} ${question}`));
    return found instanceof Error ? Promise.reject(found) : Promise.resolve(found as T);
  };
  return {
    stack: name,
    config: () => (answers.config ? Promise.reject(answers.config) : Promise.resolve(config)),
    plan: () => Promise.resolve(plan),
    outputs: () => Promise.resolve(answers.outputs ?? {}),
    state: () => Promise.resolve(answers.state),
    secrets: () => (answers.secrets ? Promise.reject(answers.secrets) : Promise.resolve()),
    tool: (...words) => told("the tool", answers.tools, words.join(" ")),
    kube: (...words) => told("kubectl get", answers.kube, words.join(" ")),
    rights: () =>
      answers.rights ? Promise.resolve(answers.rights) : Promise.reject(new Error("no rights")),
    inPod: (pod, _container, { file }) => told("the script", answers.scripts, `${pod} ${file}`),
    nomad: (route) => told("Nomad's", answers.nomad, route),
    inTask: (_allocation, task, { file }) => told("the script", answers.scripts, `${task} ${file}`),
    http: (url, { host } = {}) =>
      told("the answer of", answers.http, host ? `${host} ${url}` : url),
    look: () =>
      answers.look
        ? Promise.resolve(answers.look)
        : Promise.reject(new Error("nobody has recorded a migration")),
  };
}
