/** Leaves of the schema that several concerns share; each takes the example to show. */
import { z } from "zod";
import { isAddress, isNetwork, isPool } from "./addresses";

/** A string of one shape; `what` completes the sentence "expected ...". */
export function text(pattern: RegExp, what: string, example: string) {
  return z
    .string()
    .regex(pattern, { error: what })
    .meta({ examples: [example] });
}

/** A string that passes a check; `what` completes the sentence "expected ...". */
function checked(check: (value: string) => boolean, what: string, example: string) {
  return z
    .string()
    .refine(check, { error: what })
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
export const directory = (example: string) =>
  text(/^(\/[^/\s]+)+$/, "an absolute path without a slash at its end", example);

export const address = (example: string) => checked(isAddress, "an IPv4 address", example);
export const network = (example: string) =>
  checked(isNetwork, "an IPv4 network such as 192.168.1.0/24", example);
export const pool = (example: string) =>
  checked(isPool, "an IPv4 network or a range such as 192.168.1.240-192.168.1.250", example);

export const webUrl = (example: string) =>
  z.url({ protocol: /^https?$/, error: "an http or https URL" }).meta({ examples: [example] });

function isTimezone(zone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone: zone }));
  } catch {
    return false;
  }
}

export const timezone = checked(isTimezone, "a time zone of the IANA list", "Europe/London");
