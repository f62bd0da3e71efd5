/** What the tests of every move do: an `up` that is killed, the commands that people type, a call that fails. */
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { program } from "../../index";
import { labEnvironment, productConfig, type StackName } from "../../lab/engine";
import { record, type RecordedResource } from "../../ops/recorder";
import { engineConfig, projectName } from "../../ops/stack-file";
import { runTool, until } from "./tools";

const project = path.join(__dirname, "../..");

export type Migration = Readonly<Record<string, unknown>>;

/** An `up` with all its processes in a namespace of their own: they end together. */
export interface RunningUp {
  /** All that it has said so far. */
  readonly said: () => string;
  /** Its exit status, or null once it was killed. */
  readonly ended: Promise<number | null>;
  /** Kills it with all that it has started, as a machine does that loses its power. */
  readonly kill: () => void;
}

/** Starts an `up` of the stack that a module's `moveStack` makes. */
export function startUpOf(module: string, migration: Migration): RunningUp {
  const alone = ["--pid", "--fork", "--kill-child", "--mount-proc"];
  const program = path.join(__dirname, "up.ts");
  const up = ["node", "-r", "sucrase/register", program, module, JSON.stringify(migration)];
  const child = spawn("unshare", [...alone, ...up], {
    env: { ...process.env, ...labEnvironment() },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (said += text));
  return {
    said: () => said,
    ended: new Promise((resolve) => child.on("exit", resolve)),
    kill: () => {
      child.kill("SIGKILL");
    },
  };
}

/** Kills it once it has said that, within so many milliseconds: at another moment in every run. */
export async function killAfter(up: RunningUp, words: string, within = 0): Promise<void> {
  await until(200, () => {
    expect(up.said()).toContain(words);
    return Promise.resolve();
  });
  await new Promise((resolve) => setTimeout(resolve, Math.random() * within));
  up.kill();
  await up.ended;
}

/** Folder where the config of a stack lies, and its reports. */
export function folderOf(stack: string): string {
  return path.join(labEnvironment().LAB_WORLD ?? "", "pulumi", "work", stack);
}

/** Runs one of the project's commands as people do, in the folder where the stack's config lies. */
export function command(stack: string, script: string, ...args: string[]): Promise<string> {
  const node = `node -r '${project}/node_modules/sucrase/register' '${project}/ops/${script}.ts'`;
  return runTool("bash", ["-c", `cd '${folderOf(stack)}' && ${node} ${args.join(" ")} 2>&1`]);
}

/** What the program makes of a stack's config, with its inputs. */
export async function planned(
  product: StackName,
  overrides: Readonly<Record<string, unknown>>,
  stack: string,
): Promise<readonly RecordedResource[]> {
  const config = engineConfig(productConfig(product, overrides));
  return (await record(program, { project: projectName(), stack, config })).resources;
}

/** Logins that one of the lab's SSH servers has seen, by the name of its log. */
export function loginsOf(server: string): number {
  const log = path.join(labEnvironment().LAB_WORLD ?? "", "logs", `${server}.log`);
  return fs
    .readFileSync(log, "utf8")
    .split("\n")
    .filter((line) => line.includes("Accepted")).length;
}

/** What becomes of a call: see fault.sh. With SOAK, each way that there is, in each step anew. */
export const kindsOfFault = process.env.SOAK ? ["lost", "killed", "refused"] : ["lost", "killed"];

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The steps of an app's move, each run over and over while every kind of call that it makes fails once. */
export class Faults {
  private readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), "faults-"));
  private readonly app: string;

  constructor(app: string, tools: readonly string[]) {
    this.app = app;
    for (const tool of tools) {
      fs.copyFileSync(path.join(__dirname, "fault.sh"), path.join(this.folder, tool));
      fs.chmodSync(path.join(this.folder, tool), 0o755);
    }
  }

  /** No kind of call has failed yet. */
  begin(): void {
    fs.writeFileSync(path.join(this.folder, "met"), "");
  }

  remove(): void {
    fs.rmSync(this.folder, { recursive: true });
  }

  /**
   * Runs a script until it gets through without a fault, and says what all has failed on the way. `expectSafe` looks
   * at the world after each.
   */
  async untilThrough(
    script: string,
    input: string,
    how: string,
    expectSafe: () => Promise<void>,
  ): Promise<{ met: string[]; stdout: string }> {
    const met: string[] = [];
    for (;;) {
      const ended = await this.run(script, input, how);
      const what = this.fired();
      if (what !== undefined) met.push(`${what} (${ended.code === 0 ? "survived" : "failed"})`);
      if (ended.code === 0) {
        if (what === undefined) return { met, stdout: ended.stdout };
        // One that a fault does not stop is done; its other calls are met in the steps that come.
        continue;
      }
      if (what === undefined) throw new Error(`${script}: ${ended.stderr}`);
      if (how !== "killed") {
        expect(ended.stderr).toContain(`✗ the step ${script} has failed; its cause stands above\n`);
        expect(ended.stderr).toMatch(
          /\n {4}to try again: (pulumi up (--refresh )?--stack [\w-]+|npm run rollback -- [\w-]+ [\w-]+)\n$/,
        );
      }
      await expectSafe().catch((error: unknown) => {
        throw new Error(`after "${what}" was ${how}: ${String(error)}\n${ended.stderr}`);
      });
    }
  }

  /** Runs a script with one call failing that has not failed before. */
  private run(script: string, input: string, how: string): Promise<Ended> {
    const environment = labEnvironment();
    fs.rmSync(path.join(this.folder, "fired"), { force: true });
    const file = path.join(project, "migrations", this.app, "steps", `${script}.sh`);
    const child = spawn("bash", [file], {
      env: {
        ...process.env,
        ...environment,
        PATH: `${this.folder}:${environment.PATH ?? ""}`,
        ...{ FAULTS: this.folder, HOW: how, STEP: process.env.SOAK ? script : "" },
      },
      // A group of its own, which is killed as a whole.
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    child.stdin.end(input);
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    return new Promise((resolve) => {
      child.on("close", (code) => {
        resolve({ code, stdout, stderr });
      });
    });
  }

  private fired(): string | undefined {
    const file = path.join(this.folder, "fired");
    return fs.existsSync(file) ? fs.readFileSync(file, "utf8").trim() : undefined;
  }
}
