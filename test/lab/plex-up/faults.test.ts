/**
 * The steps of a move, each run over and over while every kind of call that it makes, of the old server's host or of
 * the cluster, fails once: wherever that is, the old server serves again, no second one runs, the library stays what
 * it was, and the step goes on when it is tried again.
 */
import { quoted } from "../../../components/kubernetes/shell";
import { Faults, kindsOfFault, planned } from "../moving";
import { tool, until } from "../tools";
import {
  expectNoTraces,
  moveStack,
  name,
  onSource,
  onTarget,
  overrides,
  rollback,
  serverPods,
  sourceManifest,
  startOver,
  steps,
} from "./stack";

const faults = new Faults("plex", ["ssh", "kubectl"]);
const profile = process.env.SOAK ?? "tiny";

let before: string[];
let library: string;

const oldServer = () => onSource("systemctl is-active plexmediaserver || true");

/** After a fault: no two servers, an old one that serves unless the library was given up, and nothing of it changed. */
async function expectSafe(how: string, givenUp: boolean): Promise<void> {
  // Rather than wait until it is noticed that its run is gone, the lock goes, too, and the switch fires.
  const work = "cd /run/media-homelab/plex 2>/dev/null || exit 0; rm -f lock";
  await onSource(how === "killed" ? `${work}; test ! -e epoch || echo 0 >renewed` : work);
  await until(30, async () => {
    const running = (await serverPods()).length;
    const old = await oldServer();
    // Of a server that nobody has been able to stop, the old one is left stopped.
    expect([old, running > 0]).toEqual(
      old === "inactive" && givenUp ? ["inactive", running > 0] : ["active", false],
    );
  });
  expect(await sourceManifest()).toEqual(before);
}

/** What every step of a move is told. */
async function valuesOf(generation: number): Promise<string> {
  const resources = await planned("homelab", overrides({ generation }), name);
  const check = `plex-g${generation.toString()}-check`;
  return String(resources.find((resource) => resource.name === check)?.inputs.stdin);
}

beforeAll(async () => {
  await startOver(profile);
  before = await sourceManifest();
  await (await moveStack()).up();
  library = await onTarget("find /config/Library -type f | wc -l");
  await rollback();
});

afterAll(async () => {
  faults.remove();
  await startOver();
});

test.each(kindsOfFault.map((how, index) => ({ how, generation: index + 2 })))(
  "each kind of call fails once ($how)",
  async ({ how, generation }) => {
    faults.begin();
    let input = await valuesOf(generation);
    const met: string[] = [];
    // What `up` would change of the server that an earlier move has left.
    const guard = ["set", "env", "statefulset/plex", "--containers=may-start"];
    await tool("kubectl", ...guard, `--namespace=${name}`, `GENERATION=${generation.toString()}`);

    for (const step of steps.slice(0, -1)) {
      const givenUp = step === "release" || step === "cut-over";
      const safe = () => expectSafe(how, givenUp);
      const through = await faults.untilThrough(step, input, how, safe);
      met.push(...through.met);
      if (step === "check") {
        const { found } = JSON.parse(through.stdout) as {
          found: { identity: string; claimed: boolean };
        };
        input += `\nIDENTITY=${quoted(found.identity)}\nCLAIMED=${found.claimed.toString()}`;
      }
    }
    expect(await oldServer()).toBe("inactive");
    expect(await serverPods()).toHaveLength(1);
    expect(await onTarget("find /config/Library -type f | wc -l")).toBe(library);
    await expectNoTraces();

    const back = `${input}\nCOMMAND='npm run rollback -- ${name} plex'`;
    const safe = () => expectSafe(how, true);
    met.push(...(await faults.untilThrough("rollback", back, how, safe)).met);
    expect(await oldServer()).toBe("active");
    expect(await serverPods()).toEqual([]);
    expect(await sourceManifest()).toEqual(before);
    await expectNoTraces();
    // Else nothing has failed at all.
    expect(met.length).toBeGreaterThan(30);
    if (process.env.SOAK) console.log(met.join("\n"));
  },
  3_600_000,
);
