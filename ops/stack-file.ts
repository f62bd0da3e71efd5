/** Reads the project's stack files the way Pulumi does, for tools that run without its CLI. */
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";

const root = path.join(__dirname, "..");

/** Name of the project, which prefixes its config keys; `folder` is another checkout of it. */
export function projectName(folder = root): string {
  return (read(path.join(folder, "Pulumi.yaml")) as { name: string }).name;
}

/** The stacks that have a file in the project; `folder` is another checkout of it. */
export function stackNames(folder = root): string[] {
  return fs.readdirSync(folder).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
}

type Values = Readonly<Record<string, unknown>>;

/** The config of a stack as the engine hands it to a program: every value a string. */
export function stackFileConfig(file: string): Record<string, string> {
  return engineConfig(stackFileValues(file));
}

/** Config as the engine hands it to a program: every value a string. */
export function engineConfig(values: Values): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

/** Objects are merged key by key, null removes a key, everything else is replaced (RFC 7386). */
export function mergePatch(base: Values, patch: Values): Record<string, unknown> {
  const isObject = (value: unknown): value is Values =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  const result = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    const before = result[key];
    if (value === null) Reflect.deleteProperty(result, key);
    else if (isObject(value)) result[key] = mergePatch(isObject(before) ? before : {}, value);
    else result[key] = value;
  }
  return result;
}

/** The config of a stack as it stands in its file. */
export function stackFileValues(file: string): Record<string, unknown> {
  return (read(file) as { config: Record<string, unknown> }).config;
}

function read(file: string): unknown {
  return parse(fs.readFileSync(path.resolve(root, file), "utf8"));
}
