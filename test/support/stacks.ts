import * as path from "node:path";
import { program } from "../../index";
import { record, type Recording, type Surroundings } from "../../ops/recorder";
import { engineConfig, mergePatch, projectName, stackFileValues } from "../../ops/stack-file";

/**
 * Runs a shipped stack as it is, or with a patch on its config: keys are merged, null removes one. What commands
 * have printed is known where it is given, by their names; so are other stacks' outputs.
 */
export function shippedStack(
  stack: string,
  patch: Readonly<Record<string, unknown>> = {},
  printed: Readonly<Record<string, string>> = {},
  stacks: Surroundings["stacks"] = {},
): Promise<Recording> {
  const project = projectName();
  const changed = Object.entries(patch).map(([key, value]) => [`${project}:${key}`, value]);
  const shipped = stackFileValues(path.join(__dirname, "..", "..", `Pulumi.${stack}.yaml`));
  const values = mergePatch(shipped, Object.fromEntries(changed) as Record<string, unknown>);
  return record(program, { project, stack, config: engineConfig(values), printed, stacks });
}
