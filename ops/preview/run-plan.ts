/** Starts the process that plans one stack of one checkout, and reads what it found. */
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { surroundings } from "./engine";
import type { Outcome } from "./plan-process";

/** Far more than any plan takes; a provider that waits for a network would wait for ever. */
const minutes = 10;

/** `scratch` is a folder of its own for this plan. */
export async function runPlan(checkout: string, stack: string, scratch: string): Promise<Outcome> {
  fs.mkdirSync(scratch, { recursive: true });
  const script = path.join(__dirname, "plan-process.ts");
  const loader = require.resolve("sucrase/register");
  const child = spawn(process.execPath, ["--require", loader, script, checkout, stack, scratch], {
    cwd: path.join(__dirname, "..", ".."),
    env: surroundings(scratch, process.env),
    stdio: "ignore",
    timeout: minutes * 60_000,
    killSignal: "SIGKILL",
  });
  const kill = () => child.kill("SIGKILL");
  // Before its folder is removed.
  process.prependOnceListener("exit", kill);
  const ended = await new Promise<string>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      resolve(signal ?? `exit status ${String(code)}`);
    });
  });
  process.off("exit", kill);
  const file = path.join(scratch, "plan.json");
  if (fs.existsSync(file)) return JSON.parse(fs.readFileSync(file, "utf8")) as Outcome;
  return {
    fault: `the program ended by itself (${ended}) without a plan; see what it says: npm run render -- ${stack}`,
  };
}
