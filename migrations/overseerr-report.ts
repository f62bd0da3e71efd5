/** What a move of Overseerr has found out, for machines and for people. */
import {
  comparison,
  resultOf,
  secondsByStep,
  stepTable,
  type Facts,
  type StepResult,
} from "./report";

export interface OverseerrReport {
  readonly generation: number;
  /** Of Overseerr, the same before and after. */
  readonly version: string;
  /** Of the data and of the archive that stays on the old host. */
  readonly bytes: { readonly data: number; readonly archive: number };
  /** SHA-256 of that archive, and of settings.json. */
  readonly digests: { readonly archive: string; readonly settings: string };
  /** Litestream's position that the new Overseerr started from. */
  readonly position: string;
  /** Rows by table: of the old Overseerr, and of what was restored from its replica. */
  readonly before: Readonly<Record<string, number>>;
  readonly after: Readonly<Record<string, number>>;
  /** What the new one's API lists. */
  readonly users: number;
  readonly requests: number;
  /** Addresses that it speaks to, by app; the same before and after. */
  readonly integrations: Readonly<Record<string, readonly string[]>>;
  /** Seconds without an Overseerr. */
  readonly downtime: number;
  /** Seconds by step. */
  readonly seconds: Readonly<Record<string, number>>;
}

/** Puts the steps' results together. Throws where one is missing. */
export function overseerrReport(
  generation: number,
  results: readonly StepResult[],
): OverseerrReport {
  const of = (step: string) => resultOf(results)(step).found;
  const server = of("cut-over").server as Facts;
  return {
    generation,
    version: String(of("check").version),
    bytes: { data: Number(of("check").bytes), archive: Number(of("archive").bytes) },
    digests: { archive: String(of("archive").digest), settings: String(of("settings").digest) },
    position: String(of("drill").position),
    before: of("cut-over").before as Record<string, number>,
    after: of("drill").counts as Record<string, number>,
    users: Number(server.users),
    requests: Number(server.requests),
    integrations: server.integrations as Record<string, string[]>,
    downtime: Number(of("cut-over").down),
    seconds: secondsByStep(results),
  };
}

/** The report as Markdown. */
export function overseerrMarkdown(report: OverseerrReport): string {
  const integrations = Object.entries(report.integrations).flatMap(([app, urls]) =>
    urls.map((url) => `- ${app}: ${url}`),
  );
  return [
    `# Overseerr, move ${report.generation.toString()}`,
    "",
    `Version ${report.version}: ${report.users.toString()} users and ${report.requests.toString()} requests; ` +
      `${report.downtime.toString()} s without an Overseerr.`,
    "",
    ...comparison(report.before, report.after),
    "",
    ...(integrations.length > 0 ? ["It speaks to:", "", ...integrations, ""] : []),
    ...stepTable(report.seconds),
    "",
    `The replica was restored and compared at position ${report.position}. The archive of all data, ` +
      `${(report.bytes.archive / 2 ** 20).toFixed(1)} MiB, stays on the old host; its SHA-256 is ${report.digests.archive}.`,
    "",
    "The old container is stopped and does not start by itself; nothing of its data was changed.",
  ].join("\n");
}
