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
/** Where a stack's secrets lie. */
export const secretsFile = (stack: string) =>
  name(`secrets/${stack}.sops.yaml`)
    .default(`secrets/${stack}.sops.yaml`)
    .describe("SOPS file with what comes from outside; relative to the project.");
export const directory = (example: string) =>
  text(/^(\/[^/\s]+)+$/, "an absolute path without a slash at its end", example);

/** A folder of another machine: spaces are fine, what a shell or authorized_keys would take for itself is not. */
export const folder = (example: string) =>
  text(
    /^(\/[^/\p{Cc}'"\\]+)+$/u,
    "an absolute path without a slash at its end, quotes or backslashes",
    example,
  );

/** Two folders, as old:new. */
export const movedFolder = text(
  /^(\/[^/:\p{Cc}'"\\]+)+:(\/[^/:\p{Cc}'"\\]+)+$/u,
  "two absolute paths as old:new",
  "/mnt/nas-plex:/media/library",
);

/** A host's public key as `ssh-keyscan` and the host's own `.pub` file write it, but for host name and comment. */
export const hostKey = text(
  /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]{64,}={0,2}$/,
  "a public host key such as ssh-ed25519 AAAA…, without host name and comment",
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLE00",
);

/** Tag of a Plex image of linuxserver.io: its exact version, with or without the number of the build. */
export const plexTag = text(
  /^(version-)?\d+\.\d+\.\d+\.\d+-[0-9a-f]+(-ls\d+)?$/,
  "a tag that names the exact version of Plex",
  "version-1.43.3.10828-00f62d37d",
);

export const address = (example: string) => checked(isAddress, "an IPv4 address", example);
export const network = (example: string) =>
  checked(isNetwork, "an IPv4 network such as 192.168.1.0/24", example);
export const pool = (example: string) =>
  checked(isPool, "an IPv4 network or a range such as 192.168.1.240-192.168.1.250", example);

export const webUrl = (example: string) =>
  z.url({ protocol: /^https?$/, error: "an http or https URL" }).meta({ examples: [example] });

/** Another server's, as an app takes it in fields of their own for host, port and base path. */
export const serverUrl = (example: string) =>
  checked(
    (url) => /^https?:\/\/[\w.-]+(:\d+)?(\/[\w.~-]+)*$/.test(url) && URL.canParse(url),
    "an http or https URL of host, port and path, without a slash at its end",
    example,
  );

/** The same of a server that knows no base path. */
export const rootUrl = (example: string) =>
  checked(
    (url) => /^https?:\/\/[\w.-]+(:\d+)?$/.test(url) && URL.canParse(url),
    "an http or https URL of host and port, without a path",
    example,
  );

function isTimezone(zone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone: zone }));
  } catch {
    return false;
  }
}

export const timezone = checked(isTimezone, "a time zone of the IANA list", "Europe/London");
