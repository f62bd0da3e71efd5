/** What a move has found out, for machines and for people. */

export type Facts = Readonly<Record<string, unknown>>;

/** One step: what it has found out, and how long it took. */
export interface StepResult {
  readonly step: string;
  readonly seconds: number;
  readonly found: Facts;
}

/** What a move of a Plex library has found out. */
export interface MoveReport {
  readonly generation: number;
  readonly version: string;
  /** machineIdentifier, the same before and after. */
  readonly identity: string;
  readonly files: number;
  readonly bytes: number;
  /** Level of the check of the databases: plex (its own SQLite), or stock. */
  readonly checked: string;
  /** SHA-256 of the archive that stays on the old host. */
  readonly archive: string;
  /** Rows by table, and items by section. */
  readonly before: Readonly<Record<string, number>>;
  readonly after: Readonly<Record<string, number>>;
  /** Seconds without a server. */
  readonly downtime: number;
  /** Seconds by step. */
  readonly seconds: Readonly<Record<string, number>>;
  /** Milliseconds until the slowest sample played. */
  readonly slowestStart: number;
  /** Goals of the plan that were missed. */
  readonly missed: readonly string[];
}

/** A step's result by its name. Throws where it is missing. */
export function resultOf(results: readonly StepResult[]): (step: string) => StepResult {
  return (step) => {
    const found = results.find((result) => result.step === step);
    if (!found) throw new Error(`the step ${step} has left no result`);
    return found;
  };
}

export function secondsByStep(results: readonly StepResult[]): Record<string, number> {
  return Object.fromEntries(results.map((result) => [result.step, result.seconds]));
}

/** Table in Markdown of what there was before, and after. */
export function comparison(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): string[] {
  const rows = Object.entries(before).map(
    ([name, value]) => `| ${name} | ${String(value)} | ${String(after[name] ?? "missing")} |`,
  );
  return ["| What | Before | After |", "| --- | ---: | ---: |", ...rows];
}

/** Table in Markdown of the seconds of every step. */
export function stepTable(seconds: Readonly<Record<string, number>>): string[] {
  const rows = Object.entries(seconds).map(([name, value]) => `| ${name} | ${value.toString()} |`);
  return ["| Step | Seconds |", "| --- | ---: |", ...rows];
}

/** The plan's goals, in seconds and milliseconds. */
const goals = { total: 4 * 3600, databaseCheck: 300, start: 5000 };

/** Puts the steps' results together. Throws where one is missing. */
export function moveReport(generation: number, results: readonly StepResult[]): MoveReport {
  const of = resultOf(results);
  const check = of("check").found;
  const archive = of("archive");
  const cutOver = of("cut-over").found;
  const server = cutOver.server as Facts;
  const seconds = secondsByStep(results);
  const total = Object.values(seconds).reduce((sum, value) => sum + value, 0);
  const slowest = Number(server.slowest);
  const missed = [
    ...(total > goals.total
      ? [`the move took ${total.toString()} s, the goal is ${goals.total.toString()} s`]
      : []),
    ...(archive.seconds > goals.databaseCheck
      ? [
          `archive: checking the databases took ${archive.seconds.toString()} s, the goal is ${goals.databaseCheck.toString()} s`,
        ]
      : []),
    ...(slowest > goals.start
      ? [
          `cut-over: a sample took ${slowest.toString()} ms to start, the goal is ${goals.start.toString()} ms`,
        ]
      : []),
  ];
  return {
    generation,
    version: String(server.version),
    identity: String(server.identity),
    files: Number(check.files),
    bytes: Number(check.bytes) + Number(check.databaseBytes),
    checked: String(check.checked),
    archive: String(archive.found.digest),
    before: cutOver.before as Record<string, number>,
    after: server.counts as Record<string, number>,
    downtime: Number(cutOver.down),
    seconds,
    slowestStart: slowest,
    missed,
  };
}

/** The report as Markdown. */
export function reportMarkdown(report: MoveReport): string {
  const { before, after } = report;
  // While the old paths lie in Plex's trash, each file is there twice.
  const shown = Object.entries(before).filter(([name]) => !name.startsWith("media_"));
  return [
    `# Plex, move ${report.generation.toString()}`,
    "",
    `Server ${report.identity}, version ${report.version}: ${report.files.toString()} files, ` +
      `${(report.bytes / 2 ** 30).toFixed(1)} GiB; ${report.downtime.toString()} s without a server.`,
    "",
    ...(report.missed.length > 0
      ? ["Goals that were missed:", "", ...report.missed.map((goal) => `- ${goal}`), ""]
      : []),
    ...comparison(Object.fromEntries(shown), after),
    "",
    ...stepTable(report.seconds),
    "",
    `The databases were checked with ${report.checked === "plex" ? "Plex's own SQLite" : "stock SQLite, table by table"}. ` +
      `Their archive stays on the old host; its SHA-256 is ${report.archive}.`,
    "",
    "Until it is cleaned up, the old server is stopped and kept from starting, and nothing of its library was changed.",
  ].join("\n");
}
