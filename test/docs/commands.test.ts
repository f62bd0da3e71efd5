/**
 * What the pages have people type is true: every command, flag, config key and link is there. A block is marked by its
 * info string: `sh lab` is run by test/lab/docs.test.ts, `sh hardware` needs a host, a cluster or an account of one's own.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { projectName } from "../../ops/stack-file";
import {
  allBlocks,
  anchors,
  commandsOf,
  inlineCode,
  links,
  pages,
  pageText,
  parsePage,
  project,
  type Block,
  type Command,
} from "../support/docs";
import { keyFault, npmFault, outputNames, stackFault } from "./project-commands";

/** Programs that the pages may name: the ones that somebody has told the reader to have, and Debian's own. */
const programs = [
  ...["age-keygen", "docker", "kubectl", "litestream", "mc", "nomad", "npm", "pulumi", "sops"],
  ...["ssh", "ssh-copy-id", "ssh-keygen", "sudo", "vault", "vainfo", "git", "jq", "curl", "tmux"],
  ...["apt-get", "apt-mark", "cat", "cd", "chmod", "cp", "cut", "df", "du", "echo", "eval", "exec"],
  ...["export", "findmnt", "ls", "mkdir", "mv", "nc", "pct", "read", "rm", "sh", "stat", "tail"],
  ...["systemctl", "tar", "tee", "test", "visudo", "sqlite3", "shred", "printf", "bash", "touch"],
  "/usr/lib/plexmediaserver/Plex Media Server",
];

const shell = allBlocks().filter(({ language }) => language === "sh");
const commands = shell.flatMap(commandsOf);

/** Complaints with the place where they come from; what stands before a command, such as sudo, is left out. */
function complaints(fault: (words: readonly string[]) => string | undefined): string[] {
  return commands.flatMap(({ words, at }) => {
    const found = fault(stripped(words));
    return found === undefined ? [] : [`${at}: ${found}`];
  });
}

/** A command without what stands before it: variables, and sudo with its user. */
function stripped(words: readonly string[]): readonly string[] {
  const [first = "", ...rest] = words;
  if (/^\w+=/.test(first)) return stripped(rest);
  if (first === "sudo") return stripped(rest[0] === "-u" ? rest.slice(2) : rest);
  return words;
}

/** Value of an option, as `--stack homelab` or `--stack=homelab`. */
function option(words: readonly string[], ...names: readonly string[]): string | undefined {
  for (const [index, word] of words.entries()) {
    const [name = "", value] = word.split("=", 2);
    if (names.includes(name)) return value ?? words[index + 1];
  }
  return undefined;
}

/** Whether what is typed is one place, not the reader's own. */
const isLiteral = (text: string) => !/[<>$…]/.test(text);

describe("the parser", () => {
  const block = (text: string): Block => ({
    page: "p.md",
    line: 1,
    language: "sh",
    mark: "",
    text,
  });
  const words = (text: string) => commandsOf(block(text)).map((command: Command) => command.words);

  it.each([
    ["a b  # c\n# d\ne", [["a", "b"], ["e"]]],
    ["a 'b c' \"d; e\"", [["a", "b c", "d; e"]]],
    ["a && b | c; d || e", [["a"], ["b"], ["c"], ["d"], ["e"]]],
    ["a \\\n  b", [["a", "b"]]],
    ["a 2>&1 | b", [["a", "2>&1"], ["b"]]],
    ["a $(b c | d) e", [["a", "$(b c | d)", "e"]]],
    ['a "$(b "c d")"', [["a", "$(b c", "d)"]]],
    ["a b#c", [["a", "b#c"]]],
  ])("takes %j apart as a shell does", (text, expected) => {
    // What is quoted within a substitution comes apart; no check looks there.
    expect(words(text)).toEqual(expected);
  });

  it("knows the lines of blocks within lists", () => {
    const { blocks, prose } = parsePage(
      "p.md",
      "1. x\n\n   ```sh lab\n   a\n     b\n   ```\n\ny\n",
    );
    expect(blocks).toEqual([
      { page: "p.md", line: 3, language: "sh", mark: "lab", text: "a\n  b" },
    ]);
    expect(prose).toBe("1. x\n\n\ny\n");
  });

  it("makes a heading's anchor as GitHub does", () => {
    expect(anchors("# A `b.c`: d?\n## e\n## e\n### [x y](z)\n")).toEqual([
      ...["a-bc-d", "e", "e-1", "x-y"],
    ]);
  });
});

describe("every block of shell commands", () => {
  it("is marked as lab or hardware", () => {
    const wrong = shell.filter(({ mark }) => !["lab", "hardware"].includes(mark));
    expect(wrong.map(({ page, line, mark }) => `${page}:${line.toString()}: ${mark}`)).toEqual([]);
  });

  it("is called sh", () => {
    const other = allBlocks().filter(({ language }) =>
      ["bash", "shell", "console"].includes(language),
    );
    expect(other.map(({ page, line }) => `${page}:${line.toString()}`)).toEqual([]);
  });

  it("names programs that a reader can have", () => {
    expect(
      complaints((words) => {
        const [program = ""] = words;
        return programs.includes(program) || program === "" ? undefined : `unknown: ${program}`;
      }),
    ).toEqual([]);
  });

  it("calls the project's commands as they are: scripts, flags, stacks and apps", () => {
    expect(complaints((words) => (words[0] === "npm" ? npmFault(words) : undefined))).toEqual([]);
  });

  it("sets config keys that there are", () => {
    expect(
      complaints((words) => {
        if (words[0] !== "pulumi" || words[1] !== "config") return undefined;
        const key = option(words, "--path");
        const stack = option(words, "--stack", "-s");
        return key !== undefined && isLiteral(key) ? keyFault(key, stack) : undefined;
      }),
    ).toEqual([]);
  });

  it("speaks of stacks and outputs that there are", () => {
    expect(
      complaints((words) => {
        if (words[0] !== "pulumi") return undefined;
        const [, verb, noun, output = ""] = words;
        const stack = option(words, "--stack", "-s");
        if (verb === "stack" && (noun === "init" || noun === "select")) return stackFault(output);
        if (stack !== undefined && isLiteral(stack) && stackFault(stack)) return stackFault(stack);
        const isNamed = verb === "stack" && noun === "output" && /^\w+$/.test(output);
        return isNamed && !outputNames().includes(output) ? `no output ${output}` : undefined;
      }),
    ).toEqual([]);
  });
});

describe("a complaint is made about", () => {
  it.each([
    ["npm run nothing", "there is no npm run nothing"],
    ["npm run rollback homelab plex", "-- is missing before homelab"],
    ["npm run rollback -- homelab plex --now", "npm run rollback takes no --now"],
    ["npm run rollback -- nomad plex", "plex is no app of the stack nomad"],
    ["npm run recover -- home", "there is no stack home"],
    ["npm run secrets -- open homelab", "npm run secrets knows no open"],
    ["npm run secrets -- init home", "there is no stack home"],
    ["npm run lab -- explode", "npm run lab knows no explode"],
    ["npm run render -- home", "there is no stack home"],
  ])("%s", (text, fault) => {
    expect(npmFault(text.split(" "))).toBe(fault);
  });

  it("nothing that is right", () => {
    for (const text of [
      ...["npm ci", "npm test", "npm run lab -- --once", "npm run -s lab -- env"],
      ...["npm run rollback -- nomad overseerr --with-requests", "npm run secrets -- check"],
      ...["npm run secrets -- init homelab --from x", "npm run render -- homelab --out x"],
    ])
      expect([text, npmFault(text.split(" "))]).toEqual([text, undefined]);
  });

  it("a key that there is not", () => {
    expect(keyFault("plex.migration.phase", "homelab")).toBeUndefined();
    expect(keyFault("metallb.pools[0]")).toBeUndefined();
    expect(keyFault("plex.migration.phase", "nomad")).toBe("nomad has no key plex.migration.phase");
    expect(keyFault("plex.nothing")).toBe("no stack has no key plex.nothing");
  });

  it("an output that there is not", () => {
    expect(outputNames()).toEqual(
      expect.arrayContaining([
        ...["urls", "secrets", "wiring", "externalWorker", "replicas", "integrations"],
      ]),
    );
  });
});

/** Every key below a value, with its dots. */
function keysOf(value: unknown, prefix: string): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [prefix];
  return Object.entries(value).flatMap(([key, item]) => keysOf(item, `${prefix}.${key}`));
}

test("examples of a stack file have keys that there are", () => {
  const faults = allBlocks()
    .filter(({ language, text }) => language === "yaml" && text.includes(`${projectName()}:`))
    .flatMap(({ page, line, text }) =>
      Object.entries(parse(text) as Record<string, unknown>)
        .filter(([key]) => key.startsWith(`${projectName()}:`))
        .flatMap(([key, value]) => keysOf(value, key))
        .flatMap((key) => keyFault(key) ?? [])
        .map((fault) => `${page}:${line.toString()}: ${fault}`),
    );
  expect(faults).toEqual([]);
});

test("README.md has a row for each of the project's commands", () => {
  const { scripts } = JSON.parse(pageText("package.json")) as { scripts: Record<string, string> };
  const rows = pageText("README.md")
    .split("\n")
    .filter((line) => line.startsWith("| `npm "));
  const names = rows.flatMap((row) => inlineCode(row.split(" | ")[0] ?? ""));
  const typed = Object.keys(scripts).map((name) =>
    name === "test" ? "npm test" : `npm run ${name}`,
  );
  const has = (command: string) => names.some((name) => name.split(" -- ")[0] === command);
  expect(typed.filter((command) => !has(command))).toEqual([]);
});

describe("every page", () => {
  const prose = new Map(pages().map((page) => [page, parsePage(page).prose]));

  it.each(pages())("%s links to what is there", (page) => {
    const broken = links(prose.get(page) ?? "")
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => {
        const [file = "", anchor] = target.split("#", 2);
        const found = file === "" ? page : path.posix.join(path.posix.dirname(page), file);
        if (!fs.existsSync(path.join(project, found))) return true;
        if (anchor === undefined) return false;
        return !anchors(prose.get(found) ?? "").includes(anchor);
      });
    expect(broken).toEqual([]);
  });

  it.each(pages())("%s names files that are there", (page) => {
    const folders = "components|config|docs|lab|migrations|ops|sdks|secrets|stacks|test";
    const isPath = new RegExp(`^(${folders})/[\\w./-]*$`);
    const missing = inlineCode(prose.get(page) ?? "")
      .map((text) => text.replace(/:\d+$/, ""))
      // A reader's own, and not in git.
      .filter((text) => isPath.test(text) && !/^secrets\/.*\.sops\.yaml$/.test(text))
      .filter((text) => !fs.existsSync(path.join(project, text)));
    expect(missing).toEqual([]);
  });

  it("is reached from README.md", () => {
    const reached = new Set(["README.md"]);
    for (const page of reached)
      for (const target of links(prose.get(page) ?? "").filter((each) => !/^[a-z]+:/.test(each))) {
        const file = path.posix.join(path.posix.dirname(page), target.split("#")[0] ?? "");
        const inside = file.endsWith("/")
          ? pages().filter((each) => each.startsWith(file))
          : [file];
        for (const each of inside) if (prose.has(each)) reached.add(each);
      }
    expect(pages().filter((page) => !reached.has(page))).toEqual([]);
  });
});
