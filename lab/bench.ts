/**
 * `npm run bench`: what the homelab stack costs on this machine, set against the plainest tool that does the same in
 * the same run. Ratios travel between machines, seconds don't. Writes bench.json and bench.md into the lab's folder.
 */
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { program } from "../index";
import { plannedObjects } from "../ops/planned-objects";
import { record } from "../ops/recorder";
import { engineConfig, projectName } from "../ops/stack-file";
import { labEnvironment, labStack, productConfig } from "./engine";

interface Measure {
  readonly what: string;
  readonly value: number;
  readonly unit: "s" | "MB";
  /** What must not be exceeded on the reference machine. */
  readonly bar: number;
  readonly baseline: { readonly what: string; readonly value: number };
}

const root = path.join(__dirname, "..");
const namespace = "bench";
const overrides = {
  "media-homelab:namespace": { name: namespace },
  "media-homelab:ingress": { domain: namespace },
  "media-homelab:apps": { decypharr: { hostPath: "/mnt/k8s/bench" } },
  "media-homelab:transcoding": { address: null },
};

interface Cost {
  readonly seconds: number;
  /** What it says on stderr. */
  readonly said: string;
}

/** What a program of its own costs, with the lab's tools on its PATH. */
function cost(command: string, args: readonly string[], input?: string): Cost {
  const started = performance.now();
  const { status, stderr } = spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, ...labEnvironment() },
    input,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}\n${stderr}`);
  return { seconds: (performance.now() - started) / 1000, said: stderr };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** Seconds and largest memory (MB) of a script in Node; the least of three, since the machine does other things too. */
function nodeCost(script: string, ...options: string[]): { seconds: number; memory: number } {
  const telling = `process.on("exit", () => console.error(process.resourceUsage().maxRSS)); ${script}`;
  const runs = [1, 2, 3].map(() => cost("node", [...options, "--eval", telling]));
  const memory = runs.map(({ said }) => Number(said.trim().split("\n").at(-1)) / 1024);
  return { seconds: Math.min(...runs.map(({ seconds }) => seconds)), memory: Math.min(...memory) };
}

/** Node, loading and running the program with nothing behind it. */
function evaluation(): Measure[] {
  const sdk = nodeCost('require("@pulumi/pulumi")');
  const empty = nodeCost("");
  const run = nodeCost('require("./lab/evaluate.ts")', "-r", "sucrase/register");
  return [
    {
      what: "program evaluation through the loader",
      value: run.seconds,
      unit: "s",
      bar: 1.5,
      baseline: { what: 'require("@pulumi/pulumi")', value: sdk.seconds },
    },
    {
      what: "memory of the program",
      value: run.memory,
      unit: "MB",
      bar: 250,
      baseline: { what: "empty node", value: empty.memory },
    },
  ];
}

/** Without waiting for pods, which take the same time whoever asks for them. */
async function unawaited() {
  pulumi.runtime.registerResourceTransform(({ type, props, opts }) => {
    if (type === "command:local:Command") return { props: { ...props, create: "true" }, opts };
    if (!type.startsWith("kubernetes:")) return undefined;
    const metadata = (props as { metadata?: { annotations?: object } }).metadata ?? {};
    const annotations = { ...metadata.annotations, "pulumi.com/skipAwait": "true" };
    return { props: { ...props, metadata: { ...metadata, annotations } }, opts };
  });
  return program();
}

async function deployment(): Promise<Measure[]> {
  const config = productConfig("homelab", overrides);
  const where = { project: projectName(), stack: "bench", config: engineConfig(config) };
  const objects = plannedObjects(await record(program, where));
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
  const kubectl = (...args: string[]) => cost("kubectl", args, list).seconds;
  const apply = () => kubectl("apply", "--server-side", "--filename=-");
  const remove = () => kubectl("delete", "--wait", "--ignore-not-found", "--filename=-");

  const applied = apply();
  const again = apply();
  remove();

  const stack = await labStack("bench", unawaited, { project: projectName(), config });
  try {
    const first = await timed(() => stack.up());
    const up = await timed(() => stack.up());
    const preview = await timed(() => stack.preview());
    const count = objects.length.toString();
    const server = (what: string, value: number) => ({
      what: `kubectl apply of the same ${count} objects${what}`,
      value,
    });
    return [
      {
        what: "first up",
        value: first,
        unit: "s",
        bar: 2 * applied,
        baseline: server("", applied),
      },
      { what: "no-op up", value: up, unit: "s", bar: 5, baseline: server(" again", again) },
      {
        what: "no-op preview",
        value: preview,
        unit: "s",
        bar: 5,
        baseline: server(" again", again),
      },
    ];
  } finally {
    await stack.destroy();
    remove();
  }
}

function markdown(measures: readonly Measure[]): string {
  const row = ({ what, value, unit, bar, baseline }: Measure) =>
    `| ${what} | ${value.toFixed(2)} ${unit} | ${(value / bar).toFixed(2)} | ${baseline.what} | ${baseline.value.toFixed(2)} ${unit} | ${(value / baseline.value).toFixed(2)} |`;
  return [
    "| What | Value | ÷ bar | Baseline of the same run | Value | ÷ baseline |",
    "| --- | --- | --- | --- | --- | --- |",
    ...measures.map(row),
    "",
  ].join("\n");
}

async function main(): Promise<void> {
  const measures = [...evaluation(), ...(await deployment())];
  const folder = labEnvironment().LAB_WORLD ?? "";
  fs.writeFileSync(path.join(folder, "bench.json"), JSON.stringify(measures, undefined, 2));
  fs.writeFileSync(path.join(folder, "bench.md"), markdown(measures));
  console.log(markdown(measures));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
