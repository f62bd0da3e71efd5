/** One `up` of a move's stack, for tests that kill it: node -r sucrase/register up.ts <its module> '<migration as JSON>' */
import type * as automation from "@pulumi/pulumi/automation";
import type { Migration } from "./moving";

interface Module {
  readonly moveStack: (migration: Migration) => Promise<automation.Stack>;
}

async function main(): Promise<void> {
  const { moveStack } = (await import(process.argv[2] ?? "")) as Module;
  const stack = await moveStack(JSON.parse(process.argv[3] ?? "{}") as Migration);
  const { summary } = await stack.up({ onOutput: (text) => process.stdout.write(text) });
  console.log(JSON.stringify(summary.resourceChanges));
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
