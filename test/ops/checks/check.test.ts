import {
  limitsFor,
  runChecks,
  selectChecks,
  type Check,
  type Outcome,
} from "../../../ops/checks/check";
import type { World } from "../../../ops/checks/world";

const world = {} as World;
const fault = { found: "x", expected: "y", fix: "do z" };

const check = (id: string, more: Partial<Check> = {}): Check => ({
  id,
  meaning: `${id} holds`,
  look: `look at ${id}`,
  run: () => Promise.resolve({ said: "fine" }),
  ...more,
});
const failing = (id: string, more: Partial<Check> = {}) =>
  check(id, { run: () => Promise.resolve({ findings: [fault] }), ...more });

const statuses = async (checks: Check[], limits = { each: 1, all: 2 }) =>
  Object.fromEntries(
    (await runChecks(checks, world, limits)).map(({ check, status, blockedBy }) => [
      check.id,
      blockedBy === undefined ? status : `${status} by ${blockedBy}`,
    ]),
  );

test("what depends on a failure is blocked by it, however far away; the rest is not", async () => {
  const checks = [
    failing("a/one"),
    check("a/two", { needs: ["a/one"] }),
    check("b/three", { needs: ["a/two"] }),
    check("b/four"),
  ];
  expect(await statuses(checks)).toEqual({
    "a/one": "failure",
    "a/two": "blocked by a/one",
    "b/three": "blocked by a/one",
    "b/four": "ok",
  });
});

test("neither a warning nor what a stack doesn't have blocks anything", async () => {
  const warned = { findings: [{ ...fault, warning: true }] };
  const checks = [
    check("a/warning", { run: () => Promise.resolve(warned) }),
    check("a/absent", { run: () => Promise.resolve({ absent: true }) }),
    check("a/both", { run: () => Promise.resolve({ findings: [...warned.findings, fault] }) }),
    check("b/next", { needs: ["a/warning", "a/absent"] }),
  ];
  expect(await statuses(checks)).toEqual({
    "a/warning": "warning",
    "a/absent": "absent",
    "a/both": "failure",
    "b/next": "ok",
  });
});

test("a check that throws has failed with its message, and says where to look", async () => {
  const run = () => Promise.reject(new Error("connection refused"));
  const [result] = await runChecks([check("a/one", { run })], world);
  expect(result).toMatchObject({ status: "failure" });
  expect(result?.findings).toEqual([
    { found: "connection refused", expected: "an answer", fix: "look for yourself: look at a/one" },
  ]);
});

test("a check that doesn't end is given up, and holds up nobody else", async () => {
  const run = () => new Promise<never>(() => undefined);
  const started = Date.now();
  const checks = [check("a/hangs", { run }), check("a/fine")];
  const results = await runChecks(checks, world, { each: 0.05, all: 2 });
  expect(results.map(({ status }) => status)).toEqual(["failure", "ok"]);
  expect(results[0]?.findings[0]?.found).toMatch(/^no answer within/);
  expect(Date.now() - started).toBeLessThan(1000);
});

test("all together are bounded, too: a chain of slow ones ends with the whole", async () => {
  const slow = { run: () => new Promise<Outcome>((resolve) => setTimeout(resolve, 1000, {})) };
  const checks = [check("a/one", slow), check("a/two", slow)];
  const started = Date.now();
  await runChecks(checks, world, { each: 5, all: 0.1 });
  expect(Date.now() - started).toBeLessThan(500);
});

test("checks run beside each other", async () => {
  let running = 0;
  let most = 0;
  const run = async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 20));
    running--;
    return {};
  };
  await runChecks([check("a/1", { run }), check("a/2", { run }), check("a/3", { run })], world);
  expect(most).toBe(3);
});

test("who says that it takes long makes the whole longer", () => {
  expect(limitsFor([check("a/one")])).toEqual({ each: 10, all: 30 });
  expect(limitsFor([check("a/one", { seconds: 60 })])).toEqual({ each: 10, all: 90 });
});

test("an area brings what it needs", () => {
  const checks = [
    check("a/one"),
    check("a/two"),
    check("b/one", { needs: ["a/one"] }),
    check("c/one", { needs: ["b/one"] }),
  ];
  const ids = (area?: string) => selectChecks(checks, area).map(({ id }) => id);
  expect(ids("c")).toEqual(["a/one", "b/one", "c/one"]);
  expect(ids()).toHaveLength(4);
  expect(() => ids("d")).toThrow("no area d; there are a, b, c");
});
