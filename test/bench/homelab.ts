/** What the homelab stack costs: evaluating its program, and bringing it to a cluster. */
import * as pulumi from "@pulumi/pulumi";
import { program } from "../../index";
import { plannedObjects } from "../../ops/planned-objects";
import { record } from "../../ops/recorder";
import { engineConfig, projectName } from "../../ops/stack-file";
import { labStack, productConfig } from "../../lab/engine";
import { cost, timed, type Measure } from "./measure";

const namespace = "bench";
const overrides = {
  "media-homelab:namespace": { name: namespace },
  "media-homelab:ingress": { domain: namespace },
  "media-homelab:apps": { decypharr: { hostPath: "/mnt/k8s/bench" } },
  "media-homelab:transcoding": { address: null },
};

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
  const run = nodeCost('require("./test/bench/evaluate.ts")', "-r", "sucrase/register");
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

export async function homelabMeasures(): Promise<Measure[]> {
  return [...evaluation(), ...(await deployment())];
}
