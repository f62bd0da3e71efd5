/**
 * `npm run preview:ci [-- --base <git ref>] [--stack <name>] [--state] [--markdown]`: plans the stacks and fails on
 * whatever must not be merged. Needs no cluster, no SSH host, no age key and no network, and changes nothing.
 */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parseArgs } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { withBase } from "./preview/base";
import { report, type Against } from "./preview/report";
import { faultText, markdown, type StackReport } from "./preview/summary";
import { runCommand } from "./pulumi-cli";
import { stackNames } from "./stack-file";

const usage = "npm run preview:ci [-- --base <git ref>] [--stack <name>] [--state] [--markdown]";

const project = path.join(__dirname, "..");

interface Options {
  readonly base?: string;
  readonly state: boolean;
  readonly stacks: readonly string[];
}

async function reports({ base, state, stacks }: Options, scratch: string): Promise<StackReport[]> {
  const each = async (against: Against): Promise<StackReport[]> => {
    const made: StackReport[] = [];
    // One after the other: each of them plans twice at once.
    for (const stack of stacks) made.push(await report(project, stack, scratch, against));
    return made;
  };
  if (base === undefined) return each({ state });
  return withBase(project, base, scratch, (checkout) => each({ state, base: checkout }));
}

function given() {
  const options = {
    base: { type: "string" },
    stack: { type: "string", multiple: true, default: [] as string[] },
    state: { type: "boolean", default: false },
    markdown: { type: "boolean", default: false },
  } as const;
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    throw new pulumi.RunError(`${(error as Error).message}\nusage: ${usage}`);
  }
}

async function main(): Promise<number> {
  const values = given();
  const known = stackNames();
  const unknown = values.stack.filter((stack) => !known.includes(stack));
  if (unknown.length > 0)
    throw new pulumi.RunError(`no stack ${unknown.join(", ")}; there are ${known.join(", ")}`);
  const { base, state } = values;
  const stacks = values.stack.length > 0 ? values.stack : known;
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "preview-"));
  const clean = () => {
    // Whatever still runs in it has been killed, and takes a moment to be gone.
    fs.rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
  };
  process.once("exit", clean);
  // A job that is cancelled is told so, and a person presses Ctrl-C: what stands about is put away by those who made it.
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
  try {
    const made = await reports({ state, stacks, ...(base !== undefined && { base }) }, scratch);
    return tell(made, values.markdown);
  } finally {
    clean();
  }
}

function tell(made: readonly StackReport[], asMarkdown: boolean): number {
  const summary = markdown(made);
  const page = process.env.GITHUB_STEP_SUMMARY;
  if (page) fs.appendFileSync(page, summary);
  if (asMarkdown) process.stdout.write(summary);
  for (const each of made) {
    const faults = faultText(each);
    if (!asMarkdown) console.log(`${faults === "" ? "✓" : "✗"} ${each.stack}: ${each.evidence}`);
    // On a stream of its own, so that a job's log has it whatever becomes of the summary.
    if (faults !== "") process.stderr.write(`${each.stack}\n${faults}`);
  }
  return made.some((each) => faultText(each) !== "") ? 1 : 0;
}

if (require.main === module) runCommand(main);
