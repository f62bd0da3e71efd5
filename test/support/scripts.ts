/** Runs scripts as black boxes, in trees that last as long as a test file. */
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

/** How a command ended and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** Who runs the tests; root may also run a script as somebody else. */
export const self: User = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
export const users: readonly User[] = self.uid === 0 ? [self, { uid: 65534, gid: 65534 }] : [self];

const made: string[] = [];

afterAll(() => {
  for (const folder of made.splice(0)) fs.rmSync(folder, { recursive: true, force: true });
});

/** A new folder with these files, by their path in it; an empty folder ends in a slash. */
export function tempTree(files: Readonly<Record<string, string>>, { uid, gid } = self): string {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "media-homelab-"));
  made.push(root);
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(root, name);
    fs.mkdirSync(name.endsWith("/") ? file : path.dirname(file), { recursive: true });
    if (!name.endsWith("/")) fs.writeFileSync(file, text);
  }
  const all = fs.readdirSync(root, { recursive: true, encoding: "utf8" });
  for (const name of ["", ...all]) fs.chownSync(path.join(root, name), uid, gid);
  return root;
}

/** Text of a script of the project, by its path from the project's folder. */
export function scriptText(name: string): string {
  return fs.readFileSync(path.join(__dirname, "..", "..", name), "utf8");
}

/** A PATH on which a program of test/support/programs stands before the real one, or before another. */
export function pathWith(program: string, instead = program): string {
  const text = fs.readFileSync(path.join(__dirname, "programs", `${program}.sh`), "utf8");
  const folder = tempTree({ [instead]: text });
  fs.chmodSync(path.join(folder, instead), 0o755);
  return [folder, process.env.PATH].join(path.delimiter);
}

/** Runs a command with exactly these variables, and PATH unless it is among them. */
export function run(
  [program = "", ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
  input = "",
  user = self,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { PATH: process.env.PATH, ...env }, ...user });
    const said = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (said.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said.stderr += text));
    child.on("error", reject);
    child.on("close", (code) => {
      resolve({ code, ...said });
    });
    child.stdin.on("error", (error: NodeJS.ErrnoException) => {
      // It has ended before it has read all: its code tells.
      if (error.code !== "EPIPE") reject(error);
    });
    child.stdin.end(input);
  });
}

/** Expects that a command has ended well; where it has not, one reads what it said. */
export function well({ code, stdout, stderr }: Ended, what = ""): void {
  expect([what, code, code === 0 ? "" : stderr + stdout]).toEqual([what, 0, ""]);
}
