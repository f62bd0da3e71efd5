/**
 * Reads values of which some are hidden: unknown until an `up`, or secret. Whatever lies in or below a hidden
 * value is hidden as well, so that a policy can't take its mark for a value, nor its absence for a fault.
 */

/** How the engine writes a value that is not known yet: sdk/go/common/resource/plugin/rpc.go of pulumi/pulumi. */
export const unknownMark = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
export const secretMark = "[secret]";

export type Fields = Readonly<Record<string, unknown>>;

export function isHidden(value: unknown): boolean {
  return value === secretMark || (typeof value === "string" && value.includes(unknownMark));
}

/** The value at the end of a path; undefined where the path ends early, the mark where it is hidden. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, step) => (isHidden(inner) ? inner : fields(inner)[step]),
    value,
  );
}

/** A map's entries; none for anything else. */
export function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

/** A list's elements. A hidden list has one, which is hidden; whatever is no list has none. */
export function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return isHidden(value) ? [value] : [];
}

/** A text that can be read; undefined if there is none, or it is hidden. */
export function text(value: unknown): string | undefined {
  return typeof value === "string" && !isHidden(value) ? value : undefined;
}

/** Whether a value can be read and is not the expected one. Absence counts as a value. */
export function differs(value: unknown, expected: unknown): boolean {
  return !isHidden(value) && value !== expected;
}

/** Whether a value may be one of those: certainly if it is among them, perhaps if one of them or itself is hidden. */
export function among(values: readonly unknown[]): (value: unknown) => boolean {
  const known = new Set(values);
  const open = values.some(isHidden);
  return (value) => open || isHidden(value) || known.has(value);
}

/** Whether a map has all these entries, as far as both can be read. */
export function includes(map: unknown, entries: unknown): boolean {
  if (isHidden(map) || isHidden(entries)) return true;
  return Object.entries(fields(entries)).every(
    ([key, value]) => isHidden(value) || !differs(at(map, key), value),
  );
}

/** Those that occur more than once among the readable ones. */
export function repeated(values: readonly unknown[]): string[] {
  const readable = values.flatMap((value) => text(value) ?? []);
  return [...new Set(readable.filter((value, place) => readable.indexOf(value) < place))];
}

/** Every text within a value, with its path. */
export function texts(value: unknown, path = ""): { path: string; text: string }[] {
  if (typeof value === "string") return [{ path, text: value }];
  return Object.entries(fields(value)).flatMap(([key, inner]) =>
    texts(inner, path === "" ? key : `${path}.${key}`),
  );
}

/** Whether nothing within a value is hidden. */
export function isReadable(value: unknown): boolean {
  return texts(value).every(({ text }) => !isHidden(text));
}

/** For a message: what was found there. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  return typeof value === "string" && value !== "" ? value : JSON.stringify(value);
}
