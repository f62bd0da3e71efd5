/** A preview as Markdown, for a job's page and a pull request. Whatever a change says stands in code spans. */
import type { Changes, Line } from "./changes";
import type { Loss } from "./guard";

export interface StackReport {
  readonly stack: string;
  /** What the plan stands on, a sentence. */
  readonly evidence: string;
  /** How many resources are planned. */
  readonly resources: number;
  readonly faults: readonly string[];
  readonly losses: readonly Loss[];
  /** Undefined where there is nothing to compare with. */
  readonly changes?: Changes;
}

/** Pull requests take no longer comment. */
const longest = 60_000;
/** A group with more lines is a rewrite, which nobody reads here. */
const linesOfGroup = 25;

export function markdown(reports: readonly StackReport[]): string {
  const text = ["## Preview", "", ...reports.flatMap(section)].join("\n");
  if (text.length <= longest) return `${text}\n`;
  const cut = text.slice(0, text.lastIndexOf("\n", longest));
  const fence = (cut.match(/^```/gm) ?? []).length % 2 === 1 ? "\n```" : "";
  return `${cut}${fence}\n\n… and more; all of it: \`npm run preview:ci -- --markdown\`\n`;
}

function section({ stack, evidence, resources, changes, ...rest }: StackReport): string[] {
  return [
    `### ${stack}: ${headline(rest, changes, resources)}`,
    "",
    ...faultLines(rest),
    ...(changes ? changeLines(changes) : []),
    `<sub>${evidence}</sub>`,
    "",
  ];
}

function headline(
  { faults, losses }: Pick<StackReport, "faults" | "losses">,
  changes: Changes | undefined,
  resources: number,
): string {
  const wrong = faults.length + losses.length;
  const parts = wrong > 0 ? [`❌ ${count(wrong, "fault")}`] : [];
  if (!changes) {
    const planned = resources > 0 ? [`${count(resources, "resource")} planned`] : [];
    return [...parts, ...planned].join(", ");
  }
  const { images, added, changed, removed } = changes;
  const counts = [
    images.length > 0 && count(images.length, "new image"),
    added > 0 && `${added.toString()} added`,
    changed > 0 && `${changed.toString()} changed`,
    removed > 0 && `${removed.toString()} removed`,
  ].filter((each) => each !== false);
  return [...parts, ...(counts.length > 0 ? counts : ["no changes"])].join(", ");
}

function count(number: number, thing: string): string {
  return `${number.toString()} ${thing}${number === 1 ? "" : "s"}`;
}

/** The faults as the command prints them. */
export function faultText({ faults, losses }: Pick<StackReport, "faults" | "losses">): string {
  const lost = losses.map(
    ({ resource, field, before, after, message, fix }) =>
      `${resource}: ${field}: ${before} -> ${after}: ${message}\n  fix: ${fix}`,
  );
  return [...faults, ...lost].map((each) => `✗ ${each.trimEnd()}\n`).join("");
}

function faultLines(rest: Pick<StackReport, "faults" | "losses">): string[] {
  const text = faultText(rest);
  if (text === "") return [];
  // A fence that the text can't close.
  return ["````text", ...text.trimEnd().replaceAll("````", "'```").split("\n"), "````", ""];
}

function changeLines({ images, groups }: Changes): string[] {
  const lines = [
    ...images.map((image) => `- ${code(image)}`),
    ...(images.length > 0 ? [""] : []),
    ...Object.entries(groups).flatMap(([name, members]) => [
      `**${name}**`,
      "",
      ...shortened(members.flatMap(memberLines)),
      "",
    ]),
  ];
  return lines;
}

const signs = { "+": "added", "-": "removed", "~": "changed" };

function memberLines({ sign, resource, fields }: Line): string[] {
  return [`- ${signs[sign]} ${code(resource)}`, ...fields.map((field) => `  - ${code(field)}`)];
}

function shortened(lines: readonly string[]): string[] {
  if (lines.length <= linesOfGroup) return [...lines];
  const left = lines.length - linesOfGroup;
  return [...lines.slice(0, linesOfGroup), `- … and ${count(left, "more line")}`];
}

function code(text: string): string {
  return `\`${text.replaceAll("`", "'").replaceAll("\n", " ")}\``;
}
