/** What Pulumi keeps of a stack in the backend of PULUMI_BACKEND_URL; it is only read. */
import * as pulumi from "@pulumi/pulumi";
import { unknownMark } from "../policies/value";
import { pulumiCli } from "../pulumi-cli";
import { autoName, generatedAddress } from "../recorder";
import { plannedFromStates, type Planned } from "./planned";

/** The stack's resources; undefined if the backend has no such stack. */
export function deployedStack(folder: string, stack: string): Planned | undefined {
  if (!process.env.PULUMI_BACKEND_URL)
    throw new pulumi.RunError("--state: PULUMI_BACKEND_URL does not say where the state is");
  const known = JSON.parse(pulumiCli("stack", "ls", "--json", "--cwd", folder)) as {
    readonly name: string;
  }[];
  if (!known.some(({ name }) => name === stack || name.endsWith(`/${stack}`))) return undefined;
  const { deployment } = JSON.parse(
    pulumiCli("stack", "export", "--stack", stack, "--cwd", folder),
  ) as { deployment: { resources?: unknown[] } };
  return plannedFromStates(deployment.resources ?? []);
}

/** A recording beside a real state: what the recorder has made up says nothing. */
export function withoutStandIns(recorded: Planned): Planned {
  const suffix = autoName("");
  const isMadeUp = (text: string) => text.endsWith(suffix) || text.includes(generatedAddress);
  return JSON.parse(
    JSON.stringify(recorded, (_, value: unknown) =>
      typeof value === "string" && isMadeUp(value) ? unknownMark : value,
    ),
  ) as Planned;
}
