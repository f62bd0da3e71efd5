/**
 * `npm run recover -- <stack>`: after an `up` that was killed. What Kubernetes had been asked for but Pulumi had not
 * noted yet would fail the next `up` with "already exists": it is noted, and looked up in the cluster. Changes nothing
 * there. Safe to run twice.
 *
 * Pulumi's own `refresh --import-pending-creates` drops what it is told to import (3.259): its engine does not know
 * operations of that kind. https://github.com/pulumi/pulumi/blob/v3.259.0/pkg/resource/deploy/deployment_executor.go
 */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parseArgs } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { pulumiCli, runCommand } from "./pulumi-cli";

const usage = "npm run recover -- <stack>";

interface State {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs?: {
    readonly metadata?: { readonly name?: string; readonly namespace?: string };
  };
  readonly outputs?: object;
}

/** The part read here of what `pulumi stack export` prints. */
export interface Export {
  readonly deployment: {
    readonly resources?: readonly State[];
    readonly pending_operations?: readonly { readonly type: string; readonly resource: State }[];
  };
}

/** ID that the Kubernetes provider gives to an object: `[namespace/]name`. Nothing for what is none, or has no name yet. */
function idOf({ type, inputs }: State): string | undefined {
  const { name, namespace } = inputs?.metadata ?? {};
  if (!type.startsWith("kubernetes:") || name === undefined) return undefined;
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/**
 * The same with every Kubernetes object noted whose creation was begun, and with nothing pending. Everything else that
 * Pulumi makes in this program (steps, random values, Nomad's jobs and variables) can be made once more without an
 * error. What is noted has no outputs before it is looked up.
 */
export function noted(exported: Export): Export {
  const { resources = [], pending_operations = [] } = exported.deployment;
  const known = new Set(resources.map(({ urn }) => urn));
  const found = pending_operations.flatMap(({ type, resource }) => {
    const id = idOf(resource);
    if (type !== "creating" || id === undefined || known.has(resource.urn)) return [];
    known.add(resource.urn);
    return [{ ...resource, id, outputs: {} }];
  });
  return {
    ...exported,
    deployment: {
      ...exported.deployment,
      // Last: nothing stands on them yet.
      resources: [...resources, ...found],
      pending_operations: [],
    },
  };
}

/** Objects that were noted and not looked up yet. */
export function notLookedUp({ deployment }: Export): State[] {
  return (deployment.resources ?? []).filter(
    (state) => idOf(state) !== undefined && Object.keys(state.outputs ?? {}).length === 0,
  );
}

function main(): Promise<number> {
  const { positionals } = parseArgs({ allowPositionals: true });
  const [stack] = positionals;
  if (!stack || positionals.length > 1) throw new pulumi.RunError(`usage: ${usage}`);
  const exported = JSON.parse(pulumiCli("stack", "export", "--stack", stack)) as Export;
  const whole = noted(exported);
  if ((exported.deployment.pending_operations ?? []).length > 0) put(stack, whole);
  const objects = notLookedUp(whole);
  if (objects.length > 0) {
    // An object that is not there after all is dropped by the same call, and made by the next `up`.
    const targets = objects.flatMap(({ urn }) => ["--target", urn]);
    pulumiCli("refresh", "--stack", stack, "--yes", "--skip-preview", ...targets);
  }
  for (const object of objects) console.error(`looked up: ${idOf(object) ?? ""}`);
  console.error(
    `objects looked up: ${objects.length.toString()}; next: pulumi up --stack ${stack}`,
  );
  return Promise.resolve(0);
}

/** Secrets are encrypted in it. */
function put(stack: string, state: Export): void {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "recover-"));
  try {
    const file = path.join(folder, "state.json");
    fs.writeFileSync(file, JSON.stringify(state), { mode: 0o600 });
    pulumiCli("stack", "import", "--stack", stack, "--file", file);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

if (require.main === module) runCommand(main);
