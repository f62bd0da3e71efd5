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
  plexToken: "X-Plex-Token of the Plex account",
  usenetHost: "host name of the Usenet provider",
  usenetPassword: "password at the Usenet provider",
  usenetUsername: "user name at the Usenet provider",
} as const;

export type SecretName = keyof typeof known;

/** The example file's values; nobody's secret looks like that. */
const placeholder = /^(replace-me|<.*>)$/;

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
  const found = needed.length > 0 ? read(path.resolve(__dirname, "..", file), file) : {};
  const values =
    typeof found === "string" ? placeholders(file, found, needed) : checked(found, file, needed);
  return Object.fromEntries(
    needed.map((name) => [name, pulumi.secret(values[name] ?? "")]),
  ) as Record<K, pulumi.Output<string>>;
}

type Values = Readonly<Record<string, string>>;

/** The decrypted file, or the reason why it can't be read here. */
function read(absolute: string, file: string): Values | string {
  const stack = pulumi.getStack();
  if (!fs.existsSync(absolute))
    return `there is no ${file}; make it with: npm run secrets -- init ${stack}`;
  const problems = plainValues(fs.readFileSync(absolute, "utf8"), stack);
  if (problems.length > 0) throw refused(file, problems);
  try {
    const text = execFileSync("sops", ["--decrypt", "--output-type", "json", absolute], {
      encoding: "utf8",
      // As it is now, not as it was when Node started: a driver may have set up PATH and the age key since.
      env: process.env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 30_000,
    });
    return JSON.parse(text) as Values;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      return "sops is not installed; see https://github.com/getsops/sops/releases";
    return `no key at hand decrypts ${file}; point SOPS_AGE_KEY_FILE to the age key, then try: npm run secrets -- check`;
  }
}

/** What stands in the file in clear: SOPS encrypts every leaf, or somebody has written past it. */
function plainValues(text: string, stack: string): string[] {
  const document = parseDocument(text);
  if (document.errors.length > 0) return ["the file is no YAML\n    fix: restore it from git"];
  const { sops, ...leaves } = (document.toJS() ?? {}) as Record<string, unknown>;
  if (!sops) {
    const fix = `move it away, then: npm run secrets -- init ${stack} --from <the moved file>`;
    return [`the file is not encrypted\n    fix: ${fix}`];
  }
  const fix = `treat the value as known to others, then: npm run secrets -- edit ${stack}`;
  return Object.entries(leaves)
    .filter(([, value]) => !(typeof value === "string" && value.startsWith("ENC[")))
    .map(([key]) => `${key}: stands in the file in clear\n    fix: ${fix}`);
}

function checked(values: Values, file: string, needed: readonly SecretName[]): Values {
  const names = Object.keys(known);
  const fix = `fix: npm run secrets -- edit ${pulumi.getStack()}`;
  const unknown = Object.keys(values)
    .filter((key) => !names.includes(key))
    .map((key) => {
      const meant = nearest(key, names);
      return `${key}: no such secret; ${meant ? `did you mean ${meant}?` : `there are ${names.join(", ")}`}\n    ${fix}`;
    });
  const missing = needed
    .filter((name) => !values[name] || placeholder.test(values[name]))
    .map((name) => `${name}: missing, expected the ${known[name]}\n    ${fix}`);
  if (unknown.length + missing.length > 0) throw refused(file, [...unknown, ...missing]);
  return values;
}

function refused(file: string, problems: readonly string[]): pulumi.RunError {
  const lines = problems.map((problem) => `✗ ${problem}`);
  return new pulumi.RunError(`The secrets in ${file} have to be corrected:\n${lines.join("\n")}`);
}

function placeholders(file: string, reason: string, needed: readonly SecretName[]): Values {
  // Whether this is a preview is the engine's word, not an option that somebody can set.
  if (!pulumi.runtime.isDryRun()) {
    throw new pulumi.RunError(
      `The secrets in ${file} can't be read, so nothing was touched:\n✗ ${reason}`,
    );
  }
  void pulumi.log.info(`planned with placeholders for the secrets: ${reason}`);
  return Object.fromEntries(needed.map((name) => [name, `placeholder-${name}`]));
}
