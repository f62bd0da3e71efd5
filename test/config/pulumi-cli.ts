/**
 * What `pulumi config set --path` and `rm --path` make of a stack file's values, as its CLI does it:
 * https://github.com/pulumi/pulumi/blob/v3.248.0/sdk/go/common/resource/config/map.go
 */
type Values = Readonly<Record<string, unknown>>;
type Step = string | number;

/** The values after one line of shell, which may join commands by `&&`. Throws what the CLI would refuse. */
export function typed(values: Values, line: string, project: string): Values {
  return line.split(" && ").reduce((before, command) => {
    const [cli, config, verb, flag, key, value, ...more] = shellWords(command);
    const known = cli === "pulumi" && config === "config" && flag === "--path" && key !== undefined;
    if (!known || more.length > 0) throw new Error(`no such command: ${command}`);
    const [concern, ...rest] = steps(key);
    const path = [`${project}:${String(concern)}`, ...rest];
    if (verb === "rm" && value === undefined) return removed(before, path) as Values;
    if (verb === "set" && value !== undefined) return withValue(before, path, value);
    throw new Error(`no such command: ${command}`);
  }, values);
}

function shellWords(line: string): string[] {
  const words = line.match(/(?:'[^']*'|\\.|[^\s'\\])+/gs) ?? [];
  return words.map((word) =>
    word.replace(
      /'([^']*)'|\\(.)/gs,
      (_, quoted?: string, escaped?: string) => quoted ?? escaped ?? "",
    ),
  );
}

function steps(path: string): Step[] {
  const found = path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|\.?([^.[\]]+)/gs);
  return Array.from(found, ([, name, index, word = ""]) => {
    if (name !== undefined) return name.replaceAll('\\"', '"');
    return index === undefined ? word : Number(index);
  });
}

function withValue(values: Values, [concern = "", ...rest]: Step[], text: string): Values {
  if (rest.length === 0) return { ...values, [concern]: text };
  // A text at the top makes way for a group; further down it doesn't.
  const root = typeof values[concern] === "object" ? values[concern] : undefined;
  return { ...values, [concern]: changed(root, rest, scalar(text)) };
}

function scalar(text: string): unknown {
  return /^(true|false|0|-?[1-9]\d*)$/.test(text) ? JSON.parse(text) : text;
}

function changed(node: unknown, [step, ...rest]: Step[], value: unknown): unknown {
  if (step === undefined) return value;
  if (typeof step === "number") {
    const list: unknown[] = node === undefined || node === null ? [] : (node as unknown[]);
    if (!Array.isArray(list)) throw new Error(`${step.toString()}: expected an array`);
    if (step > list.length) throw new Error(`${step.toString()}: array index out of range`);
    return list.toSpliced(step, 1, changed(list[step], rest, value));
  }
  if (Array.isArray(node)) throw new Error(`${step}: key for an array must be an int`);
  if (typeof (node ?? {}) !== "object") throw new Error(`${step}: expected a map`);
  const group = { ...(node as Values | null | undefined) };
  return { ...group, [step]: changed(group[step], rest, value) };
}

function removed(node: unknown, [step = "", ...rest]: Step[]): unknown {
  if (Array.isArray(node)) {
    const list = node as unknown[];
    const index = Number(step);
    return rest.length > 0
      ? list.with(index, removed(list[index], rest))
      : list.toSpliced(index, 1);
  }
  if (typeof node !== "object" || node === null) return node;
  const copy = { ...node } as Record<string, unknown>;
  if (rest.length > 0) copy[step] = removed(copy[step], rest);
  else Reflect.deleteProperty(copy, step);
  return copy;
}
