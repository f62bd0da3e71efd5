/** The lines of a drill: whether there can be one, and how it went. They judge what drill.ts has seen. */
import { lastWords, type Ended } from "../ask";
import { judged, type Check, type Outcome } from "../check";
import type { World } from "../world";
import type { Platform, Target } from "./platform";

/** How an app came over it. */
export interface Move {
  readonly app: string;
  /** Seconds for which it did not serve. */
  readonly seconds: number;
  /** Whether it serves, and nothing of it is on the node any more. */
  readonly isBack: boolean;
  readonly left: boolean;
  readonly on: readonly string[];
  readonly trouble: string;
}

/** How a drill went. */
export interface Course {
  readonly target: Target;
  /** How the command ended that empties the node. */
  readonly drained: Ended;
  readonly moves: readonly Move[];
  /** What the platform's proof has said; nothing if there was no time to ask. */
  readonly proof?: Outcome;
  /** How the command ended that gives the node back, where there was one. */
  readonly released?: Ended;
}

/** Whether a drill can be: it looks, and hands on the node that it has chosen. */
export function possible(
  platform: Platform,
  passive: readonly Check[],
  wanted: string | undefined,
  chosen: (target: Target) => void,
): Check {
  return {
    id: "drill/possible",
    meaning: "nothing is red, and there is a node whose apps others take over",
    look: platform.words.look,
    // A drill on what is broken would prove nothing, and break more.
    needs: passive.map(({ id }) => id),
    seconds: 30,
    run: async (world) => {
      const found = await platform.choose(world, wanted);
      if (!("node" in found)) return judged(found);
      chosen(found);
      return { said: `${found.node}, its apps to ${found.elsewhere.join(", ")}` };
    },
  };
}

/** The lines about a drill that was; `course` says how it went. */
export function drillChecks(
  platform: Platform,
  passive: readonly Check[],
  course: () => Course,
): Check[] {
  const { words, proof } = platform;
  const look = words.look;
  return [
    {
      id: "drill/evicted",
      meaning: "every app has left the node, by itself and in order",
      look,
      run: () => Promise.resolve(evicted(platform, course())),
    },
    {
      id: "drill/back",
      meaning: "every app serves again, from another node",
      look,
      needs: ["drill/evicted"],
      run: () => Promise.resolve(back(platform, course())),
    },
    {
      id: proof.id,
      meaning: proof.meaning,
      look,
      needs: ["drill/back"],
      run: () => Promise.resolve(course().proof ?? { findings: [notAsked] }),
    },
    {
      id: "drill/uncordoned",
      meaning: "the node takes what it took before",
      look,
      run: (world) => uncordoned(platform, course(), world),
    },
    {
      id: "drill/green",
      meaning: "nothing is red afterwards",
      look,
      needs: passive.map(({ id }) => id),
      run: () => Promise.resolve({}),
    },
  ];
}

const notAsked = { found: "no answer", expected: "one", fix: "look at what is red beside it" };

function evicted({ words }: Platform, { target, drained, moves }: Course): Outcome {
  const stayed = moves.filter(({ left }) => !left).map(({ app }) => app);
  if (drained.code === 0 && stayed.length === 0) return { said: target.node };
  const said = lastWords(drained.stderr) || lastWords(drained.stdout);
  const found = [
    ...(stayed.length > 0 ? [`${stayed.join(", ")} still there`] : []),
    ...(drained.code === 0 ? [] : [said || "the command that empties it was killed"]),
  ].join("; ");
  return judged([{ about: target.node, found, expected: "an empty node", fix: words.stays }]);
}

function back({ words }: Platform, { moves }: Course): Outcome {
  return judged(
    moves
      .filter(({ isBack }) => !isBack)
      .map(({ app, seconds, trouble }) => ({
        about: app,
        found: `away for ${seconds.toString()} s: ${trouble}`,
        expected: "it to serve from another node",
        fix: words.away,
      })),
    moves.map(({ app, seconds }) => `${app} after ${seconds.toString()} s`).join(", "),
  );
}

async function uncordoned(platform: Platform, course: Course, world: World): Promise<Outcome> {
  const { target, released } = course;
  const isClosed = await platform.isClosed(world, target);
  if (isClosed === target.closed)
    return { said: `${target.node}${isClosed ? ", nothing new, as before" : ""}` };
  const said = released ? lastWords(released.stderr) : "";
  const tool = platform.release(target) ?? [];
  return judged([
    {
      about: target.node,
      found: `it takes ${isClosed ? "nothing new" : "pods"}${said && `: ${said}`}`,
      expected: `it to take ${target.closed ? "nothing new" : "pods"}, as before`,
      fix:
        tool.length > 0 ? `${platform.program} ${tool.join(" ")}` : `kubectl cordon ${target.id}`,
    },
  ]);
}
