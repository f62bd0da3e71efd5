/**
 * `npm run status -- <stack>`: what a stack is at the moment: addresses, images and what runs of them, volumes, backups,
 * and the last verification. Prints it, and writes reports/<stack>/status.md and a page, status.html. Changes nothing
 * else.
 */
import * as pulumi from "@pulumi/pulumi";
import { stopAsking } from "./checks/ask";
import { isColourful, platformOf } from "./checks/command";
import { liveWorld } from "./checks/live-world";
import { runCommand } from "./pulumi-cli";
import { writeReport } from "./reports";
import { stackNames } from "./stack-file";
import { gatherStatus } from "./status/gather";
import { html, markdown, text } from "./status/render";

/** The stack that was typed. Throws one sentence if there is none of that name. */
export function stackOf(args: readonly string[], known: readonly string[]): string {
  const [stack, ...more] = args;
  if (stack === undefined || more.length > 0 || stack.startsWith("-"))
    throw new pulumi.RunError("usage: npm run status -- <stack>");
  if (!known.includes(stack))
    throw new pulumi.RunError(`no stack ${stack}; there are ${known.join(", ")}`);
  return stack;
}

async function main(): Promise<number> {
  const folder = process.cwd();
  const stack = stackOf(process.argv.slice(2), stackNames(folder));
  const status = await gatherStatus(liveWorld(stack, folder), platformOf(stack));
  stopAsking();
  process.stdout.write(text(status, { colour: isColourful() }));
  const files = [
    writeReport(stack, "status.md", markdown(status)),
    writeReport(stack, "status.html", html(status)),
  ];
  console.error(`written: ${files.join(", ")}`);
  return 0;
}

if (require.main === module) runCommand(main);
