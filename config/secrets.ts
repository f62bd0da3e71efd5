/** The only file that reads secrets: SOPS files in, Pulumi secrets out. */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parseDocument } from "yaml";
import { nearest } from "./nearest";

/** What comes from outside and can't be generated, by key, with what it is. */
const known = {
  debridApiKey: "API key of the Real-Debrid account, https://real-debrid.com/apitoken",
  minioAccessKey: "access key of the object store that Overseerr's database is replicated to",
  minioSecretKey: "secret key of the same store",
  plexToken: "X-Plex-Token of the Plex account",
  usenetHost: "host name of the Usenet provider",
  usenetPassword: "password at the Usenet provider",
  usenetUsername: "user name at the Usenet provider",
} as const;

export type SecretName = keyof typeof known;

/** The example file's values; nobody's secret looks like that. */
const placeholder = /^(replace-me|<.*>)$/;

/** What `loadSecrets` has given out in this process, for whoever proves that none of it stands in clear. */
const given = new Map<SecretName, string>();
export const givenSecrets: ReadonlyMap<SecretName, string> = given;

/** What stands for a secret in a preview that can't read it. */
export const placeholderFor = (name: SecretName): string => `placeholder-${name}`;

/**
 * The secrets that a stack needs, each wrapped; `file` is relative to the project.
 *
 * Throws one error that names everything wrong with the file. Without the means to read it a preview goes on
 * with placeholders and says so; an `up` is refused before it touches anything.
 */
export function loadSecrets<K extends SecretName>(
  file: string,
  needed: readonly K[],
): Record<K, pulumi.Output<string>> {
  const values = needed.length > 0 ? read(file, needed) : {};
  for (const name of needed) given.set(name, values[name] ?? "");
  return Object.fromEntries(
    needed.map((name) => [name, pulumi.secret(values[name] ?? "")]),
  ) as Record<K, pulumi.Output<string>>;
}

type Values = Readonly<Record<string, string>>;

function read(file: string, needed: readonly SecretName[]): Values {
  const found = look(file, needed, pulumi.getStack());
  return "values" in found ? found.values : placeholders(file, found.unreadable, needed);
}

/**
 * Proves that a stack's secrets can be read here and are what it needs, for tools that look at a stack; gives away
 * none of them. Throws one error that names everything wrong, or why they can't be read.
 */
export function proveSecrets(stack: string, file: string, needed: readonly SecretName[]): void {
  const found = look(file, needed, stack);
  if ("unreadable" in found) throw new pulumi.RunError(found.unreadable);
}

type Readable = { values: Values } | { /** Why it can't be read here. */ unreadable: string };

/** The file's values, or why they can't be read here. Throws where the file itself is wrong. */
function look(file: string, needed: readonly SecretName[], stack: string): Readable {
  const absolute = path.resolve(__dirname, "..", file);
  if (!fs.existsSync(absolute)) {
    return {
      unreadable: `there is no ${file}; make it with: npm run secrets -- init ${stack}`,
    };
  }
  const edit = `npm run secrets -- edit ${stack}`;
  const entries = encryptedEntries(fs.readFileSync(absolute, "utf8"), file, stack);
  const seen = [
    ...entries.flatMap(([key, value]) => entryFaults(key, value, edit)),
    ...needed
      .filter((name) => !entries.some(([key]) => key === name))
      .map((name) => fault(name, `missing, expected the ${known[name]}`, edit)),
  ];
  const found = decrypt(absolute, file);
  const hidden = "values" in found ? valueFaults(found.values, needed, edit) : [];
  if (seen.length + hidden.length > 0) throw refused(file, [...seen, ...hidden]);
  if ("broken" in found) throw refused(file, [found.broken]);
  return found;
}

function fault(key: string, what: string, fix: string): string {
  return `${key}: ${what}\n    fix: ${fix}`;
}

/** The file's own keys and what stands beside them, still encrypted. Throws if it is no SOPS file. */
function encryptedEntries(text: string, file: string, stack: string): [string, unknown][] {
  const document = parseDocument(text);
  if (document.errors.length > 0)
    throw refused(file, ["the file is no YAML\n    fix: restore it from git"]);
  const content: unknown = document.toJS();
  const { sops, ...entries } = (content instanceof Object ? content : {}) as Record<
    string,
    unknown
  >;
  if (sops) return Object.entries(entries);
  const fix = `move it away, then: npm run secrets -- init ${stack} --from <the moved file>`;
  throw refused(file, [`the file is not encrypted\n    fix: ${fix}`]);
}

/** What is wrong with one key. SOPS leaves names and kinds readable, so no age key is needed to see it. */
function entryFaults(key: string, value: unknown, edit: string): string[] {
  const faults: string[] = [];
  const names = Object.keys(known);
  if (!names.includes(key)) {
    const meant = nearest(key, names);
    const hint = meant ? `did you mean ${meant}?` : `there are ${names.join(", ")}`;
    faults.push(fault(key, `no such secret; ${hint}`, edit));
  }
  if (value instanceof Object) {
    faults.push(fault(key, "found a group or a list, expected text: the file is flat", edit));
  } else if (value === null || value === "") {
    // SOPS has nothing to encrypt here.
    faults.push(fault(key, "empty, expected a value, or the key left out", edit));
  } else if (typeof value !== "string" || !value.startsWith("ENC[")) {
    const fix = `treat the value as known to others, restore the file from git, then: ${edit}`;
    faults.push(fault(key, "stands in the file in clear", fix));
  } else if (!value.endsWith(",type:str]")) {
    // A bare 0123 or 1e5 is a number to YAML, and no longer what was typed.
    faults.push(
      fault(key, "found a number, a date or true/false, expected text", `${edit}, and quote it`),
    );
  }
  return faults;
}

/** What can only be seen in the values themselves. */
function valueFaults(values: Values, needed: readonly SecretName[], edit: string): string[] {
  return needed.flatMap((name) => {
    const value = values[name]?.trim();
    if (value === "") return [fault(name, `empty, expected the ${known[name]}`, edit)];
    if (value === undefined || !placeholder.test(value)) return [];
    return [fault(name, `found the example's value, expected the ${known[name]}`, edit)];
  });
}

/** Exit status of sops where no key at hand fits: https://github.com/getsops/sops/blob/v3.13.3/cmd/sops/codes/codes.go */
const couldNotRetrieveKey = 128;

type Decrypted = Readable | { broken: string };

function decrypt(absolute: string, file: string): Decrypted {
  try {
    const text = execFileSync("sops", ["--decrypt", "--output-type", "json", absolute], {
      encoding: "utf8",
      // As it is now, not as it was when Node started: a driver may have set up PATH and the age key since.
      env: process.env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 30_000,
    });
    return { values: JSON.parse(text) as Values };
  } catch (error) {
    // Not the error itself: it carries what sops has printed.
    const { code, status } = error as NodeJS.ErrnoException & { status?: number | null };
    if (code === "ENOENT")
      return { unreadable: "sops is not installed; see https://github.com/getsops/sops/releases" };
    if (status === couldNotRetrieveKey) {
      const fix = "point SOPS_AGE_KEY_FILE to the age key, then try: npm run secrets -- check";
      return { unreadable: `no key at hand decrypts ${file}; ${fix}` };
    }
    const how = status ? `exit status ${status.toString()}` : (code ?? "no JSON");
    const what = `sops does not accept it (${how}): it is damaged, or was changed without sops`;
    return { broken: `${what}\n    fix: restore it from git` };
  }
}

function refused(file: string, problems: readonly string[]): pulumi.RunError {
  const lines = problems.map((problem) => `✗ ${problem}`);
  return new pulumi.RunError(`The secrets in ${file} have to be corrected:\n${lines.join("\n")}`);
}

/** Whether a text holds what stands for a secret that a preview could not read. */
export function hasPlaceholder(text: string): boolean {
  return (Object.keys(known) as SecretName[]).some((name) => text.includes(placeholderFor(name)));
}

function placeholders(file: string, reason: string, needed: readonly SecretName[]): Values {
  // Whether this is a preview is the engine's word, not an option that somebody can set.
  if (!pulumi.runtime.isDryRun()) {
    throw new pulumi.RunError(
      `The secrets in ${file} can't be read, so nothing was touched:\n✗ ${reason}`,
    );
  }
  void pulumi.log.info(`planned with placeholders for the secrets: ${reason}`);
  return Object.fromEntries(needed.map((name) => [name, placeholderFor(name)]));
}
