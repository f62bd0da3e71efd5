import * as fs from "node:fs";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { assignments, quoted } from "./shell";

/** The cluster as kubectl finds it. */
export interface ClusterAccess {
  readonly context: string;
  /** @default kubectl's own */
  readonly kubeconfig?: string;
}

export interface PodScript {
  readonly cluster: ClusterAccess;
  readonly namespace: pulumi.Input<string>;
  /** What runs it, such as `statefulset/plex`; ready by then. */
  readonly pod: pulumi.Input<string>;
  /** Path of a bash script of the project. Its output becomes the result: short, and never secret. */
  readonly file: string;
  /** Its variables by name; secret ones stay secret. */
  readonly values: Readonly<Record<string, pulumi.Input<string>>>;
}

/**
 * Runs a script in a running pod, once, and again whenever the script or one of its values has changed. Both
 * travel on standard input: nothing of them stands in an argument list or in what an error quotes.
 */
export function podScript(
  name: string,
  { cluster, namespace, pod, file, values }: PodScript,
  opts: { readonly parent: pulumi.ComponentResource },
): command.local.Command {
  const kubectl = [
    ...["kubectl", "--context", cluster.context],
    ...(cluster.kubeconfig ? ["--kubeconfig", cluster.kubeconfig] : []),
  ].map(quoted);
  return new command.local.Command(
    name,
    {
      create: pulumi.interpolate`${kubectl.join(" ")} --namespace ${namespace} exec -i ${pod} -- bash -s`,
      stdin: pulumi.interpolate`${assignments(values)}\n${fs.readFileSync(file, "utf8")}`,
      // What a step says on stderr is for people; its result is for the state.
      logging: "stderr",
      addPreviousOutputInEnv: false,
    },
    opts,
  );
}
