/** Tables in Markdown. */

/** A row a line; cells are Markdown already. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}

/** Plain text for a cell: nothing of it is markup, or ends the cell. */
export function cellText(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(/[\\|[\]*`]/g, "\\$&")
    .replaceAll(/\s*\n\s*/g, "<br>");
}
