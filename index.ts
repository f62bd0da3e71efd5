/**
 * Entry point of both stacks.
 *
 * `pulumi up` runs it through the Node language host, which calls a module that is itself a function.
 * A driver of the Automation API passes the same function as its inline program:
 * `import { program } from "../index"`.
 */
import { loadConfig } from "./config/load";
import type { StackOutputs } from "./stacks/outputs";

/** Loads the config, runs the stack of its platform and returns that stack's outputs. */
export async function program(): Promise<StackOutputs> {
  const config = loadConfig();
  // Imported lazily: neither stack pays for the other's packages, or breaks with them.
  switch (config.platform) {
    case "k3s":
      return (await import("./stacks/homelab")).homelabStack(config);
    case "nomad":
      return (await import("./stacks/nomad")).nomadStack(config);
  }
}

module.exports = Object.assign(program, { program });
