/** Draws a recorded stack as a Mermaid flowchart: components as boxes, arrows along the data. */
import type { RecordedResource } from "./recorder";

export function topology(resources: readonly RecordedResource[]): string {
  const nodes = resources.filter((resource) => resource.custom && !isProvider(resource));
  const ids = new Map(nodes.map((node, index) => [node.urn, `n${index.toString()}`]));
  const idOf = (urn: string) => ids.get(urn) ?? "";
  const boxes = resources.filter(({ custom }) => !custom);

  const drawBox = ({ name, urn }: RecordedResource) => [
    `  subgraph ${name}`,
    ...nodes
      .filter(({ parent }) => parent === urn)
      .map((node) => `    ${idOf(node.urn)}["${label(node)}"]`),
    "  end",
  ];
  const arrows = nodes.flatMap((node) =>
    node.dependencies
      .filter((urn) => ids.has(urn))
      .map((urn) => `  ${idOf(urn)} --> ${idOf(node.urn)}`),
  );
  return ["flowchart LR", ...boxes.flatMap(drawBox), ...arrows, ""].join("\n");
}

function isProvider({ type }: RecordedResource): boolean {
  return type.startsWith("pulumi:providers:");
}

function label({ type, name }: RecordedResource): string {
  return `${type.split(":").at(-1) ?? type} ${name}`;
}
