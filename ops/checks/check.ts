/** Checks of a living stack: what one is, and how all of them are run. A check only looks; it changes nothing. */
import { reasonOf } from "./ask";
import type { World } from "./world";

/** One thing that is not as it should be. */
export interface Finding {
  /** What it is about, such as the name of an object. @default the check's own meaning says it */
  readonly about?: string;
  readonly found: string;
  readonly expected: string;
  /** What to type, or to do. */
  readonly fix: string;
  /** Something works without it, or a person has yet to do it. @default it is a failure */
  readonly warning?: boolean;
}

/** What a check has seen: nothing wrong, everything that is, or nothing that it could judge. */
export interface Outcome {
  /** What was seen, in a few words, where nothing is wrong. */
  readonly said?: string;
  readonly findings?: readonly Finding[];
  /** The stack has nothing of this kind. */
  readonly absent?: boolean;
}

export interface Check {
  /** `area/thing`; never changed, because people link to it and scripts read it. */
  readonly id: string;
  /** What holds where the check is green, in one line. */
  readonly meaning: string;
  /** What a person would type to look for himself. */
  readonly look: string;
  /** Checks whose failure leaves this one nothing to ask. */
  readonly needs?: readonly string[];
  /** How long it may take. @default 10 */
  readonly seconds?: number;
  readonly run: (world: World) => Promise<Outcome>;
}

export type Status = "ok" | "warning" | "failure" | "blocked" | "absent";

export interface Result {
  readonly check: Pick<Check, "id" | "meaning" | "look">;
  readonly status: Status;
  readonly said: string;
  readonly findings: readonly Finding[];
  /** Id of the failure that left it nothing to ask. */
  readonly blockedBy?: string;
  readonly seconds: number;
}

/** The stack has nothing of this kind. */
export const absent: Outcome = { absent: true };

/** Green if there are no findings; `said` is what was seen then. */
export function judged(findings: readonly Finding[], said = ""): Outcome {
  return findings.length > 0 ? { findings } : { said };
}

export interface Limits {
  /** Seconds that a check may take if it says nothing else. */
  readonly each: number;
  /** Seconds that all of them may take together. */
  readonly all: number;
}

/** A check that takes longer by its own word makes the whole longer, too. */
export function limitsFor(checks: readonly Check[]): Limits {
  return { each: 10, all: Math.max(30, ...checks.map(({ seconds }) => (seconds ?? 0) + 30)) };
}

/**
 * Runs every check as soon as what it needs is done, all others beside it. What depends on a failure is blocked by
 * it; so one cause is one red line. Throws where a check needs one that isn't there.
 */
export async function runChecks(
  checks: readonly Check[],
  world: World,
  limits: Limits = limitsFor(checks),
): Promise<Result[]> {
  const known = new Map(checks.map((check) => [check.id, check]));
  const running = new Map<string, Promise<Result>>();
  const end = Date.now() + limits.all * 1000;

  const result = (id: string): Promise<Result> => {
    const before = running.get(id);
    if (before) return before;
    const check = known.get(id);
    if (!check) throw new Error(`there is no check ${id}`);
    const started = run(check);
    running.set(id, started);
    return started;
  };

  const run = async (check: Check): Promise<Result> => {
    const needed = await Promise.all((check.needs ?? []).map(result));
    const blocker = needed.find(({ status }) => status === "failure" || status === "blocked");
    const told = { check, said: "", findings: [], seconds: 0 };
    if (blocker)
      return { ...told, status: "blocked", blockedBy: blocker.blockedBy ?? blocker.check.id };
    const started = Date.now();
    const left = Math.min((check.seconds ?? limits.each) * 1000, Math.max(end - started, 0));
    const outcome = await within(left, check, world);
    const { said = "", findings = [] } = outcome;
    const seconds = (Date.now() - started) / 1000;
    return { check, status: statusOf(outcome), said, findings, seconds };
  };

  return Promise.all(checks.map(({ id }) => result(id)));
}

function statusOf({ findings = [], absent }: Outcome): Status {
  if (absent) return "absent";
  if (findings.length === 0) return "ok";
  return findings.every(({ warning }) => warning) ? "warning" : "failure";
}

/** What a check says, or its failure to say anything. */
async function within(milliseconds: number, check: Check, world: World): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Outcome>((resolve) => {
    const found = `no answer within ${Math.round(milliseconds / 1000).toString()} s`;
    timer = setTimeout(() => {
      resolve(unanswered(check, found));
    }, milliseconds);
  });
  try {
    return await Promise.race([check.run(world), late]);
  } catch (error) {
    return unanswered(check, reasonOf(error));
  } finally {
    clearTimeout(timer);
  }
}

function unanswered({ look }: Check, found: string): Outcome {
  return { findings: [{ found, expected: "an answer", fix: `look for yourself: ${look}` }] };
}

/** The checks of an area (all if none is named), and those that they need. Throws where there is no such area. */
export function selectChecks(checks: readonly Check[], area?: string): Check[] {
  if (area === undefined) return [...checks];
  const wanted = checks.filter(({ id }) => areaOf(id) === area).map(({ id }) => id);
  if (wanted.length === 0)
    throw new Error(`no area ${area}; there are ${areas(checks).join(", ")}`);
  return withNeeds(checks, wanted);
}

/** The checks of these ids, and those that they need. */
export function withNeeds(checks: readonly Check[], ids: Iterable<string>): Check[] {
  const wanted = new Set(ids);
  // A check comes after those that it needs.
  for (const { id, needs = [] } of checks.toReversed())
    if (wanted.has(id)) for (const needed of needs) wanted.add(needed);
  return checks.filter(({ id }) => wanted.has(id));
}

export function areaOf(id: string): string {
  return id.slice(0, id.indexOf("/"));
}

export function areas(checks: readonly Check[]): string[] {
  return [...new Set(checks.map(({ id }) => areaOf(id)))];
}
