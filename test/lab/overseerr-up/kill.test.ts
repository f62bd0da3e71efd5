/**
 * An `up` that is killed with all it has started, once in each step of the move: whatever has been done by then, the
 * old Overseerr comes back, two never serve at once, and the next `up` goes on.
 */
import { requests } from "../overseerr";
import { killAfter } from "../moving";
import { until } from "../tools";
import {
  backups,
  expectNoTraces,
  hurry,
  moveStack,
  newOnes,
  oldOne,
  onSource,
  recover,
  sourceManifest,
  startOver,
  startUp,
  steps,
} from "./stack";

let before: string[];

beforeAll(async () => {
  await startOver(500);
  before = await sourceManifest();
});

afterAll(async () => {
  await startOver();
});

/** Steps of several seconds. */
const long = ["check", "archive", "seed", "drill"];

test.each(steps.slice(0, -2))("killed in the step %s, the old one comes back", async (step) => {
  // Before the step after the next: that one would be missed.
  const within = long.includes(step) ? 2000 : 500;
  await killAfter(startUp(), `overseerr-g1-${step} creating`, within);
  await recover();
  // It may be done without having been heard of.
  const released = (await onSource(`ls ${backups} 2>/dev/null || true`)).includes(
    "overseerr-g1.released",
  );
  await hurry(true);
  if (released) return;
  await until(30, async () => {
    expect(await oldOne()).toBe("true unless-stopped");
  });
  expect(await newOnes()).toBe(0);
  expect(await sourceManifest()).toEqual(before);
});

test("killed while the new one is waited for, not both serve", async () => {
  await killAfter(startUp(), "waiting for the new Overseerr");
  await recover();
  await hurry(true);
  expect(await oldOne()).toBe("false no");
});

test("the next up ends what was begun, and the one after it is empty", async () => {
  const stack = await moveStack();
  await stack.up();
  expect(await requests()).toBe("500");
  expect(await sourceManifest()).toEqual(before);
  await expectNoTraces();
  expect(Object.keys((await stack.up()).summary.resourceChanges ?? {})).toEqual(["same"]);
});
