/** What the policies judge, and what they say. */
import type { RecordedResource } from "../recorder";
import type { Setting } from "./setting";

/** A resource as a recording or a preview shows it. */
export type Resource = Pick<RecordedResource, "type" | "name" | "inputs" | "options"> &
  Partial<Pick<RecordedResource, "parent">>;
export type Graph = readonly Resource[];

/** One fault. */
export interface Finding {
  /** Id of the policy. */
  readonly policy: string;
  /** Type and logical name, as in `kubernetes:core/v1:Service::plex`. */
  readonly resource: string;
  /** What was found, and what was expected. */
  readonly message: string;
  /** What to type. */
  readonly fix: string;
}

/** A finding as its policy tells it; the id is added by whoever runs the policy. */
export type Fault = Omit<Finding, "policy">;

/**
 * A predicate over the whole graph. It judges only what it sees: a value that is unknown until an `up`, or
 * secret, is neither right nor wrong.
 */
export type Policy = (graph: Graph, setting: Setting) => Fault[];

export function idOf({ type, name }: Resource): string {
  return `${type}::${name}`;
}
