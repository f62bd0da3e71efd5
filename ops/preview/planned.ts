/** A planned stack as it is compared: what its resources are, what they are called, and what they were called. */
import type { Resource } from "../policies/finding";
import { stateResource } from "../policies/preview";
import { at, text } from "../policies/value";
import type { RecordedAlias, RecordedResource } from "../recorder";

/** A resource under its full identity. */
export interface PlannedResource extends Resource {
  /** With the types of all its parents in it, as the engine writes it. */
  readonly urn: string;
  /** False for components. */
  readonly custom: boolean;
  /** URN of the parent; empty at the top. */
  readonly parent: string;
  /** URNs under which it is looked for in an earlier state. */
  readonly aliases: readonly string[];
}

export type Planned = readonly PlannedResource[];

/** The engine's own resource, which every other one at the top has for a parent. */
const stackType = "pulumi:pulumi:Stack";

/** A recording under the engine's URNs: the recorder's own name only the nearest parent. */
export function plannedFromRecording(
  recorded: readonly RecordedResource[],
  project: string,
  stack: string,
): Planned {
  const byUrn = new Map(recorded.map((resource) => [resource.urn, resource]));
  const prefix = `urn:pulumi:${stack}::${project}::`;
  const typesOf = ({ type, parent }: RecordedResource): string => {
    const above = byUrn.get(parent);
    return above ? `${typesOf(above)}$${type}` : type;
  };
  const urnOf = (resource: RecordedResource) => `${prefix}${typesOf(resource)}::${resource.name}`;
  const known = (urn: string) => {
    const resource = byUrn.get(urn);
    return resource ? urnOf(resource) : urn;
  };
  const aliasesOf = (resource: RecordedResource): string[] => {
    const above = byUrn.get(resource.parent);
    const parents = above ? [urnOf(above), ...aliasesOf(above)] : [""];
    const own = [{}, ...(resource.aliases ?? [])].flatMap((alias: RecordedAlias) =>
      earlier(resource, alias, above?.name, parents, known, prefix),
    );
    return [...new Set(own)].filter((urn) => urn !== urnOf(resource));
  };
  return recorded
    .map((resource) => {
      const { type, name, custom, inputs, options } = resource;
      const parent = resource.parent === "" ? "" : known(resource.parent);
      const aliases = aliasesOf(resource);
      return { urn: urnOf(resource), type, name, custom, parent, inputs, options, aliases };
    })
    .sort(byUrnOrder);
}

/** The URNs that one alias stands for: without a parent of its own it follows the parent through all its names. */
function earlier(
  resource: RecordedResource,
  alias: RecordedAlias,
  parentName: string | undefined,
  parents: readonly string[],
  known: (urn: string) => string,
  prefix: string,
): string[] {
  if (alias.urn !== undefined) return [alias.urn];
  const given = alias.noParent
    ? [""]
    : alias.parent === undefined
      ? parents
      : [known(alias.parent)];
  return given.map((parent) => {
    const type = alias.type ?? resource.type;
    const name =
      alias.name ??
      (given === parents ? following(resource.name, parentName, parent) : resource.name);
    const types = typesIn(parent);
    return `${prefix}${types === "" || types === stackType ? "" : `${types}$`}${type}::${name}`;
  });
}

/** A child whose name begins with its parent's is renamed with it. */
function following(name: string, parentName: string | undefined, parent: string): string {
  const earlierName = nameIn(parent);
  if (parentName === undefined || parent === "" || !name.startsWith(parentName)) return name;
  return `${earlierName}${name.slice(parentName.length)}`;
}

function typesIn(urn: string): string {
  return urn.split("::")[2] ?? "";
}

export function nameIn(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/** What the engine says of resources, in the steps of a preview or in a state; earlier names are not in it. */
export function plannedFromStates(states: readonly unknown[]): Planned {
  return states
    .filter((state) => at(state, "delete") !== true)
    .flatMap((state) =>
      stateResource(state).map((resource) => {
        const parent = resource.parent ?? "";
        return {
          ...resource,
          urn: text(at(state, "urn")) ?? "",
          custom: at(state, "custom") === true,
          parent: typesIn(parent) === stackType ? "" : parent,
          aliases: [],
        };
      }),
    )
    .filter(({ type, name }) => type !== stackType && !isDefaultProvider(type, name))
    .sort(byUrnOrder);
}

/** Made by the engine by itself; its name bears a version, so it comes and goes. */
function isDefaultProvider(type: string, name: string): boolean {
  return type.startsWith("pulumi:providers:") && name.startsWith("default_");
}

/** The engine's plan with what only the recording shows: earlier names, and inputs that are to be ignored. */
export function completed(engine: Planned, recorded: Planned): Planned {
  const byUrn = new Map(recorded.map((resource) => [resource.urn, resource]));
  return engine.map((resource) => {
    const same = byUrn.get(resource.urn);
    if (!same) return resource;
    return {
      ...resource,
      aliases: same.aliases,
      options: { ...same.options, ...resource.options },
    };
  });
}

function byUrnOrder(a: PlannedResource, b: PlannedResource): number {
  return a.urn < b.urn ? -1 : 1;
}

/** Kind and name, as people say it: `PersistentVolumeClaim config-sonarr`. */
export function titleOf({ type, name }: Resource): string {
  return `${kindOf({ type })} ${name}`;
}

export function kindOf({ type }: Pick<Resource, "type">): string {
  return type.split(":").at(-1) ?? type;
}
