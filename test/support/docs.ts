/** Reads the project's pages: what they have people type, their headings, links and the paths that they name. */
import * as fs from "node:fs";
import * as path from "node:path";

export const project = path.join(__dirname, "..", "..");

/** A fenced block. */
export interface Block {
  /** Page, from the project's folder. */
  readonly page: string;
  /** Line of its fence. */
  readonly line: number;
  readonly language: string;
  /** What stands behind the language. */
  readonly mark: string;
  readonly text: string;
}

/** README.md and every page of docs/. */
export function pages(): string[] {
  const docs = fs
    .readdirSync(path.join(project, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => path.posix.join("docs", file.split(path.sep).join("/")));
  return ["README.md", ...docs.sort()];
}

export function pageText(page: string): string {
  return fs.readFileSync(path.join(project, page), "utf8");
}

/** Lines of a page: those of prose, and the blocks. */
export function parsePage(page: string, text = pageText(page)): { prose: string; blocks: Block[] } {
  const prose: string[] = [];
  const blocks: Block[] = [];
  let open: { fence: string; indent: number; block: Block; lines: string[] } | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const [, indent = "", fence = "", info = ""] = /^( *)(`{3,})(.*)$/.exec(line) ?? [];
    if (open) {
      const { block, lines } = open;
      if (fence === open.fence && info.trim() === "") {
        blocks.push({ ...block, text: lines.join("\n") });
        open = undefined;
      } else {
        lines.push(line.slice(Math.min(open.indent, line.length - line.trimStart().length)));
      }
    } else if (fence) {
      const [language = "", ...rest] = info.trim().split(/\s+/);
      const block = { page, line: index + 1, language, mark: rest.join(" "), text: "" };
      open = { fence, indent: indent.length, block, lines: [] };
    } else {
      prose.push(line);
    }
  }
  if (open) throw new Error(`${page}:${open.block.line.toString()}: the block does not end`);
  return { prose: prose.join("\n"), blocks };
}

/** Every block of every page. */
export function allBlocks(): Block[] {
  return pages().flatMap((page) => parsePage(page).blocks);
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchors(prose: string): string[] {
  const seen = new Map<string, number>();
  return [...prose.matchAll(/^#{1,6} +(.+?) *#*$/gm)].map(([, heading = ""]) => {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, "")
      .replaceAll(" ", "-");
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count.toString()}`;
  });
}

const withoutCode = (prose: string) => prose.replace(/`[^`\n]*`/g, "");

/** Targets of a page's links. */
export function links(prose: string): string[] {
  return [...withoutCode(prose).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
}

/** What stands between backticks. */
export function inlineCode(prose: string): string[] {
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, text = ""]) => text);
}

/** One command of a block: its words without quotes; what a shell would put in stays as it is. */
export interface Command {
  readonly words: readonly string[];
  /** Where it stands, for a complaint. */
  readonly at: string;
}

/** The commands of a block, those of a pipe or a list each for itself. */
export function commandsOf({ page, line, text }: Block): Command[] {
  const commands: Command[] = [];
  let words: string[] = [];
  let word: string | undefined;
  let quote = "";
  let depth = 0;
  let row = line + 1;
  let first = row;
  const endWord = () => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  const endCommand = () => {
    endWord();
    if (words.length > 0) commands.push({ words, at: `${page}:${first.toString()}` });
    words = [];
  };
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? "";
    const next = text[i + 1] ?? "";
    if (char === "\n") row++;
    if (char === "\\" && next === "\n") continue;
    if (char === "\n" && text[i - 1] === "\\" && !quote) continue;
    if (quote) {
      if (char === quote) quote = "";
      else word = (word ?? "") + char;
    } else if (depth > 0 || (char === "$" && next === "(")) {
      // What a command puts in is part of a word.
      if (char === "(") depth++;
      if (char === ")") depth--;
      word = (word ?? "") + char;
      if (char === "$" && next === "(" && depth === 0) {
        depth = 1;
        word += next;
        i++;
      }
    } else if (char === "'" || char === '"') {
      quote = char;
      word ??= "";
    } else if (char === "#" && word === undefined) {
      const end = text.indexOf("\n", i);
      i = (end === -1 ? text.length : end) - 1;
    } else if (char === "\n" || char === ";" || char === "|" || char === "&") {
      // 2>&1 and &>file belong to a word.
      if (char === "&" && (word?.endsWith(">") || next === ">")) word = (word ?? "") + char;
      else endCommand();
    } else if (char === " " || char === "\t") {
      endWord();
    } else {
      if (words.length === 0 && word === undefined) first = row;
      word = (word ?? "") + char;
    }
  }
  endCommand();
  return commands;
}
