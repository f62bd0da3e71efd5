/** The only file that reads Pulumi's config. */
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { homelabFaults } from "./homelab-rules";
import { lineFinder } from "./lines";
import { nomadFaults } from "./nomad-rules";
import { describeProblems } from "./problems";
import type { RuleFault } from "./rules";
import { stackConfig, type StackConfig } from "./schema";

/** Its types leave out what only errors need: whether a key was set with `--secret`. */
const runtime = pulumi.runtime as typeof pulumi.runtime & {
  readonly isConfigSecret: (key: string) => boolean;
};

/** The stack's config, or one error that names everything wrong with it. */
export function loadConfig(
  /** Where the config was written; it is only read to tell the line of a fault. */
  file = path.join(__dirname, "..", `Pulumi.${pulumi.getStack()}.yaml`),
): StackConfig {
  const prefix = `${pulumi.getProject()}:`;
  // All keys, not only the known ones: a misspelt key must be an error, never a silent default.
  const given = Object.fromEntries(
    Object.entries(pulumi.runtime.allConfig())
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), decode(value)]),
  );
  const isSecret = (concern: string) => runtime.isConfigSecret(`${prefix}${concern}`);
  const result = stackConfig.safeParse(given);
  const faults = brokenRules(given, isSecret);
  if (result.success && faults.length === 0) return result.data;
  const problems = describeProblems(result.error?.issues ?? [], faults, given, {
    isSecret,
    file: path.basename(file),
    lineOf: lineFinder(file, prefix, given),
  });
  throw new pulumi.RunError(`The stack's config has to be corrected:\n${problems}`);
}

function brokenRules(
  given: Readonly<Record<string, unknown>>,
  isSecret: (concern: string) => boolean,
): RuleFault[] {
  switch (given.platform) {
    case "k3s":
      return homelabFaults(given, isSecret);
    case "nomad":
      return nomadFaults(given, isSecret);
    default:
      return [];
  }
}

/** Objects and lists reach a program as JSON, everything else as the text that stands in the file. */
function decode(value: string): unknown {
  if (!/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value; // A text that happens to begin like JSON.
  }
}
