/** Graphs of which one part can't be read. */
import type { Graph } from "../../../ops/policies/finding";

/** The graph once for every part of its inputs, with that part replaced by a mark. */
export function hiddenEverywhere(graph: Graph, mark: string): { path: string; graph: Graph }[] {
  return graph.flatMap((resource, place) =>
    Object.entries(resource.inputs).flatMap(([key, value]) =>
      [{ path: key, value: mark as unknown }, ...hiddenWithin(value, mark, key)].map((hidden) => ({
        path: `${resource.name}: ${hidden.path}`,
        graph: graph.with(place, {
          ...resource,
          inputs: { ...resource.inputs, [key]: hidden.value },
        }),
      })),
    ),
  );
}

function hiddenWithin(
  value: unknown,
  mark: string,
  path: string,
): { path: string; value: unknown }[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    const replaced = (by: unknown): unknown =>
      Array.isArray(value) ? value.with(Number(key), by) : { ...value, [key]: by };
    const here = `${path}.${key}`;
    return [
      { path: here, value: replaced(mark) },
      ...hiddenWithin(inner, mark, here).map((each) => ({
        path: each.path,
        value: replaced(each.value),
      })),
    ];
  });
}
