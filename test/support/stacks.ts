import * as path from "node:path";
import { program } from "../../index";
import { record, type Recording } from "../../ops/recorder";
import { projectName, stackFileConfig } from "../../ops/stack-file";

/** Runs a shipped stack as it is, or with some of its config keys replaced. */
export function shippedStack(
  stack: string,
  overlay: Readonly<Record<string, unknown>> = {},
): Promise<Recording> {
  const project = projectName();
  const changed = Object.entries(overlay).map(([key, value]) => [
    `${project}:${key}`,
    JSON.stringify(value),
  ]);
  const config = {
    ...stackFileConfig(path.join(__dirname, "..", "..", `Pulumi.${stack}.yaml`)),
    ...(Object.fromEntries(changed) as Record<string, string>),
  };
  return record(program, { project, stack, config });
}
