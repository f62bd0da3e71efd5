import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Ended, pathWith, run, scriptText, tempTree } from "../../support/scripts";

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** Says one thing to a job, as the operator's machine does: each time in a shell of its own. */
function tell(verb: "start" | "state" | "stop", job: string, text = "", env = {}): Promise<Ended> {
  const parts = ["common.sh", "job.sh", `job-${verb}.sh`].map((file) =>
    scriptText(`migrations/lib/${file}`),
  );
  return run(
    ["bash", "-s"],
    env,
    [`JOB=${quoted(job)}`, `TEXT=${quoted(text)}`, ...parts].join("\n"),
  );
}

const running = (progress = "") => `result running: ${progress}\n`;
const said = (stdout: string, stderr = ""): Ended => ({ code: 0, stdout, stderr });

let folder: string;
let job: string;

beforeEach(() => {
  folder = tempTree({});
  job = path.join(folder, "jobs", "it's a job-7");
});
// What is still at work would outlive the tests, too.
afterEach(() => tell("stop", job));

/** A script that counts its runs, does something and waits until it is let go. */
function script(more = ""): string {
  return [
    `cd ${quoted(folder)}`,
    "echo run >>runs",
    more,
    "until [[ -e go || $SECONDS -gt 60 ]]; do sleep 0.02; done",
  ]
    .join("\n")
    .concat("\n");
}
const runs = () =>
  fs.existsSync(path.join(folder, "runs"))
    ? fs.readFileSync(path.join(folder, "runs"), "utf8").trim().split("\n").length
    : 0;
const letGo = () => {
  fs.writeFileSync(path.join(folder, "go"), "");
};

/** How far a job is, but for the processor time that it has used. */
async function state(of = job, env = {}): Promise<Ended> {
  const { stdout, ...rest } = await tell("state", of, "", env);
  return { ...rest, stdout: stdout.replace(/^(result running) \d+ /, "$1: ") };
}

/** Asks until something else is said. */
async function after(before: string): Promise<Ended> {
  for (;;) {
    const ended = await state();
    if (ended.stdout !== before) return ended;
    await sleep(20);
  }
}

it("outlives its starter, which waits for nothing", async () => {
  expect(await tell("start", job, script())).toEqual(said(""));
  expect(await state()).toEqual(said(running()));
  letGo();
  expect(await after(running())).toEqual(said("result done \n"));
});

it("has begun once it is started, however slow the machine is", async () => {
  await tell("start", job, script(), { PATH: pathWith("slow", "setsid") });
  expect(fs.existsSync(path.join(job, "begun"))).toBe(true);
  expect(await state()).toEqual(said(running()));
});

it("tells how far it is, and in the end what it has found out", async () => {
  const progress = `echo 'half of it' >${quoted(path.join(job, "progress"))}`;
  const text = `${script(progress)}\necho chatter\necho 'result {"a":1}'\necho 'more chatter'\n`;
  await tell("start", job, text);
  expect(await after(running())).toEqual(said(running("half of it")));
  letGo();
  expect(await after(running("half of it"))).toEqual(said('result done {"a":1}\n'));
  // For as long as anybody asks.
  expect(await state()).toEqual(said('result done {"a":1}\n'));
});

it("tells how much it and all it has started have worked, by which one that hangs can be told", async () => {
  const work = "(until [[ -e enough ]]; do :; done) &";
  await tell("start", job, script(`${work}\nwait; echo idle >idle`));
  const ticks = async () => Number((await tell("state", job)).stdout.split(" ")[2]);
  const first = await ticks();
  while ((await ticks()) <= first) await sleep(20);
  fs.writeFileSync(path.join(folder, "enough"), "");
  while (!fs.existsSync(path.join(folder, "idle"))) await sleep(20);
  const idle = await ticks();
  await sleep(100);
  // It looks for the file to go on, now and then.
  expect((await ticks()) - idle).toBeLessThan(5);
});

it("is taken over by whoever starts it again", async () => {
  await tell("start", job, script());
  const other = script("echo other >other");
  expect(await tell("start", job, other)).toEqual(
    said("", "it's a job: it is being done already\n"),
  );
  letGo();
  expect(await after(running())).toEqual(said("result done \n"));
  expect(runs()).toBe(1);
  expect(fs.existsSync(path.join(folder, "other"))).toBe(false);
});

it("runs once where several start it at the same time, on a slow machine too", async () => {
  const env = { PATH: pathWith("slow", "rm") };
  const starts = await Promise.all([1, 2, 3].map(() => tell("start", job, script(), env)));
  expect(starts.map(({ stderr }) => stderr).sort()).toEqual([
    "",
    "it's a job: it is being done already\n",
    "it's a job: it is being done already\n",
  ]);
  letGo();
  expect(await after(running())).toEqual(said("result done \n"));
  expect(runs()).toBe(1);
});

it("is not mistaken for another one with a longer name, whose process has its number", async () => {
  const other = `${job}0`;
  await tell("start", other, script());
  fs.mkdirSync(job);
  fs.copyFileSync(path.join(other, "pid"), path.join(job, "pid"));
  expect(await state()).toMatchObject({ stdout: "result failed\n" });
  expect(await tell("stop", job)).toEqual(said(""));
  expect(await state(other)).toEqual(said(running()));
  await tell("stop", other);
});

it("ends what is left of the same work for an earlier hold, and of no other work", async () => {
  const [earlier, foreign] = [`${job.slice(0, -1)}6`, `${job.slice(0, -2)}er-7`];
  await tell("start", earlier, script("trap '' TERM"));
  await tell("start", foreign, script());
  expect(await tell("start", job, script())).toEqual(said(""));
  expect(await state(earlier)).toMatchObject({ stdout: "result failed\n" });
  expect(await state(foreign)).toEqual(said(running()));
  expect(await state()).toEqual(said(running()));
  await tell("stop", foreign);
});

it("that failed shows the end of what it said, and that only", async () => {
  const lines = "for i in $(seq 1 50); do echo line $i >&2; done; exit 3";
  letGo();
  await tell("start", job, `${script()}${lines}\n`);
  const { code, stdout, stderr } = await after(running());
  expect({ code, stdout }).toEqual({ code: 0, stdout: "result failed\n" });
  expect(stderr.split("\n")).toEqual([
    ...Array.from({ length: 40 }, (_, place) => `line ${(place + 11).toString()}`),
    "",
  ]);
});

it("that was killed says so, after what it had said", async () => {
  await tell("start", job, script("echo 'as far as this' >&2; echo ready >ready"));
  while (!fs.existsSync(path.join(folder, "ready"))) await sleep(20);
  process.kill(-Number(fs.readFileSync(path.join(job, "pid"), "utf8")), "SIGKILL");
  expect(await after(running())).toEqual(
    said("result failed\n", "as far as this\nthe job it's a job-7 was killed\n"),
  );
});

it("that never was is none that runs", async () => {
  expect(await state()).toMatchObject({ stdout: "result failed\n" });
  expect(await tell("stop", job)).toEqual(said(""));
});

it("is one that runs until it has left its result, on a slow machine too", async () => {
  letGo();
  await tell("start", job, script("echo result fine"), { PATH: pathWith("slow", "mv") });
  expect(await state()).toEqual(said(running()));
  expect(await after(running())).toEqual(said("result done fine\n"));
});

it("that ends while it is asked about has not been killed", async () => {
  const LETS_GO = path.join(folder, "go");
  const env = { PATH: pathWith("cat"), UNTIL: path.join(job, "status"), LETS_GO };
  await tell("start", job, script("echo result all is well"));
  expect(await state(job, env)).toEqual(said("result done all is well\n"));
});

describe("once it has ended", () => {
  it.each([
    ["well", "echo 'result old'; echo old >&2"],
    ["badly", "echo 'result old'; echo old >&2; exit 1"],
  ])("%s, it can be done anew, and nothing of the first time is told", async (_, end) => {
    letGo();
    await tell("start", job, `${script()}${end}\n`);
    await after(running());
    fs.rmSync(path.join(folder, "go"));
    expect(await tell("start", job, `${script()}echo 'new' >&2; exit 1\n`)).toEqual(said(""));
    expect(await state()).toEqual(said(running()));
    letGo();
    expect(await after(running())).toEqual(said("result failed\n", "new\n"));
    expect(runs()).toBe(2);
  });
});

describe("when it is stopped", () => {
  it("it takes along what it has started, and can be done anew at once", async () => {
    const child =
      "sleep 1000 & echo $! >child; trap 'sleep 0.5; echo cleaned >cleaned' EXIT; echo ready >ready";
    await tell("start", job, script(child));
    while (!fs.existsSync(path.join(folder, "ready"))) await sleep(20);
    expect(await tell("stop", job)).toEqual(said(""));
    expect(fs.existsSync(path.join(folder, "cleaned"))).toBe(true);
    expect(await tell("start", job, script("echo second >second"))).toEqual(said(""));
    expect(isAlive(Number(fs.readFileSync(path.join(folder, "child"), "utf8")))).toBe(false);
    letGo();
    expect(await after(running())).toEqual(said("result done \n"));
    expect(fs.existsSync(path.join(folder, "second"))).toBe(true);
  });
});

/** Whether a process is there and does something: one that has ended may wait for its parent to notice. */
function isAlive(pid: number): boolean {
  try {
    return fs.readFileSync(`/proc/${pid.toString()}/cmdline`, "utf8") !== "";
  } catch {
    return false;
  }
}
