/** A drill: a node is emptied as for its maintenance, and given back. It alone changes something. */
import { setTimeout as sleep } from "node:timers/promises";
import { reasonOf, type Ended } from "../ask";
import { runChecks, type Check, type Outcome, type Result } from "../check";
import type { LiveWorld } from "../live-world";
import { drillChecks, type Course, type Move } from "./checks";
import type { Platform, Standing, Target } from "./platform";

/** Seconds that each part may take. */
export interface DrillLimits {
  /** The eviction, and the start elsewhere after it. */
  readonly move: number;
  /** What has to hold of the data. */
  readonly proof: number;
  /** Until nothing is red afterwards. */
  readonly green: number;
  /** Between two looks. */
  readonly pause: number;
}

/** An app that waits for a rebuilt volume and an image takes minutes. */
export const usualLimits: DrillLimits = { move: 900, proof: 120, green: 300, pause: 1 };

/** Tells people how far it is. */
export type Tell = (what: string) => void;

/** The drill's own world, its checks, and who is told. */
export interface Drill {
  readonly platform: Platform;
  readonly world: LiveWorld;
  /** The checks of a verification. */
  readonly passive: readonly Check[];
  readonly tell: Tell;
  readonly limits: DrillLimits;
}

/** Empties a node, and gives it back whatever happens. Aborted, it gives the node back and throws. */
export async function empty(
  { platform, world, passive, tell, limits }: Drill,
  target: Target,
  signal: AbortSignal,
): Promise<Course> {
  const watch = new Watch(target, tell);
  let course: Omit<Course, "released"> | undefined;
  let released: Ended | undefined;
  try {
    tell(`draining ${target.node}`);
    const command = platform.drain(target, Math.round(limits.move / 2));
    const going = world.act(command, { seconds: limits.move, signal });
    let drained: Ended | undefined;
    const ended = going.then((end) => (drained = end));
    const end = Date.now() + limits.move * 1000;
    while (Date.now() < end && !signal.aborted) {
      // An answer that is late or lost is asked for again.
      const standings = await platform.standings(world.afresh(), target).catch(() => []);
      watch.note(standings);
      if (drained && (drained.code !== 0 || watch.isDone)) break;
      await pause(limits.pause, signal);
    }
    course = { target, drained: await ended, moves: watch.moves() };
    signal.throwIfAborted();
    if (watch.isDone) {
      tell("asking what has to hold of the data");
      course = { ...course, proof: await proven(platform, world, passive, target, limits, signal) };
    }
  } finally {
    released = await release(platform, world, target, tell);
  }
  signal.throwIfAborted();
  return { ...course, ...(released && { released }) };
}

/** Asks until it holds, or the time for it is over. */
async function proven(
  platform: Platform,
  world: LiveWorld,
  passive: readonly Check[],
  target: Target,
  limits: DrillLimits,
  signal: AbortSignal,
): Promise<Outcome> {
  const end = Date.now() + limits.proof * 1000;
  for (;;) {
    const outcome = await platform.proof
      .look(world.afresh(), target, passive)
      .catch((error: unknown): Outcome => {
        const found = reasonOf(error);
        return { findings: [{ found, expected: "an answer", fix: platform.words.away }] };
      });
    if (!outcome.findings?.length || Date.now() > end || signal.aborted) return outcome;
    await pause(limits.pause, signal);
  }
}

/** Gives the node back. Neither a signal nor a first failure keeps it from that. */
async function release(
  platform: Platform,
  world: LiveWorld,
  target: Target,
  tell: Tell,
): Promise<Ended | undefined> {
  const command = platform.release(target);
  if (!command) return undefined;
  for (let tries = 5; ; tries -= 1) {
    const ended = await world
      .act(command, { seconds: 30, unstoppable: true })
      .catch((error: unknown): Ended => ({ code: 1, stdout: "", stderr: String(error) }));
    if (ended.code === 0) tell(`${target.node} takes pods again`);
    if (ended.code === 0 || tries === 1) return ended;
    await sleep(2000);
  }
}

/** The lines of the drill beside those of a verification, once nothing is red, or when the time for it is over. */
export async function afterwards(
  { platform, world, passive, tell, limits }: Drill,
  course: Course,
  signal: AbortSignal,
): Promise<Result[]> {
  const checks = [...passive, ...drillChecks(platform, passive, () => course)];
  const end = Date.now() + limits.green * 1000;
  let before = "";
  for (;;) {
    const results = await runChecks(checks, world.afresh());
    const red = results
      .filter(({ status, check }) => status === "failure" && !check.id.startsWith("drill/"))
      .map(({ check }) => check.id)
      .join(", ");
    if (red === "" || Date.now() > end || signal.aborted) return results;
    if (red !== before) tell(`waiting until nothing is red: ${red}`);
    before = red;
    await pause(limits.pause, signal);
  }
}

/** What becomes of the apps, look by look. */
export class Watch {
  private readonly seen = new Map<string, { now: Standing; away: number; since?: number }>();
  private readonly target: Target;
  private readonly tell: Tell;
  private readonly clock: () => number;

  constructor(target: Target, tell: Tell, clock: () => number = Date.now) {
    this.target = target;
    this.tell = tell;
    this.clock = clock;
  }

  note(standings: readonly Standing[]): void {
    const at = this.clock();
    for (const now of standings) {
      const { away = 0, since, now: before } = this.seen.get(now.app) ?? {};
      if (!now.ready) {
        if (since === undefined) this.tell(`${now.app} is away`);
        this.seen.set(now.app, { now, away, since: since ?? at });
        continue;
      }
      const whole = since === undefined ? away : away + at - since;
      const isNew = since !== undefined || (now.left && !before?.left);
      if (isNew) this.tell(`${now.app} serves from ${now.on.join(", ")}, ${seconds(whole)} s away`);
      this.seen.set(now.app, { now, away: whole });
    }
  }

  /** Whether every app has left and serves. */
  get isDone(): boolean {
    return this.target.apps.every((app) => {
      const { now } = this.seen.get(app) ?? {};
      return now?.ready && now.left;
    });
  }

  moves(): Move[] {
    const at = this.clock();
    return this.target.apps.map((app) => {
      const { now, away = 0, since } = this.seen.get(app) ?? {};
      return {
        app,
        seconds: Number(seconds(since === undefined ? away : away + at - since)),
        isBack: Boolean(now?.ready && now.left),
        left: now?.left ?? false,
        on: now?.on ?? [],
        trouble: now?.trouble ?? "nobody has said how it is",
      };
    });
  }
}

const seconds = (milliseconds: number) => Math.round(milliseconds / 1000).toString();

/** Broken off, it is over at once; what comes next sees that by itself. */
async function pause(length: number, signal: AbortSignal): Promise<void> {
  await sleep(length * 1000, undefined, { signal }).catch(() => undefined);
}
