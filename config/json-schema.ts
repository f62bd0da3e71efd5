/** The config's schema as JSON Schema: for editors, and to look up what belongs at a path. */
import { z } from "zod";
import { homelabConfig, nomadConfig } from "./schema";

export type JsonSchema = z.core.JSONSchema.BaseSchema;
export type Path = readonly PropertyKey[];

const platforms = new Map<unknown, z.ZodType>([
  ["k3s", homelabConfig],
  ["nomad", nomadConfig],
]);

/** As they were made before: that takes longer than all else there is to do with a config. */
const made = new Map<unknown, JsonSchema>();

/** The schema of one platform's config, to be read and not to be changed; the empty one where the platform is unknown. */
export function platformSchema(platform: unknown): JsonSchema {
  const schema = platforms.get(platform);
  if (!schema) return {};
  const known = made.get(platform) ?? z.toJSONSchema(schema, { io: "input", target: "draft-7" });
  made.set(platform, known);
  return known;
}

/** What the schema says at a path; empty where it says nothing. */
export function schemaAt(schema: JsonSchema, path: Path): JsonSchema {
  return path.reduce<JsonSchema>((current, key) => {
    const next = typeof key === "number" ? current.items : current.properties?.[String(key)];
    return typeof next === "object" && !Array.isArray(next) ? next : {};
  }, schema);
}

/** An acceptable value for a path or, if an object or a list belongs there, for its first leaf. */
export function exampleAt(schema: JsonSchema, path: Path): { path: Path; value: unknown } {
  const here = schemaAt(schema, path);
  const [key] = here.required ?? Object.keys(here.properties ?? {});
  if (key !== undefined) return exampleAt(schema, [...path, key]);
  if (here.type === "array") return exampleAt(schema, [...path, 0]);
  const value = here.examples?.[0] ?? here.enum?.[0] ?? here.default ?? here.minimum;
  return { path, value: value ?? false };
}

/** The schema of a whole stack file, as editors read it; `project` prefixes the keys. */
export function stackFileSchema(project: string): JsonSchema {
  const prefixed = ({ properties = {}, required = [] }: JsonSchema): JsonSchema => ({
    type: "object",
    properties: Object.fromEntries(
      Object.entries(properties).map(([key, value]) => [`${project}:${key}`, value]),
    ),
    required: required.map((key) => `${project}:${key}`),
    // Other packages' keys, such as pulumi:disable-default-providers, are not ours to judge.
    patternProperties: { [`^(?!${project}:)`]: {} },
    additionalProperties: false,
  });
  const stacks = [...platforms.keys()].map((platform) => prefixed(platformSchema(platform)));
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: `Config of a stack of ${project}`,
    type: "object",
    properties: { config: { oneOf: stacks } },
    required: ["config"],
  };
}
