/**
 * The steps of a move, each run over and over while every kind of call that it makes, of the old one's host or of
 * Nomad, fails once: wherever that is, the old Overseerr serves again, no second one runs, its data stay what they
 * were, and the step goes on when it is tried again.
 */
import { Faults, kindsOfFault, planned } from "../moving";
import { labEnvironment } from "../../../lab/engine";
import type { RecordedResource } from "../../../ops/recorder";
import { requests } from "../overseerr";
import { runTool, until } from "../tools";
import {
  expectNoTraces,
  hurry,
  moveStack,
  name,
  newOnes,
  oldOne,
  overrides,
  rollback,
  sourceManifest,
  startOver,
  steps,
} from "./stack";

const faults = new Faults("overseerr", ["ssh", "nomad"]);
const count = process.env.SOAK ? 10_000 : 500;

let before: string[];

/** After a fault: no two that serve, an old one that does unless it was given up, and nothing of it changed. */
async function expectSafe(how: string, givenUp: boolean): Promise<void> {
  await hurry(how === "killed");
  await until(60, async () => {
    const running = await newOnes();
    const old = await oldOne();
    // Of one that nobody has been able to stop, the old one is left stopped.
    expect([old, running > 0]).toEqual(
      old === "false no" && givenUp ? [old, running > 0] : ["true unless-stopped", false],
    );
  });
  expect(await sourceManifest()).toEqual(before);
}

/** What every step of a move is told. The plan shows no secrets: the store's keys are the lab's. */
async function told(generation: number): Promise<string> {
  const resources = await planned("nomad", overrides({ generation, phase: "done" }), name);
  const cleanUp = `overseerr-g${generation.toString()}-clean-up`;
  const { username, password } = new URL(labEnvironment().MC_HOST_LAB ?? "");
  return [
    String(resources.find((resource) => resource.name === cleanUp)?.inputs.stdin),
    `MINIO_ACCESS_KEY=${username}`,
    `MINIO_SECRET_KEY=${password}`,
    // What waits for the job starts one that an earlier attempt has stopped, after a while; here there is nobody else.
    "START_GRACE=1",
    "",
  ].join("\n");
}

/** Has Nomad take note of the job, as the engine does while that step waits for it. */
async function register(resources: readonly RecordedResource[]): Promise<void> {
  const job = resources.find(({ type }) => type === "nomad:index/job:Job");
  const { jobspec, hcl2 } = job?.inputs as {
    jobspec: string;
    hcl2: { vars: Record<string, string> };
  };
  const variables = Object.entries(hcl2.vars).map(([key, value]) => `-var=${key}=${value}`);
  await runTool("nomad", ["job", "run", "-detach", ...variables, "-"], jobspec);
}

beforeAll(async () => {
  await startOver(count);
  before = await sourceManifest();
  await (await moveStack()).up();
  await rollback();
});

afterAll(async () => {
  faults.remove();
  await startOver();
});

test.each(kindsOfFault.map((how, index) => ({ how, generation: index + 2 })))(
  "each kind of call fails once ($how)",
  async ({ how, generation }) => {
    faults.begin();
    const resources = await planned("nomad", overrides({ generation }), name);
    const input = await told(generation);
    const met: string[] = [];
    for (const step of steps.slice(0, -1)) {
      if (step === "cut-over") await register(resources);
      const givenUp = step === "release" || step === "cut-over";
      const safe = () => expectSafe(how, givenUp);
      met.push(...(await faults.untilThrough(step, input, how, safe)).met);
    }
    expect(await oldOne()).toBe("false no");
    expect(await newOnes()).toBe(1);
    expect(await requests()).toBe(count.toString());
    await expectNoTraces();

    const back = `${input}COMMAND='npm run rollback -- ${name} overseerr'\n`;
    const safe = () => expectSafe(how, true);
    met.push(...(await faults.untilThrough("rollback", back, how, safe)).met);
    expect(await oldOne()).toBe("true unless-stopped");
    expect(await newOnes()).toBe(0);
    expect(await sourceManifest()).toEqual(before);
    await expectNoTraces();
    // Else nothing has failed at all.
    expect(met.length).toBeGreaterThan(20);
    if (process.env.SOAK) console.log(met.join("\n"));
  },
  3_600_000,
);
