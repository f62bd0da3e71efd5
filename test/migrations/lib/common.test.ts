import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as fc from "fast-check";
import { quoted } from "../../../components/kubernetes/shell";
import { type Ended, run, scriptText, tempTree } from "../../support/scripts";

/** Runs bash with what every script of a migration starts with. */
function bash(text: string): Promise<Ended> {
  const lines = ["set -euo pipefail", scriptText("migrations/lib/common.sh"), text];
  return run(["bash", "-s"], {}, lines.join("\n"));
}

const call = (...words: string[]) => bash(words.map(quoted).join(" "));
const host = os.hostname();

describe("json", () => {
  const written = async (...words: string[]) => {
    const { code, stdout, stderr } = await call("json", ...words);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return JSON.parse(stdout) as unknown;
  };

  it("writes numbers and truth values as what they are, and everything else as text", async () => {
    const given = { a: "0", b: "-17", c: "9007199254740991", d: "true", e: "false" };
    expect(await written(...Object.entries(given).flat())).toEqual({
      a: 0,
      b: -17,
      c: 9007199254740991,
      d: true,
      e: false,
    });
    const texts = { a: "", b: "007", c: "-0", d: "1.5", e: "1e5", f: "True", g: "null", h: "+1" };
    expect(await written(...Object.entries(texts).flat())).toEqual(texts);
  });

  it("puts what is JSON already into it as it is", async () => {
    expect(await written("counts", '{"a":1}', "list", '["x",2]')).toEqual({
      counts: { a: 1 },
      list: ["x", 2],
    });
  });

  it("writes nothing as an empty object", async () => {
    expect(await written()).toEqual({});
  });

  it("gives every text back, on one line, whatever is in it", async () => {
    const control = /[\0-\x1f\x7f-\x9f]/g;
    const odd = fc.constantFrom("\\", '"', "\n", "\\n", "'", "$(x)", "\\\\", "&", "/", "%", " ");
    const text = fc
      .array(fc.oneof(odd, fc.string({ unit: "binary" })))
      .map((parts) => parts.join("").replace(control, "\n"))
      .filter((value) => !/^([{[]|(0|-?[1-9]\d*|true|false)$)/.test(value));
    await fc.assert(
      fc.asyncProperty(fc.array(text), async (given) => {
        const named = Object.fromEntries(
          given.map((value, place) => [`n${place.toString()}`, value]),
        );
        const { stdout } = await call("json", ...Object.entries(named).flat());
        expect(stdout).not.toContain("\n");
        expect(JSON.parse(stdout)).toEqual(named);
      }),
      { numRuns: 30 },
    );
  });

  it("writes other control characters as spaces", async () => {
    expect(await written("a", "tab\tbell\u0007end\r")).toEqual({ a: "tab bell end " });
  });
});

it.each([
  ["0", "0 B"],
  ["1023", "1023 B"],
  ["1024", "1.0 KiB"],
  ["1536", "1.5 KiB"],
  ["1048576", "1.0 MiB"],
  ["5368709120", "5.0 GiB"],
  ["1099511627776", "1.0 TiB"],
  ["5629499534213120", "5120.0 TiB"],
])("tells people of %s bytes as %s", async (bytes, stdout) => {
  expect(await call("human", bytes)).toEqual({ code: 0, stdout, stderr: "" });
});

describe("replace", () => {
  let folder: string;
  const file = () => path.join(folder, "a file");
  beforeEach(() => {
    folder = tempTree({});
  });

  it.each([
    ["that is there", "what was there\n"],
    ["that is new", undefined],
  ])("writes a file %s, and leaves nothing beside it", async (_, before) => {
    if (before !== undefined) fs.writeFileSync(file(), before);
    const text = "two\nlines, the last without end";
    const ended = await bash(`printf %s ${quoted(text)} | replace ${quoted(file())}`);
    expect(ended).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(fs.readFileSync(file(), "utf8")).toBe(text);
    expect(fs.readdirSync(folder)).toEqual(["a file"]);
  });

  it("leaves the file as it was until all is there, and where it is killed before", async () => {
    fs.writeFileSync(file(), "what was there\n");
    const child = spawn(
      "bash",
      ["--norc", "-c", `${scriptText("migrations/lib/common.sh")}\nreplace "$1"`, "bash", file()],
      {
        detached: true,
        stdio: ["pipe", "ignore", "ignore"],
      },
    );
    const ended = new Promise((resolve) => child.on("exit", resolve));
    child.stdin.write("half of it");
    const partial = `${file()}.partial`;
    while (!fs.existsSync(partial) || fs.readFileSync(partial, "utf8") === "") await sleep(10);
    expect(fs.readFileSync(file(), "utf8")).toBe("what was there\n");
    process.kill(-(child.pid ?? 0), "SIGKILL");
    await ended;
    expect(fs.readFileSync(file(), "utf8")).toBe("what was there\n");
    // Whoever comes next is not held up by what is left of it.
    await bash(`echo whole | replace ${quoted(file())}`);
    expect(fs.readFileSync(file(), "utf8")).toBe("whole\n");
    expect(fs.readdirSync(folder)).toEqual(["a file"]);
  });

  it("never becomes a file within a folder of that name", async () => {
    fs.mkdirSync(file());
    fs.writeFileSync(path.join(file(), "inside"), "");
    const { code } = await bash(`echo text | replace ${quoted(file())}`);
    expect(code).not.toBe(0);
    expect(fs.readdirSync(file())).toEqual(["inside"]);
  });

  it("fails where it can't write", async () => {
    const { code, stdout } = await bash(
      `echo text | replace ${quoted(path.join(folder, "no", "folder"))}`,
    );
    expect({ failed: code !== 0, stdout }).toEqual({ failed: true, stdout: "" });
  });
});

describe("progress", () => {
  it("is what the job said last, whole, with nothing beside it", async () => {
    const job = tempTree({ progress: "before\n" });
    const ended = await bash(`JOB=${quoted(job)}; progress one; progress 'two  words'`);
    expect(ended).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(fs.readFileSync(path.join(job, "progress"), "utf8")).toBe("two  words\n");
    expect(fs.readdirSync(job)).toEqual(["progress"]);
  });

  it.each(["", "JOB=/no/such/folder;"])("is nobody's without a job (%s)", async (job) => {
    const ended = await bash(`${job} progress one`);
    expect(ended).toEqual({ code: 0, stdout: "", stderr: "" });
  });
});

describe("what is wrong", () => {
  it("is told all at once, each with its fix, and ends the script", async () => {
    const script = [
      "problem 'the one' 'do this'",
      "problem 'the other' 'do that'",
      "stop_on_problems 'Not ready:'",
      "echo still here",
    ].join("\n");
    expect(await bash(script)).toEqual({
      code: 1,
      stdout: "",
      stderr: "Not ready:\n✗ the one\n    fix: do this\n✗ the other\n    fix: do that\n",
    });
  });

  it("is nothing where there is no problem", async () => {
    const script = "stop_on_problems 'Not ready:'; echo still here";
    expect(await bash(script)).toEqual({ code: 0, stdout: "still here\n", stderr: "" });
  });

  it("is every tool that is missing, and none that is there", async () => {
    const script =
      "need bash no-such-tool cat neither-this -- 'install it'; stop_on_problems Tools:";
    expect(await bash(script)).toEqual({
      code: 1,
      stdout: "",
      stderr: [
        "Tools:",
        `✗ no-such-tool is missing on ${host}`,
        "    fix: install it",
        `✗ neither-this is missing on ${host}`,
        "    fix: install it",
        "",
      ].join("\n"),
    });
    const all = "need bash cat -- 'install it'; stop_on_problems Tools:; echo ready";
    expect(await bash(all)).toEqual({ code: 0, stdout: "ready\n", stderr: "" });
  });

  it.each([
    ["without more", ["it is over"], "✗ it is over\n"],
    [
      "with what to do",
      ["it is over", "do this", "or that"],
      "✗ it is over\n    do this\n    or that\n",
    ],
  ])("is said %s before the script dies", async (_, words, stderr) => {
    expect(await call("die", ...words)).toEqual({ code: 1, stdout: "", stderr });
  });

  it("is named where nobody has foreseen it, in a function, too", async () => {
    const script =
      "loudly\ndeeper() { true; grep -q needle /dev/null; true; }\ndeeper\necho still here";
    expect(await bash(script)).toEqual({
      code: 1,
      stdout: "",
      stderr: `✗ unforeseen on ${host}: status 1 of: grep -q needle /dev/null\n`,
    });
  });

  it("is no failure that is asked for", async () => {
    const script =
      "loudly\nif grep -q needle /dev/null; then :; fi\ngrep -q needle /dev/null || echo none";
    expect(await bash(script)).toEqual({ code: 0, stdout: "none\n", stderr: "" });
  });
});

it("tells a result from anything else that is said", async () => {
  const script = "say 'for people'; echo chatter; result '{\"a\": 1}' more";
  expect(await bash(script)).toEqual({
    code: 0,
    stdout: 'chatter\nresult {"a": 1} more\n',
    stderr: "for people\n",
  });
});

it("counts whole seconds by no clock that anybody sets", async () => {
  const { stdout } = await call("uptime_seconds");
  expect(stdout).toMatch(/^\d+\n$/);
  expect(Math.abs(Number(stdout) - os.uptime())).toBeLessThan(5);
});
