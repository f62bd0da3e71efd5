/** What benchmarks are made of. Ratios travel between machines, seconds don't. */
import { spawnSync } from "node:child_process";
import * as path from "node:path";
import { labEnvironment } from "../../lab/engine";

export interface Measure {
  readonly what: string;
  readonly value: number;
  readonly unit: "s" | "MB" | "files/s";
  /** What must not be exceeded on the reference machine; none where it is only worth knowing. */
  readonly bar?: number;
  /** The plainest tool that does the same, in the same run. */
  readonly baseline?: { readonly what: string; readonly value: number };
}

export interface Cost {
  readonly seconds: number;
  /** What it says on stderr. */
  readonly said: string;
}

/** What a program of its own costs, with the lab's tools on its PATH. Throws if it fails. */
export function cost(command: string, args: readonly string[], input?: string): Cost {
  const started = performance.now();
  const { status, stderr } = spawnSync(command, args, {
    cwd: path.join(__dirname, "../.."),
    env: { ...process.env, ...labEnvironment() },
    input,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}\n${stderr}`);
  return { seconds: (performance.now() - started) / 1000, said: stderr };
}

/** Seconds that it takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** Markdown table of them. */
export function table(measures: readonly Measure[]): string {
  const row = ({ what, value, unit, bar, baseline }: Measure) => {
    const cells = [
      ...[what, `${value.toFixed(2)} ${unit}`, bar === undefined ? "" : (value / bar).toFixed(2)],
      ...(baseline
        ? [
            ...[baseline.what, `${baseline.value.toFixed(2)} ${unit}`],
            (value / baseline.value).toFixed(2),
          ]
        : ["", "", ""]),
    ];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  };
  return [
    "| What | Value | ÷ bar | Baseline of the same run | Value | ÷ baseline |",
    "| --- | --- | --- | --- | --- | --- |",
    ...measures.map(row),
    "",
  ].join("\n");
}
