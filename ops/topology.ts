/** Draws a recorded stack as a Mermaid flowchart: components as boxes, arrows along the data. */
import { flowchart } from "./mermaid";
import type { RecordedResource } from "./recorder";

export function topology(resources: readonly RecordedResource[]): string {
  const nodes = resources.filter((resource) => resource.custom && !isProvider(resource));
  const ids = new Map(nodes.map((node, index) => [node.urn, `n${index.toString()}`]));
  const idOf = (urn: string) => ids.get(urn) ?? "";
  const boxes = resources.filter(({ custom }) => !custom);

  return flowchart(
    boxes.map(({ name, urn }) => ({
      id: name,
      nodes: nodes
        .filter(({ parent }) => parent === urn)
        .map((node) => ({ id: idOf(node.urn), label: label(node) })),
    })),
    nodes.flatMap((node) =>
      node.dependencies
        .filter((urn) => ids.has(urn))
        .map((urn) => ({ from: idOf(urn), to: idOf(node.urn) })),
    ),
  );
}

function isProvider({ type }: RecordedResource): boolean {
  return type.startsWith("pulumi:providers:");
}

function label({ type, name }: RecordedResource): string {
  return `${type.split(":").at(-1) ?? type} ${name}`;
}
