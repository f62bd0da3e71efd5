/** Asks the living stack for its status: read-only, all at the same time, and each question for a bounded time. */
import * as pulumi from "@pulumi/pulumi";
import { reasonOf } from "../checks/ask";
import { runChecks, withNeeds, type Result } from "../checks/check";
import type { Platform } from "../checks/command";
import { migrationOf } from "../checks/stack";
import { lastVerification } from "../checks/verification";
import { verifyChecks } from "../checks/verify";
import type { World } from "../checks/world";
import { homelabParts, homelabQuestions } from "./homelab";
import { unasked, type Live, type MoveStatus, type Status, type Unanswered } from "./model";
import { nomadParts, nomadQuestions } from "./nomad";

/** What the parts of both platforms are gathered with. */
export interface Asking {
  readonly world: World;
  readonly now: Date;
  /** Outputs of the last `up`; what is secret is not shown. */
  readonly outputs: Outputs;
  /** What a check of the verification has seen. */
  readonly seen: (id: string) => Live;
  /** An answer; nothing where there is none, which is noted. */
  readonly asked: <T>(what: string, question: () => Promise<T>) => Promise<T | undefined>;
}

/** The outputs read here: see stacks/outputs.ts. */
export interface Outputs {
  readonly urls?: Readonly<Record<string, string>>;
  readonly loadBalancers?: Readonly<Record<string, string>>;
  readonly replicas?: Readonly<Record<string, string>>;
  readonly migrations?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** What differs from platform to platform. */
export type Parts = Pick<Status, "apps" | "volumes" | "backups" | "picture">;

/** Without these there is nothing to tell of. */
const conditions = ["config/valid", "config/plans", "foundation/up"];

/** Throws one sentence, with what to do, about a stack that has no valid config or was not brought up yet. */
export async function gatherStatus(
  world: World,
  platform: Platform | undefined,
  now = new Date(),
): Promise<Status> {
  const all = verifyChecks({ platform, active: false, only: undefined });
  const questions = platform === "nomad" ? nomadQuestions : homelabQuestions;
  const results = await runChecks(withNeeds(all, [...conditions, ...questions]), world);
  demand(results, world.stack);

  const unanswered: Unanswered[] = [];
  const asked: Asking["asked"] = async (what, question) => {
    try {
      return await question();
    } catch (error) {
      const why = reasonOf(error);
      unanswered.push({ what, why });
      return undefined;
    }
  };
  const seen = (id: string) => liveOf(results.find(({ check }) => check.id === id));
  const [outputs, config] = [(await world.outputs()) as Outputs, await world.config()];
  const asking: Asking = { world, now, outputs, seen, asked };
  const parts =
    config.platform === "nomad"
      ? await nomadParts(asking, config)
      : await homelabParts(asking, config);
  const verification = await asked("the last verification", () =>
    Promise.resolve().then(() => lastVerification(world.stack)),
  );
  const move = migrationOf(config);
  return {
    stack: world.stack,
    platform: config.platform,
    at: now,
    ...parts,
    backups: [...parts.backups, ...archives(move, outputs)],
    moves: move ? [moveStatus(move, outputs)] : [],
    ...(verification && { verification }),
    unanswered: unanswered.sort((a, b) => (a.what < b.what ? -1 : 1)),
  };
}

/** What keeps a stack from having a status is told in the words of the check that has found it. */
function demand(results: readonly Result[], stack: string): void {
  const failed = (id: string) =>
    results.find(({ check, status }) => check.id === id && status === "failure");
  for (const id of conditions) {
    const { blockedBy } = results.find(({ check }) => check.id === id) ?? {};
    const problem = failed(id) ?? (blockedBy === undefined ? undefined : failed(blockedBy));
    if (!problem) continue;
    const lines = problem.findings.map(
      ({ about, found, fix }) => `${about === undefined ? "" : `${about}: `}${found}\nfix: ${fix}`,
    );
    const head = `${stack} has no status yet: it does not hold that ${problem.check.meaning}`;
    throw new pulumi.RunError([head, ...lines].join("\n"));
  }
}

/** A check's result as a state: what it could not judge is unknown. */
function liveOf(result: Result | undefined): Live {
  if (!result || result.status === "absent") return unasked;
  const { status, said, findings, blockedBy } = result;
  if (status === "blocked") return { state: "unknown", said: `not asked: ${blockedBy ?? "?"}` };
  if (status === "ok") return { state: "ok", said };
  const found = findings.map((each) =>
    each.about === undefined ? each.found : `${each.about}: ${each.found}`,
  );
  return { state: status === "warning" ? "warning" : "down", said: found.join("; ") };
}

type Move = NonNullable<ReturnType<typeof migrationOf>>;

function moveStatus({ app, generation, phase, rolledBack }: Move, outputs: Outputs): MoveStatus {
  const report = outputs.migrations?.[app];
  const told = report && Number(report.generation) === generation ? report : undefined;
  return {
    app,
    generation,
    phase: rolledBack === generation ? "rolled back" : phase,
    said: told
      ? `version ${String(told.version)}, ${String(told.downtime)} s without a server`
      : phase === "done"
        ? "over"
        : "not finished by the last up",
  };
}

/** The old server's data stay on its host, and so does the archive that a move has made of them. */
function archives(move: Move | undefined, outputs: Outputs): Status["backups"] {
  const report = move && outputs.migrations?.[move.app];
  if (!report) return [];
  // Each of the two moves has its own kind of report.
  const { archive, digests } = report as { archive?: string; digests?: { archive: string } };
  const digest = (archive ?? digests?.archive ?? "").slice(0, 12);
  const said = `SHA-256 ${digest}…, as the move has noted it; nobody has looked since`;
  const where = `${move.source.host}:${move.source.backupDir}`;
  return [{ of: `${move.app} before its move`, where, live: { state: "unknown", said } }];
}
