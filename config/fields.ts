/** Leaves of the schema that several concerns share; each takes the example to show. */
import { z } from "zod";

/** A string of one shape; `what` completes the sentence "expected ...". */
export function text(pattern: RegExp, what: string, example: string) {
  return z
    .string()
    .regex(pattern, { error: what })
    .meta({ examples: [example] });
}

export const dnsLabel = (example: string) =>
  text(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "lower-case letters, digits and dashes", example);
export const hostname = (example: string) =>
  text(
    /^([a-z0-9]([a-z0-9-]*[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/,
    "a host name",
    example,
  );
export const quantity = (example: string) =>
  text(/^[1-9]\d*(Mi|Gi|Ti)$/, "a size in Mi, Gi or Ti", example);
export const name = (example: string) => text(/^\S+$/, "a name without spaces", example);

function isTimezone(zone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone: zone }));
  } catch {
    return false;
  }
}

export const timezone = z
  .string()
  .refine(isTimezone, { error: "a time zone of the IANA list" })
  .meta({ examples: ["Europe/London"] });
