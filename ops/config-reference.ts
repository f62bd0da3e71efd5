/**
 * `npm run schema`: writes docs/config.md, which tells every key of both stacks' files. It is made from the schema that
 * the stack files are read with, so what it says is what is checked.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { z } from "zod";
import { platformSchema, schemaAt, type JsonSchema } from "../config/json-schema";
import { homelabConfig, nomadConfig } from "../config/schema";
import { projectName } from "./stack-file";

export const referenceFile = path.join(__dirname, "..", "docs", "config.md");

interface Stack {
  readonly name: string;
  readonly platform: string;
  readonly schema: z.ZodObject;
  readonly json: JsonSchema;
}

const stacks: readonly Stack[] = [
  { name: "homelab", platform: "k3s", schema: homelabConfig },
  { name: "nomad", platform: "nomad", schema: nomadConfig },
].map((stack) => ({ ...stack, json: platformSchema(stack.platform) }));

/** One key as the tables tell it; all but the first cell may be empty. */
interface Row {
  readonly key: string;
  readonly type: string;
  readonly byDefault: string;
  readonly example: string;
  readonly meaning: string;
  readonly stack: string;
}

/** What the file has to say; a test compares it with what is checked in. */
export function configReference(): string {
  const prefix = `${projectName()}:`;
  const concerns = [...new Set(stacks.flatMap(({ schema }) => Object.keys(schema.shape)))];
  return [
    "# Config",
    "<!-- Made by `npm run schema` from config/*.ts; not to be edited by hand. -->",
    [
      "Every key of `Pulumi.<stack>.yaml`. Nothing else is read: a key that is not here is an error, and an error names the line",
      "and the command that corrects it. Editors complete the keys from `config/stack-file.schema.json`.",
    ].join("\n"),
    [
      `In the file each heading below is a key of its own with the project's name before it, such as \`${prefix}ingress\`; on the`,
      "command line it goes without. Its keys are parted by dots, and an item of a list has its number:",
    ].join("\n"),
    [
      "```sh hardware",
      "pulumi config set --stack homelab --path ingress.domain homelab",
      "pulumi config set --stack homelab --path 'metallb.pools[0]' 192.168.1.240-192.168.1.250",
      "pulumi config rm --stack homelab --path plex.address",
      "```",
    ].join("\n"),
    [
      "_required_ in the column of defaults means: in every stack file or, below a group that may be left out, as soon as the",
      "group is there. A dash means: nothing, and the meaning says what follows from that.",
    ].join("\n"),
    [
      "Some keys depend on others (a fixed address lies in a pool, `kind: nfs` needs a `server`): a preview tells what is broken,",
      "and why.",
    ].join("\n"),
    ...concerns.map(section),
  ]
    .join("\n\n")
    .concat("\n");
}

/** A concern and its keys; the two stacks' own ones side by side where both have it. */
function section(concern: string): string {
  const having = stacks.filter(({ schema }) => concern in schema.shape);
  const all = having.map((stack) =>
    rows(stack, [concern], stack.schema.shape[concern] as z.ZodType),
  );
  const described = having.map(({ json }) => schemaAt(json, [concern]).description);
  const [about = "Which of the two stacks this is."] = described;
  const merged = mergeRows(all);
  const who = having.map(({ name }) => `\`${name}\``).join(" and ");
  const table = markdownTable(
    ["key", "type", "default", "example", "meaning", "stack"],
    merged.map(({ key, type, byDefault, example, meaning, stack }) => [
      `\`${key}\``,
      type,
      byDefault,
      example,
      meaning,
      stack,
    ]),
    // Where only one stack has it, the sentence above the table says which.
    having.length > 1 ? 6 : 5,
  );
  return [`## ${concern}`, `${about} Stack: ${who}.`, table].join("\n\n");
}

/** The rows of all stacks; those that agree in everything are one. */
function mergeRows(all: readonly (readonly Row[])[]): Row[] {
  const [first = [], ...others] = all;
  const same = (a: Row, b: Row) =>
    JSON.stringify({ ...a, stack: "" }) === JSON.stringify({ ...b, stack: "" });
  const shared = (row: Row) => others.every((rest) => rest.some((other) => same(row, other)));
  if (others.length === 0) return [...first];
  return [
    ...first.map((row) => (shared(row) ? { ...row, stack: "both" } : row)),
    ...others.flatMap((rest) => rest.filter((row) => !first.some((other) => same(row, other)))),
  ];
}

/** A key and, if it is a group, all keys below it. */
function rows(stack: Stack, keyPath: readonly string[], schema: z.ZodType): Row[] {
  const inner = unwrapped(schema);
  const json = schemaAt(stack.json, keyPath);
  const parent = schemaAt(stack.json, keyPath.slice(0, -1));
  const required = parent.required?.includes(keyPath.at(-1) ?? "") ?? false;
  const common = {
    key: keyPath.join("."),
    stack: stack.name,
    meaning: cell(json.description ?? ""),
  };
  if (inner instanceof z.ZodObject) {
    const below = Object.entries(inner.shape).flatMap(([key, child]) =>
      rows(stack, [...keyPath, key], child as z.ZodType),
    );
    // A concern of its own has a heading, and a group that goes without saying has its keys.
    if (keyPath.length === 1) return below;
    const optional = !required && json.default === undefined;
    const byDefault = required ? "_required_" : optional ? "–" : "";
    return [{ ...common, type: "group", byDefault, example: "" }, ...below];
  }
  const byDefault = json.default !== undefined ? code(json.default) : required ? "_required_" : "–";
  return [{ ...common, type: typeOf(inner, json), byDefault, example: exampleOf(inner, json) }];
}

/** A schema without what says whether it may be left out. */
function unwrapped(schema: z.ZodType): z.ZodType {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault
  )
    return unwrapped(schema.unwrap() as z.ZodType);
  return schema;
}

/** In the words of the error that a wrong value gets. */
function typeOf(schema: z.ZodType, json: JsonSchema): string {
  if (schema instanceof z.ZodArray)
    return `list of: ${typeOf(unwrapped(schema.element as z.ZodType), {})}`;
  if (schema instanceof z.ZodEnum) return schema.options.map(code).join(", ");
  if (schema instanceof z.ZodLiteral) return [...schema.values].map(code).join(", ");
  if (schema instanceof z.ZodBoolean) return "true or false";
  if (schema instanceof z.ZodNumber) return cell(wholeNumber(json));
  // No text that is allowed begins with a space.
  const [issue] = schema.safeParse(" \0").error?.issues ?? [];
  return cell(issue?.message ?? "text");
}

function wholeNumber({ minimum, maximum }: JsonSchema): string {
  // The schema's own limits of what a number can be say nothing.
  const most = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  if (minimum === undefined) return "whole number";
  return most === undefined
    ? `whole number, at least ${minimum.toString()}`
    : `whole number, ${minimum.toString()} to ${most.toString()}`;
}

/** A value that may be given; not the default, where there is another. */
function exampleOf(schema: z.ZodType, json: JsonSchema): string {
  if (schema instanceof z.ZodArray) {
    const items = json.items as JsonSchema | undefined;
    return code([items?.examples?.[0] ?? ""]);
  }
  if (typeof json.default === "boolean") return code(!json.default);
  const other = json.enum?.find((value) => value !== json.default);
  const value = json.examples?.[0] ?? other ?? json.const ?? json.default ?? json.minimum;
  return value === undefined ? "" : code(value);
}

function code(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return `\`${text.replaceAll("|", "\\|")}\``;
}

/** Text as a cell of a table takes it: an asterisk would begin an emphasis. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("*", "\\*").replaceAll("<", "\\<");
}

/** Padded as prettier does it, so that the check of the format finds nothing to change. */
function markdownTable(
  head: readonly string[],
  body: readonly string[][],
  columns: number,
): string {
  const lines = [head, ...body].map((line) => line.slice(0, columns));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? "").length)),
  );
  const drawn = lines.map((line) =>
    widths.map((width, column) => (line[column] ?? "").padEnd(width)).join(" | "),
  );
  const rule = widths.map((width) => "-".repeat(width)).join(" | ");
  return [drawn[0] ?? "", rule, ...drawn.slice(1)].map((line) => `| ${line} |`).join("\n");
}

if (require.main === module) fs.writeFileSync(referenceFile, configReference());
