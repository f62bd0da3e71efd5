/** A move that the config asks for: how far it is, and whether its first step would pass. */
import { absent, judged, type Check } from "../check";
import { lookMinutes } from "../migration-look";
import { faultsOf } from "./config";
import { isMade, migrationOf } from "../stack";

const steps: Check = {
  id: "migration/steps",
  meaning: "how far the move is by the stack's own account",
  look: "pulumi stack --show-urns",
  needs: ["config/plans", "workstation/stack"],
  run: async (world) => {
    const move = migrationOf(await world.config());
    if (!move) return absent;
    const prefix = `${move.app}-g${move.generation.toString()}-`;
    const { resources } = await world.plan();
    const planned = resources
      .filter(({ type, name }) => type.startsWith("command:") && name.startsWith(prefix))
      .map(({ name }) => name);
    const state = await world.state();
    const done = new Set(state?.resources.map(({ name }) => name));
    const words = (names: string[]) => names.map((name) => name.slice(prefix.length)).join(", ");
    const toCome = inOrder(
      planned.filter((name) => !done.has(name)),
      prefix,
    );
    if (toCome.length === 0) return { said: `all ${planned.length.toString()} steps are done` };
    return { said: `to come: ${words(toCome)}` };
  },
};

/** The order in which a move makes its steps; a plan is sorted by name. */
const order = [
  ...["check", "pre-copy", "stop", "archive", "transfer", "verify", "promote"],
  ...["seed", "drill", "settings", "release", "cut-over", "report", "clean-up"],
];

function inOrder(names: string[], prefix: string): string[] {
  const place = (name: string) => order.indexOf(name.slice(prefix.length));
  return names.sort((a, b) => place(a) - place(b));
}

const claimType = "kubernetes:core/v1:PersistentVolumeClaim";

/** Only if it is asked for by name: it copies databases on the old host, and starts the pod that is to pull. */
const ready: Check = {
  id: "migration/ready",
  meaning: "the move's first step, which only looks at both sides, would pass",
  look: "pulumi up",
  needs: ["config/plans", "secrets/readable", "workstation/stack"],
  seconds: lookMinutes * 60,
  run: async (world) => {
    const move = migrationOf(await world.config());
    if (!move || move.phase === "done") return absent;
    if (
      await isMade(
        world,
        "command:local:Command",
        `${move.app}-g${move.generation.toString()}-check`,
      )
    )
      return { said: "it has passed" };
    if (move.app === "plex" && !(await isMade(world, claimType, "config-plex")))
      return {
        said: "can't be asked before there is a claim; `pulumi up` runs it before it touches the old server",
      };
    const { code, stderr } = await world.look(move.app);
    const said = stderr.trim();
    if (code === 0) return { said: said.split("\n").slice(-2).join("; ") };
    return judged(faultsOf(new Error(said), "a move that can begin"));
  },
};

export const migrationChecks = { always: [steps], asked: [ready] };
