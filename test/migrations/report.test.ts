import { moveReport, reportMarkdown, type StepResult } from "../../migrations/report";

const before = { accounts: 2, metadata_items: 30, media_items: 29, playlists: 0, "section 1": 30 };
const after = { ...before, metadata_items: 31, media_items: 58 };

const results: readonly StepResult[] = [
  {
    step: "check",
    seconds: 10,
    found: { files: 1234, bytes: 3 * 2 ** 30, databaseBytes: 2 ** 29, checked: "plex", rate: 9 },
  },
  { step: "stop", seconds: 5, found: {} },
  { step: "archive", seconds: 300, found: { digest: "d1gest", counts: before } },
  {
    step: "cut-over",
    seconds: 60,
    found: {
      down: 77,
      before,
      server: { version: "1.43.0.1-ab", identity: "who-it-is", slowest: 5000, counts: after },
    },
  },
];

/** The same, with one step changed. */
const changed = (step: string, { seconds, found }: Partial<StepResult>) =>
  results.map((result) =>
    result.step === step
      ? { step, seconds: seconds ?? result.seconds, found: { ...result.found, ...found } }
      : result,
  );

const report = moveReport(3, results);

it("puts together what the steps have found out", () => {
  expect(report).toEqual({
    generation: 3,
    version: "1.43.0.1-ab",
    identity: "who-it-is",
    files: 1234,
    bytes: 3.5 * 2 ** 30,
    checked: "plex",
    archive: "d1gest",
    before,
    after,
    downtime: 77,
    seconds: { check: 10, stop: 5, archive: 300, "cut-over": 60 },
    slowestStart: 5000,
    missed: [],
  });
});

it.each(["check", "archive", "cut-over"])("is none where %s has left no result", (missing) => {
  const others = results.filter(({ step }) => step !== missing);
  expect(() => moveReport(3, others)).toThrow(`the step ${missing} has left no result`);
});

describe("names a goal that was missed, and none that was just met:", () => {
  const missed = (step: string, change: Partial<StepResult>) =>
    moveReport(3, changed(step, change)).missed;

  it("the whole within four hours", () => {
    const others = 10 + 5 + 300;
    expect(missed("cut-over", { seconds: 14_400 - others })).toEqual([]);
    expect(missed("cut-over", { seconds: 14_401 - others })).toEqual([
      "the move took 14401 s, the goal is 14400 s",
    ]);
  });

  it("the databases within five minutes", () => {
    expect(missed("archive", { seconds: 301 })).toEqual([
      "archive: checking the databases took 301 s, the goal is 300 s",
    ]);
  });

  it("the first bytes within five seconds", () => {
    const server = { version: "1", identity: "i", slowest: 5001, counts: after };
    expect(missed("cut-over", { found: { server } })).toEqual([
      "cut-over: a sample took 5001 ms to start, the goal is 5000 ms",
    ]);
  });

  it("all of them", () => {
    const server = { version: "1", identity: "i", slowest: 9000, counts: after };
    const slow = changed("cut-over", { found: { server } }).map((result) =>
      result.step === "archive" ? { ...result, seconds: 20_000 } : result,
    );
    expect(moveReport(3, slow).missed).toEqual([
      "the move took 20075 s, the goal is 14400 s",
      "archive: checking the databases took 20000 s, the goal is 300 s",
      "cut-over: a sample took 9000 ms to start, the goal is 5000 ms",
    ]);
  });
});

describe("the Markdown", () => {
  it("tells everything that a person wants to know, and no row that would only confuse", () => {
    expect(reportMarkdown(report).split("\n")).toEqual([
      "# Plex, move 3",
      "",
      "Server who-it-is, version 1.43.0.1-ab: 1234 files, 3.5 GiB; 77 s without a server.",
      "",
      "| What | Before | After |",
      "| --- | ---: | ---: |",
      "| accounts | 2 | 2 |",
      "| metadata_items | 30 | 31 |",
      "| playlists | 0 | 0 |",
      "| section 1 | 30 | 30 |",
      "",
      "| Step | Seconds |",
      "| --- | ---: |",
      "| check | 10 |",
      "| stop | 5 |",
      "| archive | 300 |",
      "| cut-over | 60 |",
      "",
      "The databases were checked with Plex's own SQLite. Their archive stays on the old host; its SHA-256 is d1gest.",
      "",
      "Until it is cleaned up, the old server is stopped and kept from starting, and nothing of its library was changed.",
    ]);
  });

  it("names the goals that were missed before anything else", () => {
    const missed = ["it was slow", "it was late"];
    expect(
      reportMarkdown({ ...report, missed })
        .split("\n")
        .slice(2, 9),
    ).toEqual([
      "Server who-it-is, version 1.43.0.1-ab: 1234 files, 3.5 GiB; 77 s without a server.",
      "",
      "Goals that were missed:",
      "",
      "- it was slow",
      "- it was late",
      "",
    ]);
  });

  it("says so where the databases were checked without Plex's own SQLite", () => {
    const lines = reportMarkdown({ ...report, checked: "stock" }).split("\n");
    expect(lines).toContain(
      "The databases were checked with stock SQLite, table by table. Their archive stays on the old host; its SHA-256 is d1gest.",
    );
  });

  it("shows what the new server lacks", () => {
    const lines = reportMarkdown({ ...report, after: { accounts: 1 } }).split("\n");
    expect(lines).toContain("| accounts | 2 | 1 |");
    expect(lines).toContain("| metadata_items | 30 | missing |");
  });
});
