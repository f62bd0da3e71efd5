/**
 * An `up` that is killed with all it has started, once in each step of the move: whatever has been done by then,
 * the old server comes back, no server ever starts on half a library, and the next `up` goes on.
 */
import * as fs from "node:fs";
import { labEnvironment } from "../../../lab/engine";
import { killAfter } from "../moving";
import { until } from "../tools";
import {
  backups,
  expectNoTraces,
  home,
  moveStack,
  name,
  onSource,
  query,
  recover,
  serverPods,
  sourceManifest,
  startOver,
  startUp,
  steps,
} from "./stack";

let before: string[];
let views: number;

beforeAll(async () => {
  await startOver(process.env.SOAK ?? "tiny");
  before = await sourceManifest();
  const database = `${home}/Plug-in Support/Databases/com.plexapp.plugins.library.db`;
  views = Number(await query(database, "SELECT COUNT(*) FROM metadata_item_views"));
});

afterAll(async () => {
  await startOver();
});

/** The old server serves again: at once, or when its switch fires because nobody renews it any more. */
async function expectOldServerBack(): Promise<void> {
  const active = () => onSource("systemctl is-active plexmediaserver || true");
  if ((await active()) !== "active") {
    // Instead of a quarter of an hour: the switch was last renewed when the host was started.
    await onSource(
      "test -e /run/media-homelab/plex/epoch && echo 0 >/run/media-homelab/plex/renewed",
    );
  }
  await until(30, async () => {
    expect(await active()).toBe("active");
    expect(await onSource("systemctl is-enabled plexmediaserver")).toBe("enabled");
  });
}

const moving = steps.slice(0, -2);
/** Steps of several seconds. */
const long = ["pre-copy", "archive", "transfer"];

test.each(moving)("killed in the step %s, the old server comes back", async (step) => {
  // Before the step after the next: that one would be missed.
  const within = long.includes(step) ? 2000 : 500;
  await killAfter(startUp(), `plex-g1-${step} creating`, within);
  await recover();
  // It may be done without having been heard of.
  const released = (await onSource(`ls ${backups} 2>/dev/null || true`)).includes(
    "plex-g1.released",
  );
  // Its lock would be waited for; once is enough to see that it is.
  if (step !== "transfer") await onSource("rm -f /run/media-homelab/plex/lock");
  if (released) return;
  await expectOldServerBack();
  expect(await serverPods()).toEqual([]);
  expect(await sourceManifest()).toEqual(before);
});

test("killed while the new server is looked at, that one runs, and not both", async () => {
  await killAfter(startUp(), "the new server is up");
  await recover();
  expect(await onSource("systemctl is-active plexmediaserver || true")).toBe("inactive");
  expect(await onSource("systemctl show plexmediaserver --property=LoadState --value")).toBe(
    "masked",
  );
});

test("the next up ends what was begun, and the one after it is empty", async () => {
  const stack = await moveStack();
  await stack.up();
  const { migrations } = await stack.outputs();
  const { after } = (migrations?.value as { plex: { after: Record<string, number> } }).plex;
  expect(after.metadata_item_views).toBe(views);
  expect(await sourceManifest()).toEqual(before);
  await expectNoTraces();
  expect(Object.keys((await stack.up()).summary.resourceChanges ?? {})).toEqual(["same"]);
});

test("an object that was made and not noted is looked up: the next up neither makes nor changes anything", async () => {
  interface Resource {
    readonly urn: string;
    readonly type: string;
    readonly parent?: string;
    readonly dependencies?: string[];
  }
  interface Checkpoint {
    readonly checkpoint: {
      readonly latest: { resources: Resource[]; pending_operations?: unknown[] };
    };
  }
  // On the disk, as a killed engine leaves it: what is imported loses its pending operations.
  const { LAB_WORLD = "" } = labEnvironment();
  const file = `${LAB_WORLD}/pulumi/state/.pulumi/stacks/media-homelab/${name}.json`;
  const state = JSON.parse(fs.readFileSync(file, "utf8")) as Checkpoint;
  const { latest } = state.checkpoint;
  const needed = new Set(
    latest.resources.flatMap(({ parent, dependencies = [] }) => [parent, ...dependencies]),
  );
  // As if killed between the cluster's answer and the note of it; nothing may stand on it.
  const lost = latest.resources.find(
    ({ urn, type }) => type === "kubernetes:networking.k8s.io/v1:Ingress" && !needed.has(urn),
  );
  if (!lost) throw new Error("no object that nothing stands on");
  latest.resources = latest.resources.filter((resource) => resource !== lost);
  const begun = { ...lost, id: undefined, outputs: undefined };
  latest.pending_operations = [{ resource: begun, type: "creating" }];
  fs.writeFileSync(file, JSON.stringify(state));
  expect(await recover()).toMatch(/looked up: move\/plex\nobjects looked up: 1/);
  const done = (await (await moveStack()).up()).summary.resourceChanges;
  expect(Object.keys(done ?? {})).toEqual(["same"]);
  expect(await recover()).toContain("objects looked up: 0");
});
