/** What the lab's tests ask of the running lab, with the tools that an operator has. */
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { labEnvironment } from "../../lab/engine";

const run = promisify(execFile);

/** Runs a tool with the lab's environment and gives its output as it is. Throws with its standard error. */
export async function runTool(name: string, args: string[], input?: string): Promise<string> {
  const running = run(name, args, {
    env: { ...process.env, ...labEnvironment() },
    timeout: 150_000,
    maxBuffer: 256 * 1024 * 1024,
  });
  // `nomad alloc exec` would wait for more input for ever.
  running.child.stdin?.end(input);
  return (await running).stdout;
}

/** Output of a tool of the lab (kubectl, nomad, curl …) without the white space around it. */
export async function tool(name: string, ...args: string[]): Promise<string> {
  return (await runTool(name, args)).trim();
}

/** Answer of the cluster, parsed. */
export async function kube<T>(...args: string[]): Promise<T> {
  return JSON.parse(await tool("kubectl", ...args, "--output", "json")) as T;
}

/** Output of a command in the main container of a workload's pod in the stack's namespace. */
export function inPod(workload: string, ...command: string[]): Promise<string> {
  return tool("kubectl", "exec", "--namespace=media", workload, "--", ...command);
}

/** First process of the lab's machine, as this one knows it. */
export function nodeInit(): string {
  return fs.readFileSync(path.join(labEnvironment().LAB_WORLD ?? "", "init.pid"), "utf8").trim();
}

/** What nsenter is told so that a command runs on the lab's machine. */
export function intoNode(): string[] {
  return ["--target", nodeInit(), "--mount", "--net", "--pid", "--root", "--wd=/"];
}

/** Output of a command on the lab's machine, which is the cluster's node. */
export function onNode(...command: string[]): Promise<string> {
  return tool("nsenter", ...intoNode(), ...command);
}

/** Asks until the expectation holds; fails with its last complaint after so many seconds. */
export async function until(seconds: number, expectation: () => Promise<void>): Promise<void> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    try {
      await expectation();
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** GET (or POST, with a body) through the ingress controller's LoadBalancer address. */
export async function throughIngress(
  host: string,
  path: string,
  { headers = {}, body }: { headers?: Record<string, string>; body?: unknown } = {},
): Promise<Answer> {
  const address = await tool(
    ...(["kubectl", "get", "service", "traefik", "--namespace", "lab"] as const),
    "--output=jsonpath={.status.loadBalancer.ingress[0].ip}",
  );
  const options = Object.entries({ Host: host, ...headers }).flatMap(([key, value]) => [
    "--header",
    `${key}: ${value}`,
  ]);
  const data = body === undefined ? [] : ["--data", JSON.stringify(body)];
  const answer = await tool(
    "curl",
    "--silent",
    "--max-time",
    "10",
    "--write-out",
    "\n%{http_code}",
    ...options,
    ...data,
    `http://${address}${path}`,
  );
  const end = answer.lastIndexOf("\n");
  return { status: Number(answer.slice(end + 1)), body: answer.slice(0, end) };
}
