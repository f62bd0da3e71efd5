import * as fs from "node:fs";
import * as path from "node:path";
import { areaOf, type Check } from "../../ops/checks/check";
import { anchor, guide } from "../../ops/checks/report";
import { checkLists } from "../support/checks";

const checks = checkLists.flat();
const text = fs.readFileSync(path.join(__dirname, "../..", guide), "utf8");
const headings = (level: string) =>
  text
    .split("\n")
    .flatMap((line) => (line.startsWith(`${level} `) ? [line.slice(level.length + 1)] : []));

test("every check has a heading, and no heading is without its check", () => {
  expect(headings("###").sort()).toEqual([...new Set(checks.map(({ id }) => id))].sort());
  expect(headings("##").sort()).toEqual([...new Set(checks.map(({ id }) => areaOf(id)))].sort());
});

test("its own links lead to headings", () => {
  const anchors = headings("###").map(anchor);
  const links = [...text.matchAll(/\]\(#([^)]*)\)/g)].map(([, to = ""]) => to);
  expect(links.length).toBeGreaterThan(0);
  expect(links.filter((to) => !anchors.includes(to))).toEqual([]);
});

test.each(checkLists.map((list): [readonly Check[]] => [list]))(
  "within a command each id is there once, after those that it needs",
  (list) => {
    const ids = list.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [place, { needs = [] }] of list.entries())
      for (const needed of needs) expect(ids.slice(0, place)).toContain(needed);
  },
);

test("an id says its area and its thing, and a meaning fits on a line", () => {
  for (const { id, meaning } of checks) {
    expect(id).toMatch(/^[a-z]+\/[a-z-]+$/);
    expect(meaning).not.toContain("\n");
  }
});
