/** Turns the schema's findings into the project's error style: what, where, and the fix. */
import type { z } from "zod";
import { exampleAt, platformSchema, schemaAt, type JsonSchema, type Path } from "./json-schema";
import { nearest } from "./nearest";
import type { RuleFault } from "./rules";

interface Problem {
  readonly path: Path;
  readonly what: string;
  /** What to type. */
  readonly fix: string;
}

/** What the errors say about where the config comes from. */
interface Source {
  readonly file: string;
  readonly lineOf: (path: Path) => number | undefined;
  /** Whether a value of this concern must not be shown. */
  readonly isSecret: (concern: string) => boolean;
}

/** Every fault of one stack's config, the schema's first, as one text. */
export function describeProblems(
  issues: readonly z.core.$ZodIssue[],
  faults: readonly RuleFault[],
  given: unknown,
  { file, lineOf, isSecret }: Source,
): string {
  const schema = platformSchema(valueAt(given, ["platform"]));
  const shown = (path: Path, value: unknown) =>
    value !== undefined && isSecret(String(path[0])) ? "[secret]" : value;
  const wrong = issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => unknownKey([...issue.path, key], schema))
      : [wrongValue(issue, valueAt(given, issue.path), schema, shown)],
  );
  const broken = faults.map((fault) =>
    brokenRule({ ...fault, found: shown(fault.path, fault.found) }, schema),
  );
  const place = (line: number | undefined) => (line ? `${file}:${line.toString()}` : file);
  return [...wrong, ...broken]
    .map(({ path, what, fix }) => [
      `✗ ${dotted(path)}: ${what}`,
      `in ${place(lineOf(path))}`,
      `fix: ${fix}`,
    ])
    .map((lines) => lines.join("\n    "))
    .join("\n");
}

function brokenRule(fault: RuleFault, schema: JsonSchema): Problem {
  const { path, found, expected, fixPath = path } = fault;
  const example = exampleAt(schema, fixPath);
  return {
    path,
    what: `${found === undefined ? "missing" : `found ${JSON.stringify(found)}`}, expected ${expected}`,
    fix: fault.remove ? removal(path) : setting(example.path, fault.fix ?? example.value),
  };
}

function setting(path: Path, value: unknown): string {
  return `pulumi config set --path ${quoted(dotted(path))} ${quoted(String(value))}`;
}

function removal(path: Path): string {
  return `pulumi config rm --path ${quoted(dotted(path))}`;
}

function unknownKey(path: Path, schema: JsonSchema): Problem {
  const known = Object.keys(schemaAt(schema, path.slice(0, -1)).properties ?? {});
  const meant = nearest(String(path.at(-1)), known);
  return {
    path,
    what: `no such key; ${meant ? `did you mean ${meant}?` : `there are ${known.join(", ")}`}`,
    fix: removal(path),
  };
}

function wrongValue(
  issue: z.core.$ZodIssue,
  found: unknown,
  schema: JsonSchema,
  shown: (path: Path, value: unknown) => unknown,
): Problem {
  const { path } = issue;
  const { description } = schemaAt(schema, path);
  const missing = description ? `missing. ${description}` : `missing, expected ${expected(issue)}`;
  const fix = fixOf(issue, schema);
  const set = setting(fix.path, fix.value);
  // Below a value of another kind Pulumi sets nothing.
  const inTheWay =
    found !== undefined && issue.code === "invalid_type" && fix.path.length > path.length;
  return {
    path,
    what:
      found === undefined
        ? missing
        : `found ${JSON.stringify(shown(path, found))}, expected ${expected(issue)}`,
    fix: inTheWay ? `${removal(path)} && ${set}` : set,
  };
}

const typeNames: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  number: "a whole number",
  object: "a group of keys",
  string: "text",
};

/** Completes the sentence "expected ...". A fault of a cross-field rule brings its own words. */
function expected(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return typeNames[issue.expected] ?? issue.expected;
    case "invalid_value":
      return issue.values.length > 1 ? `one of ${issue.values.join(", ")}` : issue.message;
    case "invalid_union":
      return `one of ${optionsOf(issue).join(", ")}`;
    case "too_small":
      return isNumber(issue) ? `at least ${issue.minimum.toString()}` : issue.message;
    case "too_big":
      return isNumber(issue) ? `at most ${issue.maximum.toString()}` : issue.message;
    default:
      return issue.message;
  }
}

/** Whether a limit is one of numbers, not of lengths. */
function isNumber({ origin }: { readonly origin: string }): boolean {
  return origin === "number" || origin === "int";
}

function fixOf(issue: z.core.$ZodIssue, schema: JsonSchema): { path: Path; value: unknown } {
  const { path } = issue;
  if (issue.code === "invalid_union") return { path, value: optionsOf(issue)[0] };
  if (issue.code === "custom" && issue.params) return { path, value: issue.params.fix };
  return exampleAt(schema, path);
}

/** The values that tell the members of a union apart. */
function optionsOf(issue: z.core.$ZodIssueInvalidUnion): string[] {
  return "options" in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (current, key) =>
      typeof current === "object" && current !== null ? Reflect.get(current, key) : undefined,
    value,
  );
}

/** A path as `--path` takes it: https://www.pulumi.com/docs/iac/cli/commands/pulumi_config_set/ */
function dotted(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key.toString()}]`;
    const word = String(key);
    if (!/^\w[\w-]*$/.test(word)) return `${text}["${word.replaceAll('"', '\\"')}"]`;
    return text ? `${text}.${word}` : word;
  }, "");
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w./:@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
