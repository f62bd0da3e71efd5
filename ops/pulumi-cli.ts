/** Pulumi's own command line, for commands that change what it keeps of a stack. */
import { execFileSync } from "node:child_process";
import * as pulumi from "@pulumi/pulumi";

/** Standard output of `pulumi …`. Throws a RunError with what it said if it fails or is not installed. */
export function pulumiCli(...args: string[]): string {
  try {
    return execFileSync("pulumi", args, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      maxBuffer: 256 * 1024 * 1024,
    });
  } catch (error) {
    const { stdout, stderr, code } = error as { stdout?: string; stderr?: string; code?: string };
    if (code === "ENOENT")
      throw new pulumi.RunError("pulumi is not on the PATH: https://www.pulumi.com/docs/install/");
    throw new pulumi.RunError(`pulumi ${args.join(" ")}\n${stdout ?? ""}${stderr ?? ""}`.trim());
  }
}

/** Runs a command of the project's; its exit status is `main`'s, or 1 if it throws. */
export function runCommand(main: () => Promise<number>): void {
  // What is thrown before there is a promise is caught, too.
  Promise.resolve()
    .then(main)
    .then((status) => {
      process.exitCode = status;
    })
    .catch((error: unknown) => {
      // A fault of the user's is a sentence; anything else is ours and shows where.
      console.error(pulumi.RunError.isInstance(error) ? error.message : error);
      process.exitCode = 1;
    });
}
