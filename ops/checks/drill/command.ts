/** `npm run verify -- <stack> --drill`: looks, says what it will do, asks, does it, and tells how it went. */
import * as readline from "node:readline";
import * as pulumi from "@pulumi/pulumi";
import { runChecks, type Check, type Result } from "../check";
import type { LiveWorld } from "../live-world";
import { possible } from "./checks";
import { afterwards, empty, usualLimits, type Drill, type Tell } from "./drill";
import { kubernetes } from "./kubernetes";
import { nomad } from "./nomad";
import type { Platform, Target } from "./platform";

export const platforms = { k3s: kubernetes, nomad };

export interface AskedDrill {
  readonly platform: keyof typeof platforms | undefined;
  /** The node that is to be drained. @default the one on which most apps run that others take over */
  readonly node: string | undefined;
  /** Whether it was agreed to beforehand. */
  readonly yes: boolean;
}

/** Results of the drill, or of what keeps it from being. Throws where it is not agreed to, or broken off. */
export async function drillCommand(
  { platform: name = "k3s", node, yes }: AskedDrill,
  world: LiveWorld,
  passive: readonly Check[],
): Promise<Result[]> {
  const platform = platforms[name];
  const tell = progress();
  tell("looking whether all is well");
  let target: Target | undefined;
  const before = await runChecks(
    [...passive, possible(platform, passive, node, (chosen) => (target = chosen))],
    world,
  );
  if (!target) {
    console.error("  no drill: nothing was touched");
    return before;
  }
  console.error(announcement(target));
  if (!yes) await agreed(target, platform);

  const drill: Drill = { platform, world, passive, tell, limits: usualLimits };
  const { signal, off } = stopSignal();
  try {
    const course = await empty(drill, target, signal);
    const results = await afterwards(drill, course, signal);
    signal.throwIfAborted();
    return results;
  } catch (error) {
    if (!signal.aborted) throw error;
    const open = target.closed ? "takes nothing new, as before" : "takes pods again";
    throw new pulumi.RunError(
      `broken off by ${String(signal.reason)}; ${target.node} ${open}\n` +
        `    see how the apps are: npm run verify -- ${world.stack}`,
    );
  } finally {
    off();
  }
}

/** What the drill does, in words. */
export function announcement({ node, apps, elsewhere, others, stopSeconds }: Target): string {
  const minutes = Math.ceil((stopSeconds + 120) / 60);
  return [
    "",
    `The drill drains ${node}: what runs there is evicted, in order, and starts elsewhere (${elsewhere.join(", ")}).`,
    `  it moves    ${apps.join(", ")}`,
    ...(others.length > 0 ? [`  and besides ${others.join(", ")}`] : []),
    `  meanwhile   each of them is away for its stop (${stopSeconds.toString()} s at most), its volume's move and its start`,
    `  it takes    about ${minutes.toString()} minutes, ${(usualLimits.move / 60).toString()} at most; then ${node} takes pods again, whatever has happened`,
    "",
  ].join("\n");
}

/** Has the node's name typed. Throws where nobody is there, or something else is typed. */
export async function agreed(
  { node }: Target,
  { words }: Platform,
  input: NodeJS.ReadStream = process.stdin,
): Promise<void> {
  if (!input.isTTY)
    throw new pulumi.RunError(
      `nobody is here to be asked, so nothing was touched\n    fix: add --yes; look before: ${words.look}`,
    );
  // Standard output is for the results.
  const question = readline.createInterface({ input, output: process.stderr });
  question.setPrompt("Type the node's name to go on: ");
  question.prompt();
  const typed = await new Promise<string>((resolve) => {
    question.once("line", resolve);
    // Ctrl-C and Ctrl-D answer nothing.
    question.once("close", () => {
      resolve("");
    });
  });
  question.close();
  if (typed.trim() !== node)
    throw new pulumi.RunError(`found "${typed.trim()}", expected ${node}: nothing was touched`);
}

/** Told with the seconds since the start. */
function progress(): Tell {
  const started = Date.now();
  return (what) => {
    const seconds = Math.round((Date.now() - started) / 1000);
    console.error(`  ${seconds.toString().padStart(4)} s  ${what}`);
  };
}

const stops = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Aborted by whatever asks this process to end, which then ends by itself, with everything put back. */
function stopSignal(): { signal: AbortSignal; off: () => void } {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) return;
    console.error(`  ${name}: putting the node back`);
    controller.abort(name);
  };
  for (const name of stops) process.on(name, stop);
  return {
    signal: controller.signal,
    off: () => {
      for (const name of stops) process.off(name, stop);
    },
  };
}
