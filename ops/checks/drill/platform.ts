/** What a drill needs of Kubernetes, or of Nomad. */
import type { Check, Finding, Outcome } from "../check";
import type { World } from "../world";

/** A node, and what happens if it is drained. */
export interface Target {
  readonly node: string;
  /** As the platform's tool takes it. */
  readonly id: string;
  /** Whether it takes nothing new already, which it is to go on with. */
  readonly closed: boolean;
  /** Apps of the stack that run there. */
  readonly apps: readonly string[];
  /** Nodes that take them over. */
  readonly elsewhere: readonly string[];
  /** What else has to leave. */
  readonly others: readonly string[];
  /** Seconds that the slowest of the apps may take to stop. */
  readonly stopSeconds: number;
  /** What must not be less afterwards, by name. */
  readonly counts: Readonly<Record<string, number>>;
}

/** How an app is at a moment. */
export interface Standing {
  readonly app: string;
  /** Whether it serves, wherever that is. */
  readonly ready: boolean;
  /** Whether nothing of it is on the drained node any more. */
  readonly left: boolean;
  /** Nodes on which it is. */
  readonly on: readonly string[];
  /** Why it does not serve. */
  readonly trouble: string;
}

/** Sentences that name the platform's own commands. */
export interface Words {
  /** Shows what runs where. */
  readonly look: string;
  /** What to look at where something doesn't leave. */
  readonly stays: string;
  /** What to look at where something doesn't come back. */
  readonly away: string;
}

export interface Platform {
  /** The platform's tool, which is told what to do. */
  readonly program: "kubectl" | "nomad";
  readonly words: Words;
  /** The node that is drained (that one, if one is asked for), or why none can be. */
  readonly choose: (world: World, wanted?: string) => Promise<Target | readonly Finding[]>;
  /** What empties the node, as its tool is told; it ends after so many seconds at the latest. */
  readonly drain: (target: Target, seconds: number) => readonly string[];
  /** What gives it back; nothing if it is as it was. */
  readonly release: (target: Target) => readonly string[] | undefined;
  readonly standings: (world: World, target: Target) => Promise<readonly Standing[]>;
  /** Whether the node takes nothing new. */
  readonly isClosed: (world: World, target: Target) => Promise<boolean>;
  /** What has to hold of the data while the node is empty. */
  readonly proof: Proof;
}

export interface Proof {
  readonly id: string;
  readonly meaning: string;
  /** `passive` are the checks of a verification. */
  readonly look: (world: World, target: Target, passive: readonly Check[]) => Promise<Outcome>;
}
