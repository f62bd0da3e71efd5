/**
 * What the move of a Plex library costs, set against one plain stream of the same files, and against stopping the
 * server, packing, copying and unpacking. Both ends are on this machine.
 */
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { labEnvironment } from "../../lab/engine";
import type { MoveReport } from "../../migrations/report";
import { moveStack, name, startOver, startUp } from "../lab/plex-up/stack";
import { intoNode, kube, onNode, tool } from "../lab/tools";
import { cost, timed, type Measure } from "./measure";

/** The same databases with hardly any other files. */
const thin = "thin";

/** Seconds of one of the plain ways, from the old host into an empty volume on the disk that holds the claims. */
async function plainWay(script: string): Promise<number> {
  const { LAB_PLEX_VM = "" } = labEnvironment();
  await onNode("docker", "volume", "rm", "--force", "bench");
  const text = fs.readFileSync(path.join(__dirname, script), "utf8");
  const { seconds } = cost(
    "nsenter",
    [
      ...intoNode(),
      ...["docker", "run", "--rm", "--interactive", "--network=host", "--volume=bench:/target"],
      ...["--volume=/lab/ssh:/ssh:ro", `--env=SOURCE=alex@${LAB_PLEX_VM}`],
      ...["lab.local/base:1", "bash", "-s"],
    ],
    text,
  );
  await onNode("docker", "volume", "rm", "bench");
  return seconds;
}

interface Moved {
  /** Seconds of the whole `up`. */
  readonly total: number;
  readonly report: MoveReport;
  /** Bytes that rsync received before the server was stopped. */
  readonly received: number;
}

async function move(): Promise<Moved> {
  const stack = await moveStack();
  const total = await timed(() => stack.up());
  const { migrations } = await stack.outputs();
  const { deployment } = (await stack.exportStack()) as {
    deployment: { resources: { urn: string; outputs?: { stdout?: string } }[] };
  };
  const step = deployment.resources.find(({ urn }) => urn.endsWith("::plex-g1-pre-copy"));
  const { found } = JSON.parse(step?.outputs?.stdout ?? "{}") as { found: { transferred: number } };
  return {
    total,
    report: (migrations?.value as { plex: MoveReport }).plex,
    received: found.transferred,
  };
}

/** Bytes of files that have arrived on the claim and are not yet in their place. */
async function arrived(): Promise<number> {
  const { items } = await kube<{
    items: { spec: { claimRef?: { namespace: string }; hostPath?: { path: string } } }[];
  }>("get", "pv");
  const volumes = items.filter(({ spec }) => spec.claimRef?.namespace === name);
  const sizes = volumes.map(async ({ spec }) =>
    onNode(
      ...["bash", "-c", 'find "$0" -type f -printf "%s\\n" 2>/dev/null || true'],
      `${spec.hostPath?.path ?? "/nowhere"}/.migration/library`,
    ),
  );
  return (await Promise.all(sizes))
    .flatMap((text) => text.split("\n"))
    .reduce((sum, size) => sum + Number(size), 0);
}

/** Bytes that had arrived when all was killed half-way, and those that came again in the next `up`. */
async function killedHalfWay(all: number): Promise<{ before: number; again: number }> {
  const up = startUp();
  while (!up.said().includes("plex-g1-pre-copy creating")) await pause(100);
  while ((await arrived()) < all / 2) await pause(50);
  up.kill();
  await tool(
    "kubectl",
    "delete",
    "pod",
    "plex-importer",
    `--namespace=${name}`,
    "--force",
    "--grace-period=0",
  );
  await up.ended;
  await (await moveStack()).cancel();
  const before = await arrived();
  const { received } = await move();
  return { before, again: Math.max(0, before + received - all) };
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Starts to watch; the result ends it and tells the largest memory of each program, in MB. */
function memoryWatch(): () => Record<string, number> {
  const child = spawn("bash", [path.join(__dirname, "memory.sh")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  return () => {
    child.kill();
    // The last word on each is the largest.
    const lines = said.trim().split("\n");
    return Object.fromEntries(
      lines.map((line) => {
        const at = line.lastIndexOf(" ");
        return [line.slice(0, at), Number(line.slice(at + 1)) / 1024];
      }),
    );
  };
}

/** Of a library of that profile: see lab/library/generate.py. */
export async function migrationMeasures(profile = "small"): Promise<Measure[]> {
  await startOver(profile);
  const stream = await plainWay("tar.sh");
  const packed = await plainWay("archive.sh");

  await startOver(profile);
  const watched = memoryWatch();
  const { total, report, received } = await move();
  const memory = watched();

  await startOver(profile);
  const { before, again } = await killedHalfWay(received);

  await startOver(thin);
  const few = await move();
  await startOver();

  const megabytes = (bytes: number) => bytes / 1e6;
  const preCopy = report.seconds["pre-copy"] ?? NaN;
  return [
    {
      what: `move of ${report.files.toString()} files, ${megabytes(report.bytes).toFixed(0)} MB, whole up`,
      value: total,
      unit: "s",
      bar: 1.5 * stream,
      baseline: { what: "tar | ssh | tar", value: stream },
    },
    {
      what: "without a server",
      value: report.downtime,
      unit: "s",
      bar: packed / 4,
      baseline: { what: "stop, tar.gz, copy, extract", value: packed },
    },
    {
      what: "without a server, against a library of few files",
      value: report.downtime,
      unit: "s",
      bar: few.report.downtime * 1.25,
      baseline: { what: `${few.report.files.toString()} files`, value: few.report.downtime },
    },
    {
      what: "sent again after a kill half-way",
      value: megabytes(again),
      unit: "MB",
      bar: megabytes(before) / 20,
      baseline: { what: "had arrived", value: megabytes(before) },
    },
    {
      what: "pre-copy",
      value: report.files / preCopy,
      unit: "files/s",
      baseline: { what: "tar | ssh | tar", value: report.files / stream },
    },
    ...Object.entries(report.seconds).map(([step, value]) => ({
      what: `step ${step}`,
      value,
      unit: "s" as const,
    })),
    ...Object.entries(memory).map(([program, value]) => ({
      what: `memory of ${program}`,
      value,
      unit: "MB" as const,
    })),
  ];
}
