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

const made: string[] = [];

afterAll(() => {
  for (const folder of made.splice(0)) fs.rmSync(folder, { recursive: true, force: true });
});

/** A new folder with these files, by their path in it. Files under bin/ can be run. */
export function tempTree(files: Readonly<Record<string, string>>): string {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "media-homelab-"));
  made.push(root);
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(root, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text, { mode: name.startsWith("bin/") ? 0o755 : 0o644 });
  }
  return root;
}

/** Runs a command with exactly these variables, and PATH unless it is among them. */
export function run(
  [program = "", ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
  input = "",
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { PATH: process.env.PATH, ...env } });
    const said = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (said.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said.stderr += text));
    child.on("error", reject);
    child.on("close", (code) => {
      resolve({ code, ...said });
    });
    child.stdin.end(input);
  });
}
