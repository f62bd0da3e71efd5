import type { Result, Status } from "../../../ops/checks/check";
import { exitCode, json, markdown, shownResults, text } from "../../../ops/checks/report";

const result = (id: string, status: Status, more: Partial<Result> = {}): Result => ({
  check: { id, meaning: `${id} holds`, look: "look here" },
  status,
  said: "",
  findings: [],
  seconds: 0.25,
  ...more,
});

const fault = { about: "node", found: "nothing", expected: "a | label", fix: "label it" };
const results = [
  result("b/fine", "ok", { said: "v1" }),
  result("a/red", "failure", { findings: [fault, { ...fault, found: "one\ntwo" }] }),
  result("b/yellow", "warning", { findings: [{ ...fault, warning: true }] }),
  result("a/blocked", "blocked", { blockedBy: "a/red" }),
  result("a/none", "absent"),
];
const shown = shownResults(results);

test("one line a check, areas together; hints only under what is not green", () => {
  expect(text(shown, { colour: false })).toBe(`✓ b/fine     b/fine holds: v1
! b/yellow   b/yellow holds
    node: found nothing, expected a | label
    fix: label it
    look: look here
    docs: docs/troubleshooting.md#byellow
✗ a/red      a/red holds
    node: found nothing, expected a | label
    fix: label it
    node: found one
    two, expected a | label
    fix: label it
    look: look here
    docs: docs/troubleshooting.md#ared
– a/blocked  blocked by a/red
1 fine, 1 to look at, 1 failed, 1 blocked
`);
});

test("colours only where they are wanted", () => {
  expect(text(shown, { colour: true })).toContain("\u001b[31m✗\u001b[0m a/red");
  expect(text(shown, { colour: false })).not.toContain("\u001b");
});

test("of another area only what keeps this one from being looked at is shown", () => {
  const ids = (area: string) => shownResults(results, area).map(({ check }) => check.id);
  expect(ids("a")).toEqual(["a/red", "a/blocked"]);
  expect(ids("b")).toEqual(["b/fine", "b/yellow", "a/red"]);
});

test("the exit status is how many have failed, as far as there is room", () => {
  expect(exitCode(results)).toBe(1);
  expect(exitCode(Array.from({ length: 300 }, () => result("a/x", "failure")))).toBe(100);
});

test("for scripts, the shape stays", () => {
  expect(JSON.parse(json("homelab", shown.slice(2)))).toEqual({
    stack: "homelab",
    failures: 1,
    warnings: 0,
    checks: [
      {
        id: "a/red",
        status: "failure",
        meaning: "a/red holds",
        said: "",
        findings: [fault, { ...fault, found: "one\ntwo" }],
        look: "look here",
        seconds: 0.25,
      },
      {
        id: "a/blocked",
        status: "blocked",
        meaning: "a/blocked holds",
        said: "",
        findings: [],
        blockedBy: "a/red",
        look: "look here",
        seconds: 0.25,
      },
    ],
  });
});

test("as a page, an area is a table", () => {
  const page = markdown("homelab", shown);
  expect(page).toContain("## a\n");
  expect(page).toContain("| ✓ | `b/fine` | b/fine holds: v1 | 0.3 |");
  expect(page).toContain("found nothing, expected a \\| label<br>fix: label it");
});
