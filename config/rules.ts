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

/** What a sentence adds to the name of a key. */
export function aside(value: string | undefined): string {
  return value === undefined ? "" : ` (${value})`;
}

/** A move that was rolled back is made again only under a higher number. */
export function movedAnew(
  concern: string,
  { generation, rolledBack }: { readonly generation: number; readonly rolledBack?: number },
  old: string,
  quote: Quote,
): RuleFault[] {
  if (rolledBack === undefined || rolledBack < generation) return [];
  const said = aside(quote(concern, rolledBack.toString()));
  return [
    {
      path: [concern, "migration", "generation"],
      found: generation,
      expected: `more than ${concern}.migration.rolledBack${said}: the old ${old} of that one runs again`,
      fix: quote(concern, (rolledBack + 1).toString()),
    },
  ];
}
