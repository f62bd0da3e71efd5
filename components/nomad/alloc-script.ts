import * as fs from "node:fs";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { assignments, quoted } from "../kubernetes/shell";

/** The cluster as the nomad command finds it; a token comes from NOMAD_TOKEN. */
export interface NomadAccess {
  readonly address: string;
  /** @default the one of the agent asked */
  readonly region?: string;
}

export interface AllocScript {
  readonly nomad: NomadAccess;
  /** Id of a job that has one allocation; healthy by then. */
  readonly jobId: pulumi.Input<string>;
  /** Task in which it runs; its image has bash. */
  readonly task: string;
  /**
   * Paths of bash scripts of the project: the last one does the work, with what those before it define. Its output
   * becomes the result: short, and never secret.
   */
  readonly files: readonly string[];
  /** Their variables by name; secret ones stay secret. */
  readonly values: Readonly<Record<string, pulumi.Input<string>>>;
}

/** Now and then Nomad loses the output of what ends at once. Noted as the step's result, it would be missing for good. */
const lost = "Nomad has lost what the script said; run the same command again";

/**
 * Runs a script in a running task, once, and again whenever the script or one of its values has changed. Both travel on
 * standard input: nothing of them stands in an argument list or in what an error quotes. The script says something: no
 * answer is an error.
 */
export function allocScript(
  name: string,
  { nomad, jobId, task, files, values }: AllocScript,
  {
    parent,
    dependsOn = [],
  }: {
    readonly parent: pulumi.ComponentResource;
    readonly dependsOn?: readonly pulumi.Resource[];
  },
): command.local.Command {
  const exec = [
    // A shell set up for another cluster must not redirect it.
    ...["env", "-u", "NOMAD_NAMESPACE", "-u", "NOMAD_REGION"],
    ...["nomad", "alloc", "exec", `-address=${nomad.address}`],
    ...(nomad.region ? [`-region=${nomad.region}`] : []),
    ...["-i=true", "-t=false", "-task", task, "-job"],
  ].map(quoted);
  const scripts = files.map((file) => fs.readFileSync(file, "utf8"));
  return new command.local.Command(
    name,
    {
      create: pulumi.interpolate`said=$(${exec.join(" ")} ${jobId} bash -s) && printf '%s\\n' "\${said:?${lost}}"`,
      stdin: pulumi.interpolate`${assignments(values)}\n${scripts.join("")}`,
      // What a step says on stderr is for people; its result is for the state.
      logging: "stderr",
      addPreviousOutputInEnv: false,
    },
    { parent, dependsOn: [...dependsOn] },
  );
}
