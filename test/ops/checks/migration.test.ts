import { migrationChecks } from "../../../ops/checks/doctor/migration";
import type { Check, Outcome } from "../../../ops/checks/check";
import { plannedStack, recordedWorld, type Answers, type Stack } from "../../support/world";

const [steps] = migrationChecks.always as [Check];
const [ready] = migrationChecks.asked as [Check];

let moving: Stack;

beforeAll(async () => {
  const hostKey = `ssh-ed25519 ${"A".repeat(68)}`;
  moving = await plannedStack("homelab", {
    storage: { library: { server: "192.168.1.10", path: "/volume1/plex" } },
    plex: { migration: { source: { host: "192.168.1.9", user: "alex", hostKey } } },
  });
});

const claim = { type: "kubernetes:core/v1:PersistentVolumeClaim", name: "config-plex" };
const step = (name: string) => ({ type: "command:local:Command", name: `plex-g1-${name}` });
const made = (...resources: { type: string; name: string }[]) => ({
  state: { resources, pending: 0 },
});
const ask = (check: Check, answers: Answers): Promise<Outcome> =>
  check.run(recordedWorld(moving, answers));

test("a stack without a move has nothing to tell", async () => {
  const world = recordedWorld(await plannedStack("homelab"), {});
  expect(await steps.run(world)).toEqual({ absent: true });
  expect(await ready.run(world)).toEqual({ absent: true });
});

test("the steps to come are told in their order", async () => {
  expect((await ask(steps, made(step("check"), step("pre-copy")))).said).toBe(
    "to come: stop, archive, transfer, verify, promote, release, cut-over, report",
  );
});

test("before there is a claim, and after it has passed, the first step is not asked", async () => {
  expect((await ask(ready, made())).said).toContain("can't be asked before there is a claim");
  expect((await ask(ready, made(claim, step("check")))).said).toBe("it has passed");
});

test("what the first step says is told, good or bad", async () => {
  const well = { code: 0, stdout: "{}", stderr: "looking\n10 files\nforecast: 2 min\n" };
  expect((await ask(ready, { ...made(claim), look: well })).said).toBe("10 files; forecast: 2 min");
  const stderr =
    "The move can't be made like this:\n✗ only 1 GiB free\n    fix: a larger claim\n✗ rsync is missing\n    fix: install it\n";
  const { findings } = await ask(ready, { ...made(claim), look: { code: 1, stdout: "", stderr } });
  expect(findings).toEqual([
    { found: "only 1 GiB free", expected: "a move that can begin", fix: "a larger claim" },
    { found: "rsync is missing", expected: "a move that can begin", fix: "install it" },
  ]);
});
