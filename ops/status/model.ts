/** What `npm run status` tells of a stack, before it is put into words for a terminal or a page. */
import type { Platform } from "../checks/command";
import type { Verification } from "../checks/verification";

/** How something is. What could not be asked is unknown, never ok. */
export type State = "ok" | "warning" | "down" | "unknown";

/** How something is, and what was seen of it in a few words. */
export interface Live {
  readonly state: State;
  readonly said: string;
}

export interface AppStatus {
  /** Name of its workload or job. */
  readonly name: string;
  readonly url?: string;
  /** The images that the program pins, its own first. */
  readonly images: readonly string[];
  /** Tag of its own image as it runs; nothing where none runs, or nobody could be asked. */
  readonly version?: string;
  readonly live: Live;
}

export interface VolumeStatus {
  readonly name: string;
  /** StorageClass, export or kind of volume. */
  readonly kind: string;
  /** As the program asks for it, such as 10Gi. */
  readonly size: string;
  /** As it was given. */
  readonly capacity?: string;
  readonly live: Live;
  /** Its newest backup, as far as its storage knows of any. */
  readonly backup?: Live;
}

/** A copy of data that can be gone back to. */
export interface BackupStatus {
  readonly of: string;
  readonly where: string;
  readonly live: Live;
}

export interface MoveStatus {
  readonly app: string;
  readonly generation: number;
  /** move, done, or rolled back. */
  readonly phase: string;
  /** What it has found out, in a few words. */
  readonly said: string;
}

/** Something that could not be asked. */
export interface Unanswered {
  readonly what: string;
  readonly why: string;
}

export interface Status {
  readonly stack: string;
  readonly platform: Platform;
  readonly at: Date;
  readonly apps: readonly AppStatus[];
  readonly volumes: readonly VolumeStatus[];
  readonly backups: readonly BackupStatus[];
  readonly moves: readonly MoveStatus[];
  /** Nothing where `npm run verify` was never run to its end. */
  readonly verification?: Verification;
  readonly unanswered: readonly Unanswered[];
  readonly picture: Picture;
}

/** Who hands what to whom: lanes in the order in which data go through them. */
export interface Picture {
  /** What people come in through; it spans the lanes that it leads to. */
  readonly entrance: Box & { readonly to: readonly string[] };
  readonly lanes: readonly Lane[];
  /** From lane to lane, forwards. */
  readonly arrows: readonly {
    readonly from: string;
    readonly to: string;
    readonly label: string;
  }[];
}

export interface Lane {
  readonly id: string;
  readonly title: string;
  readonly boxes: readonly Box[];
}

export interface Box {
  readonly title: string;
  readonly lines: readonly string[];
  /** Nothing for what is no part of the stack. */
  readonly live?: Live;
  /** What it hands to the next box of its lane. */
  readonly next?: string;
}

const order: readonly State[] = ["ok", "unknown", "warning", "down"];

/** The worst of them. */
export function worst(states: readonly State[]): State {
  return order[Math.max(0, ...states.map((state) => order.indexOf(state)))] ?? "ok";
}

/** What the stack has not, or nobody could be asked about. */
export const unasked: Live = { state: "unknown", said: "not asked" };

/** Several things seen of one: as bad as the worst of them, in the words of those that are. */
export function together(lives: readonly Live[]): Live {
  const asked = lives.filter((live) => live !== unasked);
  if (asked.length === 0) return unasked;
  const state = worst(asked.map((live) => live.state));
  const said = asked.filter((live) => live.state === state && live.said !== "");
  return { state, said: [...new Set(said.map((live) => live.said))].join(", ") };
}

/** For people: how long ago something was. */
export function ago(from: Date, now: Date): string {
  const minutes = Math.max(0, Math.round((now.getTime() - from.getTime()) / 60_000));
  if (minutes < 1) return "just now";
  const [count, unit] =
    minutes < 120
      ? [minutes, "minute"]
      : minutes < 2880
        ? [Math.round(minutes / 60), "hour"]
        : [Math.round(minutes / 1440), "day"];
  return `${count.toString()} ${unit}${count === 1 ? "" : "s"} ago`;
}
