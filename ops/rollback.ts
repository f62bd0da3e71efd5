/**
 * `npm run rollback -- <stack> <app> [--with-requests] [--yes]`: takes the migration of an app back. Changes the world,
 * so it asks first. The generation is fenced off before anything is touched, in the stack's config and then on the
 * claim: an `up` right after it refuses until the generation is raised.
 */
import { spawnSync } from "node:child_process";
import * as path from "node:path";
import * as readline from "node:readline/promises";
import { parseArgs } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { hasPlaceholder } from "../config/secrets";
import { program } from "../index";
import { pulumiCli, runCommand } from "./pulumi-cli";
import { record, type Recording } from "./recorder";
import { engineConfig, mergePatch, projectName } from "./stack-file";

const usage = "npm run rollback -- <stack> <app> [--with-requests] [--yes]";

interface Migration {
  /** @default 1 */
  readonly generation?: number;
  readonly rolledBack?: number;
}

interface AppConfig {
  readonly app?: string;
  readonly migration?: Migration;
}

interface Way {
  /** The script that does it. */
  readonly script: string;
  /** Whether it can bring requests made on the new server back into the old one. */
  readonly bringsRequests: boolean;
  /** Type of the resources that it changes without Pulumi. @default none of which Pulumi would mind */
  readonly changes?: string;
}

/** Apps that can be rolled back. */
const ways: Readonly<Record<string, Way>> = {
  overseerr: {
    script: "migrations/overseerr/steps/rollback.sh",
    bringsRequests: true,
    changes: "nomad:index/job:Job",
  },
  plex: { script: "migrations/plex/steps/rollback.sh", bringsRequests: false },
};

export interface Rollback {
  readonly stack: string;
  readonly app: string;
  /** The script that does it. */
  readonly script: string;
  /** Type of the resources that it changes without Pulumi. */
  readonly changes?: string | undefined;
  readonly withRequests: boolean;
  /** Whether it was agreed to beforehand. */
  readonly yes: boolean;
}

/** What was typed. Throws one sentence if that can't be done. */
export function rollbackOf(args: readonly string[]): Rollback {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      "with-requests": { type: "boolean", default: false },
      yes: { type: "boolean", default: false },
    },
  });
  const [stack, app = ""] = positionals;
  const way = ways[app];
  if (!stack || !way) {
    throw new pulumi.RunError(`usage: ${usage}; apps: ${Object.keys(ways).join(", ")}`);
  }
  const withRequests = values["with-requests"];
  if (withRequests && !way.bringsRequests) {
    throw new pulumi.RunError(
      `${app} has no requests that could be brought back; leave --with-requests out: npm run rollback -- ${stack} ${app}`,
    );
  }
  const { script, changes } = way;
  return { stack, app, script, changes, withRequests, yes: values.yes };
}

/** How it is typed, for whoever has to type it again. */
const commandOf = ({ stack, app, withRequests }: Rollback) =>
  `npm run rollback -- ${stack} ${app}${withRequests ? " --with-requests" : ""}`;

export function questionOf({ app, withRequests }: Rollback): string {
  return withRequests
    ? `Stop ${app} in the cluster, bring the newest state of its replica into the old server, and start that again? ` +
        "The old server's former database is kept beside it."
    : `Stop ${app} in the cluster, and start the old server again? What was done on the new one since the move ` +
        "stays there and is not brought back.";
}

/** Config of a stack as Pulumi knows it in this folder; what is secret has no value. */
function stackConfig(stack: string): Record<string, unknown> {
  const text = pulumiCli("config", "--json", "--stack", stack);
  const entries = JSON.parse(text) as Record<string, { value?: string; objectValue?: unknown }>;
  return Object.fromEntries(
    Object.entries(entries).map(([key, { value, objectValue }]) => [key, objectValue ?? value]),
  );
}

/** The values of one of the migration's own steps, as the program gives them. */
export function stepValues(
  { resources }: Recording,
  app: string,
  generation: number,
  stepName = "clean-up",
): string {
  const name = `${app}-g${generation.toString()}-${stepName}`;
  const step = resources.find((resource) => resource.name === name);
  if (!step) throw new pulumi.RunError(`the program has no step ${name}`);
  return String(step.inputs.stdin);
}

/**
 * What the script is told, on its standard input. With requests the keys of the object store are among it: it is handed
 * on and never shown.
 */
export async function scriptInput(
  config: Readonly<Record<string, unknown>>,
  generation: number,
  rollback: Rollback,
): Promise<string> {
  const { stack, app, withRequests } = rollback;
  const project = projectName();
  // As if it had not been rolled back: for the one that goes on where an earlier call was interrupted. And as if it
  // were over: what is left of a move then is all that a rollback asks of it. The steps that stand on no other are
  // the first one of a move, which is told the keys, and the one that is left, which is told no secret.
  const [phase, step] = withRequests ? ["move", "check"] : ["done", "clean-up"];
  const unfenced = mergePatch(config, {
    [`${project}:${app}`]: { migration: { rolledBack: null, removeOldData: null, phase } },
  });
  const recording = await record(program, {
    project,
    stack,
    config: engineConfig(unfenced),
    withSecrets: withRequests,
  });
  const values = stepValues(recording, app, generation, step);
  if (withRequests && hasPlaceholder(values)) {
    throw new pulumi.RunError(
      `the keys of the object store can't be read here, so nothing was done; try: npm run secrets -- check ${stack}`,
    );
  }
  return `${values}\nCOMMAND='${commandOf(rollback)}'\nWITH_REQUESTS=${withRequests.toString()}\n`;
}

async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new pulumi.RunError(`nobody is there to be asked; add --yes: ${usage}`);
  const terminal = readline.createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

/** Has Pulumi look at what was changed without it: it refuses to change a job that it knows an older state of. */
function lookAgain(stack: string, type: string): void {
  const { deployment } = JSON.parse(pulumiCli("stack", "export", "--stack", stack)) as {
    deployment: { resources?: readonly { urn: string; type: string }[] };
  };
  const changed = (deployment.resources ?? []).filter((resource) => resource.type === type);
  if (changed.length === 0) return;
  const targets = changed.flatMap(({ urn }) => ["--target", urn]);
  pulumiCli(
    "refresh",
    "--stack",
    stack,
    "--yes",
    "--skip-preview",
    "--suppress-outputs",
    ...targets,
  );
}

async function main(): Promise<number> {
  const rollback = rollbackOf(process.argv.slice(2));
  const { stack, app, script, changes, withRequests } = rollback;
  const project = projectName();
  const config = stackConfig(stack);
  const appConfig = config[`${project}:${app}`] as AppConfig | undefined;
  const migration = appConfig?.migration;
  if (!migration)
    throw new pulumi.RunError(
      `${app}.migration is not in the config of ${stack}: there is nothing to roll back`,
    );
  if (withRequests && appConfig.app !== undefined && appConfig.app !== app)
    throw new pulumi.RunError(
      `${appConfig.app} has taken the database over, and the old ${app} can't read it any more; without its requests: ${commandOf({ ...rollback, withRequests: false })}`,
    );
  const { generation = 1 } = migration;
  if (!rollback.yes && !(await confirmed(questionOf(rollback)))) return 1;

  const input = await scriptInput(config, generation, rollback);
  // Fenced before anything is touched: what is interrupted from here on is never mistaken for a move that stands.
  const place = `${project}:${app}.migration.rolledBack`;
  const isNew = migration.rolledBack !== generation;
  if (isNew) {
    pulumiCli("config", "set", "--stack", stack, "--path", place, generation.toString());
  }
  const { status, stdout } = spawnSync("bash", [path.join(__dirname, "..", script)], {
    input,
    encoding: "utf8",
    stdio: ["pipe", "pipe", "inherit"],
  });
  if (isNew && stdout.includes("result nothing")) {
    pulumiCli("config", "rm", "--stack", stack, "--path", place);
    return status ?? 1;
  }
  if (status === 0) {
    // It has been taken back by now: should this fail, the next `up` says so, and --refresh helps it.
    if (changes !== undefined) lookAgain(stack, changes);
    const next = `pulumi config set --stack ${stack} --path ${app}.migration.generation ${(generation + 1).toString()}`;
    console.error(`to move again one day: ${next}; then pulumi up`);
  }
  return status ?? 1;
}

if (require.main === module) runCommand(main);
