/** The page that takes the original plans one by one leaves none of their tasks out, and what it names as a proof is there. */
import * as fs from "node:fs";
import * as path from "node:path";
import { anchor } from "../../ops/checks/report";
import { policies } from "../../ops/policies";
import { checkLists } from "../support/checks";
import { pageText, project } from "../support/docs";

const text = pageText("docs/from-the-plans.md");

/** First cells of the table rows of a chapter. */
function rowsOf(chapter: string): string[] {
  const [, rest = ""] = text.split(`\n## ${chapter}\n`);
  const [body = ""] = rest.split("\n## ");
  return body
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) => line.slice(2).split(" | ").slice(0, 2).join(" "));
}

const numbered = (prefix: string, count: number, width = 3) =>
  Array.from({ length: count }, (_, n) => `${prefix}${(n + 1).toString().padStart(width, "0")}`);

it.each([
  ["Tasks: Migrate Plex Library to Kubernetes", 40],
  ["Tasks: Migrate Overseerr to Nomad", 66],
])("every task of %s has its row, once", (chapter, count) => {
  const ids = rowsOf(chapter).flatMap((row) => /^T\d{3}/.exec(row)?.[0] ?? []);
  expect(ids).toEqual(numbered("T", count));
});

it("every step, gotcha, tier and drill of the media stack has its row", () => {
  const rows = rowsOf("Media Automation Stack Implementation Plan");
  const has = (pattern: RegExp) => rows.filter((row) => pattern.test(row)).length;
  for (let step = 1; step <= 17; step++)
    expect([step, has(new RegExp(`^\\d +${step.toString()}\\. `))]).not.toEqual([step, 0]);
  for (let gotcha = 0; gotcha <= 10; gotcha++)
    expect([gotcha, has(new RegExp(`^Gotcha ${gotcha.toString()}[: ]`))]).not.toEqual([gotcha, 0]);
  expect(has(/^Gotcha 1[: ]/)).toBe(2);
  for (const tier of [1, 2, 3, 4, 5])
    expect(has(new RegExp(`^${tier.toString()} `))).toBeGreaterThan(0);
  expect(has(/^(w1|w3|Unraid) (failure|recovery)/)).toBe(4);
});

it("the research of the first plan has its rows", () => {
  const rows = rowsOf("Implementation Plan: Migrate Plex Library to Kubernetes");
  for (const id of ["R1", "R2", "R3", "R4", "R5"])
    expect(rows.filter((row) => row.startsWith(id))).toHaveLength(1);
});

/** Checkboxes in each of the plans that have any, as they were counted there. */
const boxes: readonly [chapter: string, app: string, count: number][] = [
  ["Tasks: Migrate Plex Library to Kubernetes", "plex", 50],
  ["Media Automation Stack Implementation Plan", "", 55],
  ["Tasks: Migrate Overseerr to Nomad", "overseerr", 66],
];

/** Last cells of a chapter's tables that have a column of proofs. */
function proofsOf(chapter: string): string[] {
  const [, rest = ""] = text.split(`\n## ${chapter}\n`);
  const [body = ""] = rest.split("\n## ");
  const tables = body.split(/\n\n+/).filter((part) => /^\|.* proved by +\|/.test(part.trim()));
  return tables.flatMap((table) =>
    table
      .trim()
      .split("\n")
      .slice(2)
      .map((line) => line.slice(0, -1).split(" | ").at(-1)?.trim() ?? ""),
  );
}

const checkIds = checkLists.flat().map(({ id }) => id);

/** Why a proof can't be one. That each check and each policy fails on something is tested where they are. */
function fault(proof: string, app: string): string | undefined {
  const [, id, target] =
    /^\[([a-z]+\/[a-z-]+)\]\(troubleshooting\.md#([a-z-]+)\)$/.exec(proof) ?? [];
  if (id !== undefined)
    return checkIds.includes(id) && target === anchor(id) ? undefined : `no check ${id}`;
  const [, kind, name = ""] = /^(policy|step) `([a-z-]+)`$/.exec(proof) ?? [];
  if (kind === "policy") return policies[name] ? undefined : `no policy ${name}`;
  const script = name === "report" ? "lib/report.sh" : `${app}/steps/${name}.sh`;
  const isStep = kind === "step" && fs.existsSync(path.join(project, "migrations", script));
  return isStep ? undefined : `no proof: ${proof}`;
}

it.each(boxes)("what proves the checkboxes of %s is there", (chapter, app, count) => {
  const proofs = proofsOf(chapter);
  expect(proofs).toHaveLength(count);
  const named = proofs
    .filter((cell) => cell !== "–")
    .flatMap((cell) => cell.replace(/; in part$/, "").split(", "));
  expect(named.flatMap((proof) => fault(proof, app) ?? [])).toEqual([]);
});

it("of all checkboxes four in five have a proof, and the page counts them right", () => {
  const proofs = boxes.flatMap(([chapter]) => proofsOf(chapter));
  const proved = proofs.filter((cell) => cell !== "–");
  const inPart = proved.filter((cell) => cell.endsWith("; in part"));
  expect(proved.length / proofs.length).toBeGreaterThanOrEqual(0.8);
  const [said] = /Of the \d+ checkboxes .*? in part(?=\.)/.exec(text.replaceAll("\n", " ")) ?? [];
  expect(said).toBe(
    `Of the ${proofs.length.toString()} checkboxes ${proved.length.toString()} have one, ${inPart.length.toString()} of these in part`,
  );
});
