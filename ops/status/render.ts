/** A status for a terminal, as Markdown, and as a page that needs nothing but itself. */
import * as fs from "node:fs";
import * as path from "node:path";
import { cellText, markdownTable } from "../markdown";
import { flowchart } from "../mermaid";
import { drawn, icons, type Direction } from "./draw";
import type { Box, Picture, State, Status } from "./model";
import { summary, tablesOf, utc, type Cell, type Table } from "./tables";
import { filled } from "./template";

const marks: Readonly<Record<State, string>> = { ok: "✓", warning: "!", down: "✗", unknown: "?" };
const colours: Readonly<Record<State, string>> = {
  ok: "32",
  warning: "33",
  down: "31",
  unknown: "2",
};

export function text(status: Status, { colour }: { readonly colour: boolean }): string {
  const tables = tablesOf(status).map((table) => {
    const rows = table.rows.length > 0 ? aligned(table, colour) : [table.none];
    return [table.title, ...rows.map((row) => `  ${row}`)].join("\n");
  });
  return [`${status.stack}, ${utc(status.at)}. ${summary(status)}`, ...tables, ""].join("\n\n");
}

function aligned({ head, rows, pageOnly }: Table, colour: boolean): string[] {
  const shown = [...head.keys()].filter((index) => !pageOnly.includes(head[index] ?? ""));
  const words = rows.map((row) => shown.map((index) => worded(row[index])));
  const lines = [shown.map((index) => head[index] ?? ""), ...words];
  const widths = shown.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  return lines.map((line, number) =>
    line
      .map((word, at) => {
        const wide = at < line.length - 1 ? word.padEnd(widths[at] ?? 0) : word;
        const state = number > 0 ? rows[number - 1]?.[shown[at] ?? -1]?.state : undefined;
        return colour && state ? `\u001b[${colours[state]}m${wide}\u001b[0m` : wide;
      })
      .join("  ")
      .trimEnd(),
  );
}

function worded({ state, text }: Cell = { text: "" }): string {
  const words = text.replaceAll("\n", ", ");
  return state ? `${marks[state]} ${words || state}` : words;
}

export function markdown(status: Status): string {
  const cell = ({ state, text, href }: Cell) => {
    const shown = href === undefined ? cellText(text) : `[${cellText(text)}](<${encodeURI(href)}>)`;
    return state ? `${marks[state]} ${shown || state}` : shown;
  };
  const tables = tablesOf(status).flatMap(({ title, head, rows, none }) => [
    `## ${title}`,
    "",
    ...(rows.length > 0
      ? markdownTable(
          head,
          rows.map((row) => row.map(cell)),
        )
      : [none]),
    "",
  ]);
  return [
    `# ${cellText(status.stack)}`,
    "",
    `${utc(status.at)}. ${summary(status)}`,
    "",
    "```mermaid",
    `${mermaid(status.picture)}\`\`\``,
    "",
    ...tables,
  ].join("\n");
}

function mermaid({ entrance, lanes, arrows }: Picture): string {
  const label = ({ title, lines, live }: Box) =>
    [`${live ? `${marks[live.state]} ` : ""}${title}`, ...lines].join("\n");
  const idOf = (lane: string, index: number) => `${lane}${index.toString()}`;
  return flowchart(
    [
      { id: "entrance", title: " ", nodes: [{ id: "door", label: label(entrance) }] },
      ...lanes.map(({ id, title, boxes }) => ({
        id,
        title,
        nodes: boxes.map((box, index) => ({ id: idOf(id, index), label: label(box) })),
      })),
    ],
    [
      ...entrance.to.map((to) => ({ from: "door", to })),
      ...arrows,
      ...lanes.flatMap(({ id, boxes }) =>
        boxes.flatMap(({ next }, index) =>
          next === undefined
            ? []
            : [{ from: idOf(id, index), to: idOf(id, index + 1), label: next }],
        ),
      ),
    ],
  );
}

const template = (name: string) => fs.readFileSync(path.join(__dirname, name), "utf8");

export function html(status: Status): string {
  const { stack, platform, at, picture } = status;
  const description = described(picture);
  const figure = (direction: Direction) =>
    filled(template("picture.svg"), { ...drawn(picture, direction), stack, description });
  return filled(template("page.html"), {
    stack,
    platform,
    at: utc(at),
    iso: at.toISOString(),
    summary: summary(status),
    css: template("page.css"),
    across: figure("across"),
    stacked: figure("stacked"),
    tables: tablesOf(status).map(({ title, head, rows, none }) => ({
      title,
      none: rows.length === 0 ? none : "",
      some: rows.length > 0,
      head: head.map((name) => ({ name })),
      rows: rows.map((row) => ({ cells: row.map((cell, index) => pageCell(cell, head[index])) })),
    })),
  });
}

function pageCell({ text, state, href }: Cell, name = "") {
  return {
    name,
    text,
    state: state ? { state, icon: icons[state] } : "",
    link: href === undefined ? "" : { href },
    bare: href === undefined,
  };
}

/** The picture in words, for those who can't see it. */
function described({ entrance, lanes, arrows }: Picture): string {
  const titleOf = (id: string) => lanes.find((lane) => lane.id === id)?.title ?? id;
  const named = ({ title, live }: Box) => (live ? `${title} (${live.state})` : title);
  return [
    `${named(entrance)} leads to ${entrance.to.map(titleOf).join(", ")}.`,
    ...lanes.map(({ title, boxes }) => `${title}: ${boxes.map(named).join(", ")}.`),
    ...arrows.map(({ from, to, label }) => `${titleOf(from)} to ${titleOf(to)}: ${label}.`),
  ].join(" ");
}
