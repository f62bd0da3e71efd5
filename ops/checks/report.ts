/** What checks have found, for people, for scripts and for a page. */
import { markdownTable } from "../markdown";
import { areaOf, type Finding, type Result, type Status } from "./check";

/** How many lines are red: the exit status of a command, which has room for no more than that. */
export function exitCode(results: readonly Result[]): number {
  return Math.min(results.filter(({ status }) => status === "failure").length, 100);
}

/** What is shown: areas together, in the order in which they come first; nothing of what the stack doesn't have. */
export function shownResults(results: readonly Result[], area?: string): Result[] {
  const order = [...new Set(results.map(({ check }) => areaOf(check.id)))];
  return results
    .filter(({ status }) => status !== "absent")
    .filter(
      // Outside the area only what keeps it from being looked at.
      ({ check, status }) => !area || areaOf(check.id) === area || status === "failure",
    )
    .sort((a, b) => order.indexOf(areaOf(a.check.id)) - order.indexOf(areaOf(b.check.id)));
}

const marks: Readonly<Record<Status, string>> = {
  ok: "✓",
  warning: "!",
  failure: "✗",
  blocked: "–",
  absent: "–",
};

const colours: Readonly<Partial<Record<Status, string>>> = {
  ok: "32",
  warning: "33",
  failure: "31",
};

/** Where people read on. */
export const guide = "docs/troubleshooting.md";

/** A heading's anchor as GitHub makes it. */
export function anchor(id: string): string {
  return id.replaceAll("/", "");
}

export interface TextOptions {
  readonly colour: boolean;
}

/** One line a check; hints only under what is not green. */
export function text(results: readonly Result[], { colour }: TextOptions): string {
  const width = Math.max(0, ...results.map(({ check }) => check.id.length));
  const mark = (status: Status) => {
    const code = colours[status];
    return colour && code ? `\u001b[${code}m${marks[status]}\u001b[0m` : marks[status];
  };
  const lines = results.flatMap((result) => [
    `${mark(result.status)} ${result.check.id.padEnd(width)}  ${summary(result)}`,
    ...hints(result).map((hint) => `    ${hint.replaceAll("\n", "\n    ")}`),
  ]);
  return [...lines, totals(results), ""].join("\n");
}

function summary({ check, status, said, blockedBy }: Result): string {
  if (status === "blocked") return `blocked by ${blockedBy ?? "?"}`;
  return status === "ok" && said ? `${check.meaning}: ${said}` : check.meaning;
}

function hints({ check, status, findings }: Result): string[] {
  if (status !== "warning" && status !== "failure") return [];
  return [
    ...findings.flatMap((finding) => [sentence(finding), `fix: ${finding.fix}`]),
    `look: ${check.look}`,
    `docs: ${guide}#${anchor(check.id)}`,
  ];
}

function sentence({ about, found, expected }: Finding): string {
  return `${about === undefined ? "" : `${about}: `}found ${found}, expected ${expected}`;
}

function totals(results: readonly Result[]): string {
  const count = (status: Status) => results.filter((result) => result.status === status).length;
  const words: [Status, string][] = [
    ["ok", "fine"],
    ["warning", "to look at"],
    ["failure", "failed"],
    ["blocked", "blocked"],
  ];
  return words
    .filter(([status]) => count(status) > 0)
    .map(([status, word]) => `${count(status).toString()} ${word}`)
    .join(", ");
}

/** For scripts; its shape stays as it is. */
export function json(stack: string, results: readonly Result[]): string {
  const shape = {
    stack,
    failures: results.filter(({ status }) => status === "failure").length,
    warnings: results.filter(({ status }) => status === "warning").length,
    checks: results.map(({ check, status, said, findings, blockedBy, seconds }) => ({
      id: check.id,
      status,
      meaning: check.meaning,
      said,
      findings,
      ...(blockedBy !== undefined && { blockedBy }),
      look: check.look,
      seconds,
    })),
  };
  return `${JSON.stringify(shape, undefined, 2)}\n`;
}

/** For a page: an area a table. */
export function markdown(stack: string, results: readonly Result[]): string {
  const cell = (value: string) => value.replaceAll("|", "\\|").replaceAll("\n", "<br>");
  const row = (result: Result) =>
    [
      marks[result.status],
      `\`${result.check.id}\``,
      [summary(result), ...hints(result).slice(0, -2)].join("\n"),
      result.seconds.toFixed(1),
    ].map(cell);
  const areas = [...new Set(results.map(({ check }) => areaOf(check.id)))];
  const tables = areas.map((area) =>
    [
      `## ${area}`,
      "",
      ...markdownTable(
        ["   ", "check", "found", "seconds"],
        results.filter(({ check }) => areaOf(check.id) === area).map(row),
      ),
      "",
    ].join("\n"),
  );
  return [`# ${stack}`, "", totals(results), "", ...tables].join("\n");
}
