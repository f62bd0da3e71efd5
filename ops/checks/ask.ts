/** Asks another program, for a bounded time. */
import { spawn, type ChildProcess } from "node:child_process";

export interface Ended {
  /** Its exit status; null where it was killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface AskOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** After which it is killed. @default 20 */
  readonly seconds?: number;
  /** Ends it earlier. */
  readonly signal?: AbortSignal;
  /** Ctrl-C does not reach it. @default false */
  readonly unstoppable?: boolean;
}

const missing = "is not on the PATH";

/** Whether this machine does not have the program that was to be asked. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && error.message.endsWith(missing);
}

/** What an error says, for a finding. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const asking = new Set<ChildProcess>();

/** Ends what nobody waits for any more. */
export function stopAsking(): void {
  for (const child of asking) child.kill("SIGKILL");
}

/** What a program says. Throws one sentence if it isn't installed. */
export function ask(
  program: string,
  args: readonly string[],
  { input = "", env = {}, seconds = 20, signal, unstoppable = false }: AskOptions = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      timeout: seconds * 1000,
      killSignal: "SIGKILL",
      // A terminal's signals go to the group in its foreground.
      detached: unstoppable,
    });
    asking.add(child);
    const end = () => child.kill("SIGKILL");
    if (signal?.aborted) end();
    signal?.addEventListener("abort", end, { once: true });
    const said = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (part: string) => (said.stdout += part));
    child.stderr.setEncoding("utf8").on("data", (part: string) => (said.stderr += part));
    child.on("error", (error: NodeJS.ErrnoException) => {
      reject(error.code === "ENOENT" ? new Error(`${program} ${missing}`) : error);
    });
    child.on("close", (code) => {
      asking.delete(child);
      signal?.removeEventListener("abort", end);
      resolve({ code, ...said });
    });
    child.stdin.on("error", (error: NodeJS.ErrnoException) => {
      // It has ended before it has read all: its code tells.
      if (error.code !== "EPIPE") reject(error);
    });
    child.stdin.end(input);
  });
}

/** Standard output of a program. Throws one sentence with its last words if it fails. */
export async function answer(
  program: string,
  args: readonly string[],
  options: AskOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await ask(program, args, options);
  if (code === 0) return stdout;
  throw new Error(
    lastWords(stderr) || lastWords(stdout) || `${program} ended with ${String(code)}`,
  );
}

/** What a program says last is what it failed at. */
export function lastWords(text: string): string {
  const line = text.trim().split("\n").at(-1)?.trim() ?? "";
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

/**
 * What a script says that has this as its last line. Now and then Nomad loses what is said by something that ends at once,
 * and calls it a success: then it is run again. Throws where that happens three times in a row.
 */
export async function toItsEnd(run: (lastLine: string) => Promise<string>): Promise<string> {
  const end = "media-homelab: end\n";
  for (let tries = 0; tries < 3; tries++) {
    const said = await run(`printf '${end.trimEnd()}\\n'\n`);
    if (said.endsWith(end)) return said.slice(0, -end.length);
  }
  throw new Error("Nomad has lost what a script said in the task, three times; try again");
}
