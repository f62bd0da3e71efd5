/** A graph from what `pulumi preview --json --show-sames` prints. Without that flag, what stays as it is is not in it. */
import type { Graph, Resource } from "./finding";
import { at, fields, list, secretMark, text } from "./value";

/** Key and value by which the engine marks a secret in the events of the Automation API. */
const signature = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";

/** Throws if the text is no preview: an empty graph would pass every policy. */
export function previewedGraph(json: string): Graph {
  const { steps } = fields(JSON.parse(json)) as { steps?: unknown };
  if (!Array.isArray(steps) || steps.length === 0) {
    throw new Error(
      "found no steps, expected the output of a preview; make it with: pulumi preview --json --show-sames",
    );
  }
  return steps.flatMap((step) => stateResource(at(step, "newState")));
}

/** A resource as a preview's step or an exported state describes it; none for what is only read, or is no resource. */
export function stateResource(state: unknown): Resource[] {
  const type = text(at(state, "type"));
  const name = text(at(state, "urn"))?.split("::").at(-1);
  // Deletions have no new state; what is only read is no part of the stack.
  if (type === undefined || name === undefined || at(state, "external") === true) return [];
  const options = ["protect", "retainOnDelete", "ignoreChanges"].flatMap((option) => {
    const value = at(state, option);
    return value === undefined || value === false ? [] : [[option, value] as const];
  });
  const parent = text(at(state, "parent"));
  return [
    {
      type,
      name,
      ...(parent !== undefined && { parent }),
      inputs: fields(masked(at(state, "inputs"))),
      options: Object.fromEntries(options),
    },
  ];
}

/** Secrets as a recording shows them. */
function masked(value: unknown): unknown {
  if (Array.isArray(value)) return list(value).map(masked);
  if (typeof value !== "object" || value === null) return value;
  if (at(value, signature) === secretSignature) return secretMark;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, masked(inner)]));
}
