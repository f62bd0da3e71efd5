/**
 * Runs a Pulumi program without an engine and records what it registers. Pulumi's mocks show type,
 * name and inputs only; the requests seen here also carry parents, dependencies, options and the
 * secret marks.
 */
import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import type { MockMonitor, MockResourceArgs } from "@pulumi/pulumi/runtime/mocks";

export interface RecordedResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** False for components. */
  readonly custom: boolean;
  /** Secrets stand as "[secret]", whatever their value. */
  readonly inputs: Record<string, unknown>;
  /** Only the options that are set. */
  readonly options: Record<string, unknown>;
  /** URN of the parent; empty at the top. */
  readonly parent: string;
  /** URN of an explicit provider; empty where the default one is used. */
  readonly provider: string;
  /** URNs of the resources that must exist before. */
  readonly dependencies: readonly string[];
}

export interface Recording {
  /** Sorted by URN. */
  readonly resources: readonly RecordedResource[];
  readonly outputs: Record<string, unknown>;
}

/** Where the recorded program believes itself to be. */
export interface Surroundings {
  readonly project?: string;
  readonly stack?: string;
  /** Config by full key, as the engine hands it over. */
  readonly config?: Record<string, string>;
}

/** Stands for every generated secret. Looking for it shows whether one is somewhere in clear. */
export const generatedSecret = "c0ffee00c0ffee00c0ffee00c0ffee00";

/** Stands for every address that a cluster gives to a Service. */
export const generatedAddress = "10.43.0.99";

/** Runs `program` to its end, all registrations included. What it returns are the outputs. */
export async function record(program: () => unknown, where: Surroundings = {}): Promise<Recording> {
  pulumi.runtime.setAllConfig(where.config ?? {}, []);
  // As a preview: what only an `up` may do, such as asking for secrets, is not done here.
  const mocks = { newResource, call: noCalls };
  await pulumi.runtime.setMocks(mocks, where.project, where.stack, true);
  const seen = watch(pulumi.runtime.getMonitor() as unknown as MockMonitor);

  const returned = (await program()) as pulumi.Inputs | undefined;
  const outputs: unknown = await pulumi.runtime.serializeProperties("outputs", returned ?? {});
  await pulumi.runtime.disconnect();

  const resources = [...seen].map(([urn, request]) => describe(urn, request));
  return {
    resources: resources.sort((a, b) => (a.urn < b.urn ? -1 : 1)),
    outputs: masked(outputs) as Record<string, unknown>,
  };
}

/** The requests by URN, filled while the program runs. */
function watch(monitor: MockMonitor): Map<string, RegisterResourceRequest> {
  const seen = new Map<string, RegisterResourceRequest>();
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request: RegisterResourceRequest, callback) =>
    register(request, (error, response: { getUrn(): string } | undefined) => {
      if (response) seen.set(response.getUrn(), request);
      callback(error, response);
    });
  return seen;
}

function describe(urn: string, request: RegisterResourceRequest): RecordedResource {
  const options = {
    protect: request.getProtect(),
    retainOnDelete: request.getRetainondelete(),
    import: request.getImportid(),
    ignoreChanges: request.getIgnorechangesList(),
  };
  return {
    urn,
    type: request.getType(),
    name: request.getName(),
    custom: request.getCustom(),
    inputs: masked(request.getObject()?.toJavaScript() ?? {}) as Record<string, unknown>,
    options: Object.fromEntries(Object.entries(options).filter(([, value]) => isSet(value))),
    parent: request.getParent(),
    // A reference is "<urn>::<id>".
    provider: request.getProvider().split("::").slice(0, 4).join("::"),
    dependencies: request.getDependenciesList().sort(),
  };
}

function isSet(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

const signature = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== "object" || value === null) return value;
  if (Reflect.get(value, signature) === secretSignature) return "[secret]";
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, masked(inner)]));
}

/** The name of a Kubernetes object that is given none; the real one ends in random digits. */
export function autoName(name: string): string {
  return `${name}-autonamed`;
}

/** What a provider would answer: the inputs, and the properties that the program reads back. */
function newResource({ type, name, inputs }: MockResourceArgs) {
  const state = { ...(inputs as Record<string, unknown>) };
  if (type.startsWith("kubernetes:")) {
    state.metadata = { name: autoName(name), ...(state.metadata as object) };
  }
  if (type === "kubernetes:core/v1:Service") {
    state.spec = { clusterIP: generatedAddress, ...(state.spec as object) };
    state.status = { loadBalancer: {} };
  }
  if (type === "kubernetes:core/v1:PersistentVolumeClaim") {
    state.spec = { volumeName: `${name}-volume`, ...(state.spec as object) };
  }
  if (type === "random:index/randomPassword:RandomPassword") {
    state.result = pulumi.secret(generatedSecret);
  }
  return { id: `${name}-id`, state };
}

function noCalls({ token }: { token: string }): never {
  throw new Error(`${token} asks a live system, which a preview must not depend on`);
}
