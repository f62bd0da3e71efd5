/** Words and values as bash reads them. */
import * as pulumi from "@pulumi/pulumi";

/** A word as a shell takes it, whatever is in it. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** Variables by name as assignments, one a line and sorted; secret ones make the whole secret. */
export function assignments(
  values: Readonly<Record<string, pulumi.Input<string>>>,
): pulumi.Output<string> {
  const lines = Object.entries(values)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => pulumi.output(value).apply((text) => `${key}=${quoted(text)}`));
  return pulumi.all(lines).apply((all) => all.join("\n"));
}
