/** What the last verification has left of itself: counts and ids, none of what was found. */
import { z } from "zod";
import { readReport, reportFile, writeReport } from "../reports";
import type { Result, Status } from "./check";

const name = "verification.json";

const verification = z.strictObject({
  /** When it ended. */
  at: z.iso.datetime(),
  /** Whether it wrote probe files, too. */
  active: z.boolean(),
  fine: z.int(),
  blocked: z.int(),
  /** Ids of the checks. */
  warnings: z.array(z.string()),
  failures: z.array(z.string()),
});

export type Verification = z.infer<typeof verification>;

export function verificationOf(
  results: readonly Result[],
  { at, active }: { readonly at: Date; readonly active: boolean },
): Verification {
  const ids = (wanted: Status) =>
    results.filter(({ status }) => status === wanted).map(({ check }) => check.id);
  return {
    at: at.toISOString(),
    active,
    fine: ids("ok").length,
    blocked: ids("blocked").length,
    warnings: ids("warning"),
    failures: ids("failure"),
  };
}

export function keepVerification(stack: string, kept: Verification): void {
  writeReport(stack, name, `${JSON.stringify(kept, undefined, 2)}\n`);
}

/** The last one; nothing if there was none. Throws one sentence where it can't be read. */
export function lastVerification(stack: string): Verification | undefined {
  const text = readReport(stack, name);
  if (text === undefined) return undefined;
  try {
    return verification.parse(JSON.parse(text));
  } catch {
    const file = reportFile(stack, name);
    throw new Error(`${file} is not what verify writes; npm run verify -- ${stack} writes it anew`);
  }
}
