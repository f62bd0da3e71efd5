/**
 * `npm run render [-- <stack>...] [--out <folder>]`: writes what a stack consists of, with Node alone.
 * It reads well and proves nothing: no engine, no cluster and no Nomad has seen the result.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { parseArgs } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { program } from "../index";
import { planFiles } from "./plan";
import { record } from "./recorder";
import { projectName, stackFileConfig, stackNames } from "./stack-file";

/** Writes one stack's plan and returns the paths of the files. */
export async function render(stack: string, folder: string): Promise<string[]> {
  const config = stackFileConfig(`Pulumi.${stack}.yaml`);
  const recording = await record(program, { project: projectName(), stack, config });
  const target = path.join(folder, stack);
  fs.mkdirSync(target, { recursive: true });
  return Object.entries(planFiles(recording)).map(([name, text]) => {
    const file = path.join(target, name);
    fs.writeFileSync(file, text);
    return file;
  });
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { out: { type: "string", default: "plan" } },
  });
  const known = stackNames();
  const unknown = positionals.filter((stack) => !known.includes(stack));
  if (unknown.length > 0) {
    throw new pulumi.RunError(`no stack ${unknown.join(", ")}; there are ${known.join(", ")}`);
  }
  for (const stack of positionals.length > 0 ? positionals : known) {
    for (const file of await render(stack, values.out)) console.log(file);
  }
}

if (require.main === module) {
  main().catch((error: unknown) => {
    // A fault of the user's is a sentence; anything else is ours and shows where.
    console.error(pulumi.RunError.isInstance(error) ? error.message : error);
    process.exitCode = 1;
  });
}
