/** What the move of an Overseerr costs by the size of its database, set against the plain tools without a check. */
import * as fs from "node:fs";
import * as path from "node:path";
import { quoted } from "../../components/kubernetes/shell";
import { images } from "../../components/images";
import { labEnvironment } from "../../lab/engine";
import type { OverseerrReport } from "../../migrations/overseerr-report";
import { moveStack, startOver } from "../lab/overseerr-up/stack";
import { allocation } from "../lab/overseerr";
import { intoNode } from "../lab/tools";
import { cost, timed, type Measure } from "./measure";

/** Requests that make 10 and 100 MB. 4,000,000 make 1 GB. */
const usual = "40000,400000";

/** Seconds from the stop to a restored copy. */
function plainWay(): number {
  const { LAB_STORE = "", LAB_STORE_BUCKET = "", MC_HOST_LAB = "" } = labEnvironment();
  const { username, password } = new URL(MC_HOST_LAB);
  const values = Object.entries({
    ...{ IMAGE: images.litestream, ENDPOINT: LAB_STORE, BUCKET: LAB_STORE_BUCKET },
    ...{ ACCESS_KEY: username, SECRET_KEY: password },
  }).map(([key, value]) => `${key}=${quoted(value)}\n`);
  const script = fs.readFileSync(path.join(__dirname, "overseerr.sh"), "utf8");
  return cost("nsenter", [...intoNode(), "bash", "-s"], values.join("") + script).seconds;
}

/** Seconds of the job's first task, which restores the replica. */
async function restoreSeconds(): Promise<number> {
  const { TaskStates } = await allocation();
  const { StartedAt, FinishedAt } = TaskStates["litestream-restore"] ?? {};
  return (Date.parse(FinishedAt ?? "") - Date.parse(StartedAt ?? "")) / 1000;
}

/** Of Overseerrs with so many requests, divided by commas. */
export async function overseerrMeasures(sizes = usual): Promise<Measure[]> {
  const measures: Measure[] = [];
  for (const requests of sizes.split(",").map(Number)) {
    await startOver(requests);
    const plain = plainWay();
    await startOver(requests);
    const stack = await moveStack();
    const total = await timed(() => stack.up());
    const { migrations } = await stack.outputs();
    const report = (migrations?.value as { overseerr: OverseerrReport }).overseerr;
    const size = `${(report.bytes.data / 1e6).toFixed(0)} MB`;
    const moving = ["stop", "archive", "seed", "drill", "settings", "release"];
    const baseline = { what: "stop, tar.gz, upload, restore, nothing compared", value: plain };
    const value = moving.reduce((sum, step) => sum + (report.seconds[step] ?? NaN), 0);
    measures.push(
      { what: `${size}: from the stop until the job may start`, value, unit: "s", baseline },
      { what: `${size}: without an Overseerr`, value: report.downtime, unit: "s" },
      {
        what: `${size}: the job's restore of the replica`,
        value: await restoreSeconds(),
        unit: "s",
      },
      { what: `${size}: whole up`, value: total, unit: "s" },
    );
  }
  await startOver();
  return measures;
}
