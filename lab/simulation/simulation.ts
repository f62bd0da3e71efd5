/** The simulated cluster of simulation.sh, as tests and benchmarks use it. */
import { execFile } from "node:child_process";
import * as path from "node:path";
import { promisify } from "node:util";
import type { PlannedObject } from "../../ops/planned-objects";
import { labEnvironment } from "../engine";

/** A fresh simulation: five ready nodes and nothing on them. */
export const startSimulation = () => simulate("start");
export const stopSimulation = () => simulate("stop");
/** Cuts a node's power: it falls silent, and what ran there is not cleaned up. */
export const loseNode = (node: string) => simulate("lose", node);
export const returnNode = (node: string) => simulate("return", node);

/** Creates or updates what is given, and the volumes that Longhorn would make for its claims. */
export async function apply(objects: readonly PlannedObject[]): Promise<void> {
  const items = [...volumes(objects), ...objects];
  await kubectl(["apply", "--server-side", "--filename=-"], list(items));
}

/** Removes what `apply` has made; returns when its pods are gone. */
export async function remove(objects: readonly PlannedObject[]): Promise<void> {
  // A namespace waits out its pods' grace periods, which none of ours needs: it goes last, empty.
  const items = [...volumes(objects), ...objects].reverse();
  const options = ["--ignore-not-found", "--cascade=foreground", "--timeout=90s"];
  await kubectl(["delete", ...options, "--filename=-"], list(items));
}

/** Answer of the simulated API, parsed. */
export async function get<T>(...args: string[]): Promise<T> {
  return JSON.parse(await kubectl(["get", ...args, "--output=json"])) as T;
}

export async function kubectl(args: readonly string[], input?: string): Promise<string> {
  const kubeconfig = path.join(labEnvironment().LAB_WORLD ?? "", "simulation.kubeconfig");
  return run("kubectl", ["--kubeconfig", kubeconfig, ...args], input);
}

interface Claim extends PlannedObject {
  readonly spec: {
    readonly accessModes: readonly string[];
    readonly resources: { readonly requests: { readonly storage: string } };
    readonly storageClassName?: string;
    readonly volumeName?: string;
  };
}

/** A volume for each claim that names none. Like Longhorn's, it can be mounted on any node that a pod may use. */
function volumes(objects: readonly PlannedObject[]): PlannedObject[] {
  return (objects as readonly Claim[])
    .filter(({ kind, spec }) => kind === "PersistentVolumeClaim" && !spec.volumeName)
    .map(({ metadata: { name, namespace = "default" }, spec }) => ({
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name: `simulated-${namespace}-${name}` },
      spec: {
        accessModes: spec.accessModes,
        capacity: { storage: spec.resources.requests.storage },
        claimRef: { namespace, name },
        hostPath: { path: `/simulated/${name}` },
        storageClassName: spec.storageClassName,
      },
    }));
}

function list(items: readonly PlannedObject[]): string {
  return JSON.stringify({ apiVersion: "v1", kind: "List", items });
}

async function simulate(...args: string[]): Promise<void> {
  await run("bash", [path.join(__dirname, "simulation.sh"), ...args]);
}

async function run(command: string, args: readonly string[], input?: string): Promise<string> {
  const running = promisify(execFile)(command, args, {
    env: { ...process.env, ...labEnvironment() },
    maxBuffer: 64 * 1024 * 1024,
    timeout: 120_000,
  });
  running.child.stdin?.end(input);
  return (await running).stdout;
}
