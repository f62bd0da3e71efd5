/**
 * Prints what the project pins, for the lab's scripts:
 * `images` (key and reference, a line each) or `plugins` (name and version of each provider's package).
 */
import * as fs from "node:fs";
import { images } from "../components/images";

const plugins = ["command", "kubernetes", "nomad", "random"];

function version(plugin: string): string {
  const file = require.resolve(`@pulumi/${plugin}/package.json`);
  return (JSON.parse(fs.readFileSync(file, "utf8")) as { version: string }).version;
}

const lists: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  images: Object.entries(images),
  plugins: plugins.map((plugin) => [plugin, version(plugin)]),
};

for (const row of lists[process.argv[2] ?? ""] ?? []) console.log(row.join(" "));
