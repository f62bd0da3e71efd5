/** A status as tables: what is told, and in which words. Terminal, Markdown and page only differ in how they show them. */
import type { Verification } from "../checks/verification";
import { ago, unasked, type Live, type State, type Status } from "./model";

export interface Cell {
  readonly text: string;
  readonly state?: State;
  /** Only what a browser can open. */
  readonly href?: string;
}

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Where it has no rows. */
  readonly none: string;
  /** Columns that a terminal has no room for. */
  readonly pageOnly: readonly string[];
}

const plain = (text: string): Cell => ({ text });
const seen = ({ state, said }: Live): Cell => ({ state, text: said });
const link = (url: string | undefined): Cell =>
  url === undefined ? plain("") : /^https?:\/\//.test(url) ? { text: url, href: url } : plain(url);

export function tablesOf(status: Status): Table[] {
  const { stack, apps, volumes, backups, moves, unanswered } = status;
  const table = (
    title: string,
    head: readonly string[],
    rows: readonly (readonly Cell[])[],
    none = "none",
    pageOnly: readonly string[] = [],
  ): Table => ({ title, head, rows, none, pageOnly });
  const backedUp = volumes.some(({ backup }) => backup);
  return [
    table(
      "Apps",
      ["App", "Version", "URL", "Images", "State"],
      apps.map(({ name, live, version, url, images }) => [
        plain(name),
        plain(version ?? "?"),
        link(url),
        plain(images.join("\n")),
        seen(live),
      ]),
      "none",
      ["Images"],
    ),
    table(
      "Volumes",
      ["Volume", "Size", "Kind", ...(backedUp ? ["Last backup"] : []), "State"],
      volumes.map(({ name, live, size, capacity, kind, backup }) => [
        plain(name),
        plain([...new Set([capacity ?? size, size])].filter(Boolean).join(" of ") || "?"),
        plain(kind),
        ...(backedUp ? [backup ? seen(backup) : plain("not Longhorn's")] : []),
        seen(live),
      ]),
    ),
    table(
      "Backups",
      ["Of", "Where", "State"],
      backups.map(({ of, live, where }) => [plain(of), plain(where), seen(live)]),
      "The program itself makes none in this stack: docs/how-to/restore.md",
    ),
    table(
      "Last verification",
      ["When", "Result", "To look at"],
      verificationRows(status),
      `never; next: npm run verify -- ${stack}`,
    ),
    ...(moves.length > 0
      ? [
          table(
            "Moved in",
            ["App", "Phase", "Found"],
            moves.map(({ app, generation, phase, said }) => [
              plain(app),
              plain(`${phase}, generation ${generation.toString()}`),
              plain(said),
            ]),
          ),
        ]
      : []),
    ...(unanswered.length > 0
      ? [
          table(
            "Not answered",
            ["Asked for", "What came back"],
            unanswered.map(({ what, why }) => [plain(what), plain(why)]),
          ),
        ]
      : []),
  ];
}

function verificationRows({ verification, at }: Status): Cell[][] {
  if (!verification) return [];
  const { at: ended, active, failures, warnings } = verification;
  const when = `${ago(new Date(ended), at)}${active ? ", --active" : ""}`;
  const state = failures.length > 0 ? "down" : warnings.length > 0 ? "warning" : "ok";
  return [
    [
      plain(`${when} (${utc(new Date(ended))})`),
      { state, text: countsOf(verification) },
      plain([...failures, ...warnings].join(", ") || "nothing"),
    ],
  ];
}

function countsOf({ fine, warnings, failures, blocked }: Verification): string {
  const counts: [number, string][] = [
    [fine, "fine"],
    [warnings.length, "to look at"],
    [failures.length, "failed"],
    [blocked, "blocked"],
  ];
  return counts
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count.toString()} ${word}`)
    .join(", ");
}

/** A moment for people everywhere: 2027-01-31 12:00 UTC. */
export function utc(moment: Date): string {
  return `${moment.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** In one line: how many apps are how. */
export function summary({ apps }: Status): string {
  const words: readonly [State, string][] = [
    ["ok", "up"],
    ["warning", "to look at"],
    ["down", "down"],
    ["unknown", unasked.said],
  ];
  const counts = words.flatMap(([state, word]) => {
    const count = apps.filter(({ live }) => live.state === state).length;
    return count > 0 ? [`${count.toString()} ${word}`] : [];
  });
  return `Apps: ${counts.join(", ")}`;
}
