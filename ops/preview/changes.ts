/** What a change does to a plan, as people say it: what comes, what goes, which image, which field. */
import { isHidden } from "../policies/value";
import { identities } from "./guard";
import { titleOf, type Planned, type PlannedResource } from "./planned";

export interface Changes {
  /** `sonarr: 4.0.1 -> 4.0.2`, one a container. */
  readonly images: readonly string[];
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  /** Lines by the component at the top that they belong to. */
  readonly groups: Readonly<Record<string, readonly Line[]>>;
}

export interface Line {
  readonly sign: "+" | "-" | "~";
  /** Kind and name. */
  readonly resource: string;
  /** Fields that change, with what they were and what they will be. */
  readonly fields: readonly string[];
}

export function changesBetween(before: Planned, after: Planned): Changes {
  const now = identities(after);
  const kept = new Set(before.flatMap(({ urn }) => now.get(urn)?.urn ?? []));
  const lines: { group: string; line: Line }[] = [];
  const images = new Set<string>();
  let changed = 0;

  for (const is of after.filter((each) => each.custom && !kept.has(each.urn))) {
    lines.push({ group: groupOf(is, after), line: line("+", is) });
  }
  for (const was of before.filter(({ custom }) => custom)) {
    const is = now.get(was.urn);
    if (!is) {
      lines.push({ group: groupOf(was, before), line: line("-", was) });
      continue;
    }
    const found = differences(was, is);
    const { image, other } = split(found, is);
    for (const each of image) images.add(each);
    if (found.length > 0) changed += 1;
    if (other.length > 0)
      lines.push({ group: groupOf(is, after), line: line("~", is, other.map(fieldText)) });
  }
  const count = (sign: Line["sign"]) => lines.filter(({ line }) => line.sign === sign).length;
  return {
    images: [...images].sort(),
    added: count("+"),
    changed,
    removed: count("-"),
    groups: grouped(lines),
  };
}

function line(sign: Line["sign"], resource: PlannedResource, fields: readonly string[] = []): Line {
  return { sign, resource: titleOf(resource), fields };
}

function grouped(lines: readonly { group: string; line: Line }[]): Changes["groups"] {
  const groups = [...new Set(lines.map(({ group }) => group))].sort();
  return Object.fromEntries(
    groups.map((name) => [
      name,
      lines.filter(({ group }) => group === name).map(({ line: each }) => each),
    ]),
  );
}

/** Name of the outermost component: what people call it. */
export function groupOf(resource: PlannedResource, graph: Planned): string {
  const above = graph.find(({ urn }) => urn === resource.parent);
  return above ? groupOf(above, graph) : resource.name;
}

interface Difference {
  readonly path: readonly string[];
  readonly before: unknown;
  readonly after: unknown;
}

function differences(was: PlannedResource, is: PlannedResource): Difference[] {
  const named = was.urn === is.urn ? [] : [{ path: ["URN"], before: was.urn, after: is.urn }];
  return [
    ...named,
    ...compare(was.inputs, is.inputs, []),
    ...compare(was.options, is.options, ["options"]),
  ].filter(({ path }) => !isNoise(was, path));
}

/** What the machine decides on which the plan is made, and what the provider notes for itself. */
function isNoise({ type }: PlannedResource, path: readonly string[]): boolean {
  const [first = ""] = path;
  if (type.startsWith("pulumi:providers:")) return ["kubeconfig", "version"].includes(first);
  return path.some((step) => step.startsWith("__") || step === "pulumi.com/autonamed");
}

function compare(before: unknown, after: unknown, path: readonly string[]): Difference[] {
  const [was, is] = [named(before), named(after)];
  if (isMap(was) && isMap(is)) {
    const keys = [...new Set([...Object.keys(was), ...Object.keys(is)])].sort();
    return keys.flatMap((key) => compare(was[key], is[key], [...path, key]));
  }
  if (JSON.stringify(was) === JSON.stringify(is)) return [];
  return [{ path, before, after }];
}

/** A list as a map where its elements have names: somebody who puts one first has not changed the others. */
function named(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const names = value.map((each: unknown) => (isMap(each) ? each.name : undefined));
  const unique =
    names.every((name) => typeof name === "string") && new Set(names).size === names.length;
  const keys = unique ? names : value.map((_, index) => index.toString());
  return Object.fromEntries(value.map((each: unknown, index) => [keys[index] ?? "", each]));
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

const looksLikeImage = /^[\w.-]+(\/[\w.-]+)*(:[\w.-]+)?(@sha256:\w+)?$/;

/** Changed images apart from everything else. */
function split(found: readonly Difference[], { name }: PlannedResource) {
  const isImage = ({ path, before, after }: Difference) =>
    /image$/i.test(path.at(-1) ?? "") &&
    [before, after].every((value) => typeof value === "string" && looksLikeImage.test(value));
  // An init container mostly runs the image of the container that it prepares for, which comes first.
  const images = new Map<string, string>();
  for (const each of found.filter(isImage)) {
    const change = `${String(each.before)} ${String(each.after)}`;
    if (!images.has(change)) images.set(change, imageText(each, name));
  }
  return { image: [...images.values()], other: found.filter((each) => !isImage(each)) };
}

/** The container's name, or the variable's: `litestream_image`. */
function imageText({ path, before, after }: Difference, resource: string): string {
  const last = path.at(-1) ?? "";
  const ofPod = last === "image" && /containers$/i.test(path.at(-3) ?? "");
  const own = ofPod ? path.at(-2) : last.replace(/_?image$/i, "");
  const name = own === undefined || own === "" ? resource : own;
  const [was, is] = [parts(String(before)), parts(String(after))];
  return was.repository === is.repository
    ? `${name}: ${was.version} -> ${is.version}`
    : `${name}: ${String(before)} -> ${String(after)}`;
}

function parts(image: string) {
  const end = image.search(/[:@][^/]*$/);
  return end < 0
    ? { repository: image, version: "none" }
    : { repository: image.slice(0, end), version: image.slice(end + 1) };
}

const longest = 80;

function fieldText({ path, before, after }: Difference): string {
  const name = path.join(".").replace(/^spec\.template\.spec\./, "pod ");
  if (isMap(after) && before === undefined) return `${name} added`;
  if (isMap(before) && after === undefined) return `${name} removed`;
  const texts = [before, after].map(valueText);
  if (texts.some((text) => text === undefined)) return `${name} changes`;
  return `${name}: ${texts.join(" -> ")}`;
}

/** A value that fits into a line; undefined for a file, a script, or what nobody may see. */
function valueText(value: unknown): string | undefined {
  if (value === undefined) return "nothing";
  if (isHidden(value)) return "(not shown)";
  const text = typeof value === "string" && value !== "" ? value : JSON.stringify(value);
  return text.length > longest || text.includes("\n") ? undefined : text;
}
