/**
 * `npm run bench [-- homelab | migration [PROFILE] | overseerr [REQUESTS,…]]`: in the running lab, which should have
 * nothing else to do. Writes bench-<name>.json and .md into the lab's folder. `-- readme [--cold] [--lab]`: what
 * README.md has people type first, in a clean clone, without the lab.
 */
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { labEnvironment } from "../../lab/engine";
import { homelabMeasures } from "./homelab";
import { table, type Measure } from "./measure";
import { migrationMeasures } from "./migration";
import { overseerrMeasures } from "./overseerr";

const benchmarks: Readonly<Record<string, (argument?: string) => Promise<Measure[]>>> = {
  homelab: homelabMeasures,
  migration: migrationMeasures,
  overseerr: overseerrMeasures,
};

async function main(): Promise<void> {
  const [name = "homelab", argument, ...more] = process.argv.slice(2);
  if (name === "readme") {
    const args = argument === undefined ? [] : [argument, ...more];
    const script = path.join(__dirname, "readme.sh");
    process.exitCode = spawnSync("bash", [script, ...args], { stdio: "inherit" }).status ?? 1;
    return;
  }
  const measure = benchmarks[name];
  if (!measure)
    throw new Error(
      `no benchmark ${name}; there are: ${[...Object.keys(benchmarks), "readme"].join(", ")}`,
    );
  // Where the lab doesn't run that is one sentence, not a measure's stack trace.
  const { LAB_WORLD: world = "" } = labEnvironment();
  const measures = await measure(argument);
  const machine = { node: process.version, cores: os.cpus().length, cache: "warm", argument };
  const file = path.join(world, `bench-${name}`);
  fs.writeFileSync(`${file}.json`, JSON.stringify({ machine, measures }, undefined, 2));
  fs.writeFileSync(`${file}.md`, table(measures));
  console.log(table(measures));
}

main().catch((error: unknown) => {
  console.error(
    error instanceof Error && error.message.startsWith("the lab") ? error.message : error,
  );
  process.exitCode = 1;
});
