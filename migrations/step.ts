import * as path from "node:path";
import * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import { assignments, quoted } from "../components/kubernetes/shell";

export interface Step {
  /** Path of its script below this folder. */
  readonly script: string;
  /** Its variables by name. They travel on standard input: nothing of them stands in an argument list. */
  readonly values: Readonly<Record<string, pulumi.Input<string>>>;
}

/**
 * Runs a script of the project on this machine, once: a finished step is never run again, however its script, its
 * values or the world have changed since. Only another name, which bears the generation, makes another step. It
 * does nothing when it is deleted. A step that fails is not recorded, and is tried again by the next `up`.
 * https://github.com/pulumi/pulumi-command/issues/189
 */
export function step(
  name: string,
  { script, values }: Step,
  {
    parent,
    dependsOn = [],
  }: {
    readonly parent: pulumi.ComponentResource;
    readonly dependsOn?: readonly pulumi.Resource[];
  },
): command.local.Command {
  return new command.local.Command(
    name,
    {
      create: `exec bash ${quoted(path.join(__dirname, script))}`,
      stdin: assignments(values),
      // What a step says on stderr is for people; its result, one line of JSON, is for the state.
      logging: "stderr",
      addPreviousOutputInEnv: false,
    },
    { parent, dependsOn: [...dependsOn], ignoreChanges: ["*"] },
  );
}
