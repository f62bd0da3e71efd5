/** Flowcharts as Mermaid reads them: https://mermaid.js.org/syntax/flowchart.html */

export interface Group {
  readonly id: string;
  /** @default its id */
  readonly title?: string;
  readonly nodes: readonly { readonly id: string; readonly label: string }[];
}

export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly label?: string;
}

/** From left to right: groups of boxes, and arrows. */
export function flowchart(groups: readonly Group[], edges: readonly Edge[]): string {
  return [
    "flowchart LR",
    ...groups.flatMap(({ id, title, nodes }) => [
      `  subgraph ${id}${title === undefined ? "" : `[${quoted(title)}]`}`,
      ...nodes.map((node) => `    ${node.id}[${quoted(node.label)}]`),
      "  end",
    ]),
    ...edges.map(({ from, to, label }) =>
      label === undefined ? `  ${from} --> ${to}` : `  ${from} -- ${quoted(label)} --> ${to}`,
    ),
    "",
  ].join("\n");
}

/** A label in which nothing is markup but a new line. */
function quoted(text: string): string {
  const plain = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "#quot;");
  return `"${plain.replaceAll("\n", "<br>")}"`;
}
