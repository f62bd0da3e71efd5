import type { Path } from "./json-schema";

/** A rule between several keys that does not hold, told at the key that is easiest to change. */
export interface RuleFault {
  readonly path: Path;
  /** The value found; left out where one is missing. */
  readonly found?: unknown;
  /** Completes the sentence "expected ...". */
  readonly expected: string;
  /** A value that would do. @default the example of the key at `fixPath` */
  readonly fix?: unknown;
  /** Key that the fix sets. @default path */
  readonly fixPath?: Path;
  /** The fix is to leave the key out. */
  readonly remove?: boolean;
}

/** Hands a value of a concern on for a sentence or a fix; nothing if the concern is secret. */
export type Quote = (concern: string, value: string) => string | undefined;
