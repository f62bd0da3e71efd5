/** The lab's main job: both stacks up, their outputs as tables, and the proof that a second `up` changes nothing. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type * as automation from "@pulumi/pulumi/automation";
import { overlay, productStack, stackNames, type StackName } from "./engine";

async function main(): Promise<void> {
  for (const name of stackNames) {
    const stack = await productStack(name, overlay(`${name}-move`));
    await timed(`up of ${name}`, () => up(stack));
    console.error(`\n${table(name, await maskedOutputs(stack))}`);
    const { summary } = await timed(`second up of ${name}`, () => up(stack));
    const changes = Object.entries(summary.resourceChanges ?? {}).filter(([op]) => op !== "same");
    if (changes.length > 0)
      throw new Error(`the second up of ${name} is not empty: ${JSON.stringify(changes)}`);
    console.error(
      `  no changes: ${String(summary.resourceChanges?.same ?? 0)} resources as they were\n`,
    );
  }
}

/** One `up`; each resource that is touched is a line with its seconds. */
function up(stack: automation.Stack): Promise<automation.UpResult> {
  const started = new Map<string, number>();
  let said = "";
  return stack.up({
    onEvent: ({ resourcePreEvent, resOutputsEvent, diagnosticEvent }) => {
      // What the engine waits for, once a reason.
      const reason = diagnosticEvent?.message.replace(/<\{%.*?%\}>/g, "").trim();
      if (diagnosticEvent?.urn && !isDebug(diagnosticEvent) && reason && reason !== said)
        console.error(`        ${reason}`);
      said = reason ?? said;
      if (resourcePreEvent) started.set(resourcePreEvent.metadata.urn, Date.now());
      if (!resOutputsEvent || resOutputsEvent.metadata.op === "same") return;
      const { op, urn, type } = resOutputsEvent.metadata;
      const seconds = (Date.now() - (started.get(urn) ?? Date.now())) / 1000;
      const label = `${op} ${urn.split("::").pop() ?? urn} (${type.split(":").pop() ?? type})`;
      console.error(`      ${label.padEnd(46)} ${seconds.toFixed(1).padStart(6)} s`);
    },
  });
}

/** The engine's own chatter; the SDK's type doesn't know this severity. */
function isDebug({ severity }: { readonly severity: string }): boolean {
  return severity === "debug";
}

async function timed<T>(name: string, work: () => Promise<T>): Promise<T> {
  const started = Date.now();
  console.error(`  … ${name}`);
  const result = await work();
  console.error(
    `  ✓ ${name.padEnd(40)} ${((Date.now() - started) / 1000).toFixed(0).padStart(4)} s`,
  );
  return result;
}

type Outputs = Readonly<Record<string, unknown>>;

/** The outputs as the CLI prints them: the Automation API would hand over secrets inside an object in clear. */
async function maskedOutputs({ name, workspace }: automation.Stack): Promise<Outputs> {
  const { stdout } = await promisify(execFile)(
    "pulumi",
    ["stack", "output", "--json", "--stack", name],
    { cwd: workspace.workDir, env: { ...process.env, ...workspace.envVars } },
  );
  return JSON.parse(stdout) as Outputs;
}

/** Outputs for people: one line a value; what is longer than that has a name to ask for. */
function table(name: StackName, outputs: Outputs): string {
  const rows = Object.entries(outputs).flatMap(([group, value]) =>
    isShort(value)
      ? Object.entries(value).map(([key, item], index) => [
          index === 0 ? group : "",
          Array.isArray(value) ? "" : key,
          item,
        ])
      : [[group, "", `pulumi stack output ${group}`]],
  );
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const lines = rows.map(([group = "", key = "", value = ""]) =>
    `    ${group.padEnd(width(0))}  ${key.padEnd(width(1))}  ${value}`.trimEnd(),
  );
  return [`  ${name}`, ...lines, ""].join("\n");
}

/** A list or a record of lines. */
function isShort(value: unknown): value is readonly string[] | Readonly<Record<string, string>> {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every((item) => typeof item === "string")
  );
}

main().catch((error: unknown) => {
  console.error(`\n✗ ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
