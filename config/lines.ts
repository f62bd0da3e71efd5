import * as fs from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { Path } from "./json-schema";

/**
 * Finds the line of a key in a stack file or, if it isn't there, of the nearest group around it.
 * It tells no line where the file doesn't say what was given: config may come from elsewhere, or be encrypted.
 */
export function lineFinder(
  file: string,
  prefix: string,
  given: Readonly<Record<string, unknown>>,
): (path: Path) => number | undefined {
  if (!fs.existsSync(file)) return () => undefined;
  const lineCounter = new LineCounter();
  const document = parseDocument(fs.readFileSync(file, "utf8"), { lineCounter });
  if (document.errors.length > 0) return () => undefined;
  const written = (document.toJS() as { config?: Record<string, unknown> } | null)?.config ?? {};
  return ([concern, ...rest]) => {
    const key = `${prefix}${String(concern)}`;
    if (!isDeepStrictEqual(written[key], given[String(concern)])) return undefined;
    const offset = offsetOf(document.contents, ["config", key, ...rest]);
    return offset === undefined ? undefined : lineCounter.linePos(offset).line;
  };
}

/** Where a key or a list's item begins; its group's place if it isn't there. */
function offsetOf(node: unknown, [key, ...rest]: Path, group?: number): number | undefined {
  if (isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
    if (pair && isScalar(pair.key)) return offsetOf(pair.value, rest, pair.key.range?.[0]);
  }
  if (isSeq(node)) {
    const item = node.items[Number(key)];
    if (isScalar(item) || isMap(item) || isSeq(item)) return offsetOf(item, rest, item.range?.[0]);
  }
  return group;
}
