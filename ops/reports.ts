/** Where the commands leave what they have found out: `reports/<stack>/`, which git ignores. */
import * as fs from "node:fs";
import * as path from "node:path";

/** Writes a report of a stack; returns its path from this folder. */
export function writeReport(stack: string, name: string, text: string): string {
  const file = reportFile(stack, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
  return file;
}

/** Text of a report; nothing where none was written yet. */
export function readReport(stack: string, name: string): string | undefined {
  const file = reportFile(stack, name);
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : undefined;
}

/** Its path from the folder in which the commands are run. */
export function reportFile(stack: string, name: string): string {
  return path.join("reports", stack, name);
}
