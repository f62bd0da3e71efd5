/** What the project's own commands take, read from the commands themselves. */
import * as fs from "node:fs";
import * as path from "node:path";
import { platformSchema, schemaAt, type JsonSchema } from "../../config/json-schema";
import { rollbackOf } from "../../ops/rollback";
import { projectName, stackFileValues, stackNames } from "../../ops/stack-file";
import { project } from "../support/docs";

const { scripts } = JSON.parse(fs.readFileSync(path.join(project, "package.json"), "utf8")) as {
  scripts: Readonly<Record<string, string>>;
};

/** What stands behind npm without "run". */
const builtIn = ["ci", "install", "test"];

/** The first complaint about `npm …`, if there is one. */
export function npmFault([, ...args]: readonly string[]): string | undefined {
  const words = args.filter((word) => !["-s", "--silent"].includes(word));
  const [verb = "", ...rest] = words;
  if (builtIn.includes(verb)) return undefined;
  const [script = "", ...given] = verb === "run" ? rest : [verb];
  if (!(script in scripts)) return `there is no npm run ${script}`;
  const [dashes, ...own] = given;
  if (dashes !== undefined && dashes !== "--") return `-- is missing before ${dashes}`;
  return flagFault(script, own) ?? wordsFault(script, own);
}

function flagFault(script: string, own: readonly string[]): string | undefined {
  const source = sourcesOf(script);
  const unknown = own
    .filter((word) => word.startsWith("--"))
    .map((word) => word.slice(2).replace(/=.*/, ""))
    .find((flag) => !new RegExp(`--${flag}\\b|["']?${flag}["']?: \\{ type: `).test(source));
  return unknown && `npm run ${script} takes no --${unknown}`;
}

/** Text of the program behind a script, with those of ops/ that it is made of. */
function sourcesOf(script: string): string {
  const entry = /(?:\b|^)((?:ops|lab|test)\/[\w./-]+)/.exec(scripts[script] ?? "")?.[1];
  const seen = new Map<string, string>();
  const read = (file: string) => {
    if (seen.has(file)) return;
    const text = fs.readFileSync(file, "utf8");
    seen.set(file, text);
    for (const [, target = ""] of text.matchAll(/from "(\.[^"]+)"/g)) {
      const imported = path.resolve(path.dirname(file), `${target}.ts`);
      const isIndex = !fs.existsSync(imported);
      const found = isIndex ? path.resolve(path.dirname(file), target, "index.ts") : imported;
      if (found.startsWith(path.join(project, "ops")) && fs.existsSync(found)) read(found);
    }
  };
  if (entry) read(path.join(project, entry));
  return [...seen.values()].join("\n");
}

/** Verbs that a command of the project tells in its own usage, such as init and edit. */
function verbsOf(script: string): string[] {
  const usage = sourcesOf(script).matchAll(new RegExp(`npm run ${script} -- ([a-z][\\w-]*)`, "g"));
  return [...usage].map(([, verb = ""]) => verb);
}

function wordsFault(script: string, own: readonly string[]): string | undefined {
  const takesValue = (word = "") =>
    new RegExp(`["']?${word.slice(2)}["']?: \\{ type: "string"`).test(sourcesOf(script));
  const words = own.filter(
    (word, index) =>
      !word.startsWith("--") && !(own[index - 1]?.startsWith("--") && takesValue(own[index - 1])),
  );
  switch (script) {
    case "rollback":
      return rollbackFault(own);
    case "doctor":
    case "verify":
    case "status":
    case "recover":
      return stackFault(words[0]);
    case "render":
      return words.map(stackFault).find((fault) => fault !== undefined);
    case "lab":
      return verbFault("lab", words[0]);
    case "secrets":
      return (
        verbFault("secrets", words[0]) ?? (words[0] === "check" ? undefined : stackFault(words[1]))
      );
    default:
      return undefined;
  }
}

function verbFault(script: string, verb: string | undefined): string | undefined {
  if (verb === undefined || verbsOf(script).includes(verb)) return undefined;
  return `npm run ${script} knows no ${verb}`;
}

export function stackFault(stack: string | undefined): string | undefined {
  if (stack !== undefined && stackNames().includes(stack)) return undefined;
  return `there is no stack ${stack ?? ""}`;
}

function rollbackFault(own: readonly string[]): string | undefined {
  try {
    const { stack, app } = rollbackOf(own);
    const known = stackFault(stack) ?? keyFault(app, stack);
    return known && `${app} is no app of the stack ${stack}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const platformOf = (stack: string) =>
  stackFileValues(`Pulumi.${stack}.yaml`)[`${projectName()}:platform`];

/** A complaint if no stack, or not this one, has a key of that name. */
export function keyFault(dotted: string, stack?: string): string | undefined {
  const keys = dotted
    .replace(`${projectName()}:`, "")
    .split(/[.[\]]+/)
    .filter((key) => key !== "")
    .map((key) => (/^\d+$/.test(key) ? Number(key) : key));
  const platforms = stack === undefined ? ["k3s", "nomad"] : [platformOf(stack)];
  const known = platforms.some((platform) => hasKey(platformSchema(platform), keys));
  return known ? undefined : `${stack ?? "no stack"} has no key ${dotted}`;
}

function hasKey(schema: JsonSchema, keys: readonly (string | number)[]): boolean {
  return Object.keys(schemaAt(schema, keys)).length > 0;
}

/** Outputs of either stack, as their types name them. */
export function outputNames(): string[] {
  const texts = ["homelab", "nomad", "outputs"].map((file) =>
    fs.readFileSync(path.join(project, "stacks", `${file}.ts`), "utf8"),
  );
  const [homelab = "", nomad = "", common = ""] = texts;
  return [homelab, nomad, common].flatMap((text) => {
    const [, body = ""] =
      /Outputs (?:extends \w+ )?\{\n([\s\S]*?)\n\}/.exec(
        text.slice(text.search(/export interface (Homelab|Nomad|Stack)Outputs/)),
      ) ?? [];
    return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name = ""]) => name);
  });
}
