/**
 * Runs a Pulumi program without an engine and records what it registers. Pulumi's mocks show type,
 * name and inputs only; the requests seen here also carry parents, dependencies, options and the
 * secret marks.
 */
import * as pulumi from "@pulumi/pulumi";
import type { Alias } from "@pulumi/pulumi/proto/alias_pb";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import type { MockCallArgs, MockMonitor, MockResourceArgs } from "@pulumi/pulumi/runtime/mocks";

export interface RecordedResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** False for components. */
  readonly custom: boolean;
  /** Secrets stand as "[secret]", whatever their value, unless they were asked for. */
  readonly inputs: Record<string, unknown>;
  /** Only the options that are set. */
  readonly options: Record<string, unknown>;
  /** URN of the parent; empty at the top. */
  readonly parent: string;
  /** URN of an explicit provider; empty where the default one is used. */
  readonly provider: string;
  /** URNs of the resources that must exist before. */
  readonly dependencies: readonly string[];
  /** What it was called before; only where it had another name. */
  readonly aliases?: readonly RecordedAlias[];
}

/** An earlier identity: a whole URN, or what is different in it. */
export interface RecordedAlias {
  readonly urn?: string;
  readonly name?: string;
  readonly type?: string;
  /** URN of the parent that it had. */
  readonly parent?: string;
  /** It stood at the top. */
  readonly noParent?: boolean;
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
  /** Keys of the config that are encrypted there. @default none */
  readonly encrypted?: readonly string[];
  /** What commands have printed, by their name. @default unknown, as before an `up` */
  readonly printed?: Readonly<Record<string, string>>;
  /** Outputs of other stacks, by the stack's full name. @default there are no others */
  readonly stacks?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Inputs are recorded with what is secret of them: for whoever hands them on, never to be shown. @default false */
  readonly withSecrets?: boolean;
  /** Told every value that a secret mark hides, and where: for whoever proves that it stands nowhere in clear. */
  readonly onSecret?: OnSecret;
}

export type OnSecret = (value: unknown, place: string) => void;

/** What a backend without organizations says instead of one's name. */
const organization = "organization";

/** Stands for every generated secret. Looking for it shows whether one is somewhere in clear. */
export const generatedSecret = "c0ffee00c0ffee00c0ffee00c0ffee00";

/** Stands for every address that a cluster gives to a Service. */
export const generatedAddress = "10.43.0.99";

/** Runs `program` to its end, all registrations included. What it returns are the outputs. */
export async function record(program: () => unknown, where: Surroundings = {}): Promise<Recording> {
  pulumi.runtime.setAllConfig(where.config ?? {}, [...(where.encrypted ?? [])]);
  // As a preview: what only an `up` may do, such as asking for secrets, is not done here.
  const mocks = { newResource: answers(where.printed ?? {}), call: calls(where.stacks ?? {}) };
  await pulumi.runtime.setMocks(mocks, where.project, where.stack, true, organization);
  const seen = watch(pulumi.runtime.getMonitor() as unknown as MockMonitor);

  const returned = (await program()) as pulumi.Inputs | undefined;
  const outputs: unknown = await pulumi.runtime.serializeProperties("outputs", returned ?? {});
  await pulumi.runtime.disconnect();

  const resources = [...seen].map(([urn, request]) => describe(urn, request, where));
  return {
    resources: resources.sort((a, b) => (a.urn < b.urn ? -1 : 1)),
    outputs: copied(outputs, "outputs", { ...where, withSecrets: false }) as Record<
      string,
      unknown
    >,
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

function describe(
  urn: string,
  request: RegisterResourceRequest,
  where: Surroundings,
): RecordedResource {
  const place = `${request.getType()}::${request.getName()}`;
  const aliases = request.getAliasesList().map(describeAlias);
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
    inputs: copied(request.getObject()?.toJavaScript() ?? {}, place, where) as Record<
      string,
      unknown
    >,
    options: Object.fromEntries(Object.entries(options).filter(([, value]) => isSet(value))),
    parent: request.getParent(),
    // A reference is "<urn>::<id>".
    provider: request.getProvider().split("::").slice(0, 4).join("::"),
    dependencies: request.getDependenciesList().sort(),
    ...(aliases.length > 0 && { aliases }),
  };
}

function describeAlias(alias: Alias): RecordedAlias {
  const spec = alias.getSpec();
  if (!spec) return { urn: alias.getUrn() };
  const given = {
    name: spec.getName(),
    type: spec.getType(),
    parent: spec.getParenturn(),
    noParent: spec.getNoparent(),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => Boolean(value)));
}

function isSet(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

const signature = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** A copy of a value; what is secret of it is told, and shown only where that is asked for. */
function copied(
  value: unknown,
  place: string,
  where: Pick<Surroundings, "onSecret" | "withSecrets">,
): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Reflect.get(value, signature) === secretSignature) {
    const secret: unknown = Reflect.get(value, "value");
    where.onSecret?.(secret, place);
    return where.withSecrets ? secret : "[secret]";
  }
  const within = (key: string, inner: unknown) => copied(inner, `${place}.${key}`, where);
  if (Array.isArray(value)) return value.map((inner, index) => within(index.toString(), inner));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, within(key, inner)]));
}

/** The name of a Kubernetes object that is given none; the real one ends in random digits. */
export function autoName(name: string): string {
  return `${name}-autonamed`;
}

/** What a provider would answer. */
function answers(printed: Readonly<Record<string, string>>) {
  return (resource: MockResourceArgs) => {
    const stdout = resource.type.startsWith("command:") ? printed[resource.name] : undefined;
    const { id, state } = newResource(resource);
    return { id, state: stdout === undefined ? state : { ...state, stdout } };
  };
}

/** The inputs, and the properties that the program reads back. */
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

/** Other stacks may be asked for their outputs, and nobody for anything else. */
function calls(stacks: NonNullable<Surroundings["stacks"]>) {
  return ({ token, inputs }: MockCallArgs) => {
    if (token !== "pulumi:pulumi:readStackOutputs")
      throw new Error(`${token} asks a live system, which a preview must not depend on`);
    const { name } = inputs as { name: string };
    const outputs = stacks[name];
    // As the engine's errors come, which have their text there.
    if (!outputs) throw Object.assign(new Error(), { details: `unknown stack "${name}"` });
    return { name, outputs };
  };
}
