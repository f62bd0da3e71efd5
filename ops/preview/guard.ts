/** Compares two plans for what must never happen by accident: protected data that goes, is renamed or is replaced. */
import { list, shown } from "../policies/value";
import { brokenFields } from "./immutable";
import { kindOf, nameIn, titleOf, type Planned, type PlannedResource } from "./planned";

/** One thing that a change would lose. */
export interface Loss {
  /** Kind and name. */
  readonly resource: string;
  readonly field: string;
  readonly before: string;
  readonly after: string;
  /** What it would do. */
  readonly message: string;
  /** The way out. */
  readonly fix: string;
}

export function losses(before: Planned, after: Planned): Loss[] {
  const names = identities(after);
  return before
    .filter(({ custom }) => custom)
    .flatMap((was) => {
      const is = names.get(was.urn);
      if (is) return replaced(was, is);
      if (!isKept(was)) return [];
      const now = successor(was, before, after);
      return [gone(was, now), ...(now ? replaced(was, now) : [])];
    });
}

/** Every URN under which a resource is found, its own first. */
export function identities(graph: Planned): Map<string, PlannedResource> {
  const earlier = graph.flatMap((each) => each.aliases.map((urn) => [urn, each] as const));
  return new Map([...earlier, ...graph.map((each) => [each.urn, each] as const)]);
}

/** Whatever is protected or retained; and the providers, since what another one makes are other objects. */
function isKept({ type, options }: PlannedResource): boolean {
  return options.protect === true || options.retainOnDelete === true || isProvider(type);
}

function isProvider(type: string): boolean {
  return type.startsWith("pulumi:providers:");
}

const ways: Readonly<Record<string, string>> = {
  Namespace:
    "leave the name as it is; to move, bring the stack up under the new name, copy the data, then take the old one down",
  Deployment: "leave the selector's labels as they are; put new ones on the pods only",
  StatefulSet:
    "leave selector and templates as they are; new labels go on the pods only, new claims are registered on their own",
  PersistentVolumeClaim:
    "leave it as it is; for other values register a new claim under another name, copy the data, and let the app mount that one",
  PersistentVolume: "leave it as it is; register a second volume for the other place",
  StorageClass: "leave it as it is; add a class under another name, for new claims",
  kubernetes: "leave kubernetes.context as it is; rename the context in the kubeconfig instead",
  CsiVolume:
    "leave it as it is; register a new volume under another name, copy the data, and let the job mount that one",
};
const otherwise = "leave it as it is, and register a second one beside it";

function replaced(was: PlannedResource, is: PlannedResource): Loss[] {
  const ignored = list(is.options.ignoreChanges).map(String);
  const kind = kindOf(was);
  return brokenFields(kind, was.inputs, is.inputs, isKept(was))
    .filter(({ path }) => !ignored.some((each) => covers(each, path)))
    .map(({ path, before, after }) => ({
      resource: titleOf(was),
      field: path,
      before: shown(before),
      after: shown(after),
      message: "it can't be changed in place: the object would be replaced",
      fix: ways[kind] ?? otherwise,
    }));
}

/** Whether an ignored path is the field itself, or one above it. */
function covers(ignored: string, path: string): boolean {
  return ignored === "*" || path === ignored || path.startsWith(`${ignored}.`);
}

function gone(was: PlannedResource, now: PlannedResource | undefined): Loss {
  const common = { resource: titleOf(was), field: "URN", before: was.urn };
  const what = isProvider(was.type) ? "all that was made with it hangs on it" : "it holds data";
  if (now === undefined) {
    return {
      ...common,
      after: "nothing",
      message: `${what}, and is no longer in the plan`,
      fix: "keep it registered; an app that is switched off keeps its claim unless keepState is false. If its data is given up on purpose: save it, then merge over this check",
    };
  }
  const old = nameIn(was.urn);
  const alias = now.parent === was.parent ? `{ name: "${old}" }` : `"${was.urn}"`;
  return {
    ...common,
    after: now.urn,
    message: `${what}, and gets another identity: the old one would be dropped, a new one made`,
    fix: `name the old one in the same change: aliases: [${alias}]`,
  };
}

/** What the resource seems to have become: of its type, new, and the same object, the same name, the same parent's or nearly so. */
function successor(
  was: PlannedResource,
  before: Planned,
  after: Planned,
): PlannedResource | undefined {
  const known = identities(before);
  const fresh = after.filter(
    ({ type, urn, aliases }) =>
      type === was.type && ![urn, ...aliases].some((each) => known.has(each)),
  );
  const object = objectOf(was);
  return (
    fresh.find((each) => object !== undefined && objectOf(each) === object) ??
    fresh.find(({ name }) => name === was.name) ??
    fresh.find(({ parent }) => parent !== "" && parent === was.parent) ??
    fresh.find(({ name }) => name.split("-").at(-1) === was.name.split("-").at(-1))
  );
}

function objectOf({ inputs }: PlannedResource): string | undefined {
  const { name, namespace } = (inputs.metadata ?? {}) as { name?: string; namespace?: string };
  return name === undefined ? undefined : `${namespace ?? ""}/${name}`;
}
