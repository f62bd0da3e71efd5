import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import {
  givenSecrets,
  loadSecrets,
  placeholderFor,
  proveSecrets,
  type SecretName,
} from "../../config/secrets";
import { record } from "../../ops/recorder";

const canary = "canary-7d20e1";
const encrypted = (...keys: string[]) =>
  [
    ...keys.map((key) => `${key}: ENC[AES256_GCM,data:x,type:str]`),
    "sops: { version: 3.13.3 }",
    "",
  ].join("\n");

let folder: string;
let file: string;
const before = process.env.PATH;

/** Puts a `sops` on PATH that prints this, or fails. */
function sops(output: string, status = 0): void {
  fs.writeFileSync(path.join(folder, "plain.json"), output);
  const script = `#!/bin/sh\ncat "${folder}/plain.json"\necho "${canary} on stderr" >&2\nexit ${status.toString()}\n`;
  fs.writeFileSync(path.join(folder, "sops"), script, { mode: 0o755 });
}

/** What the program makes of the file, in a preview or in an `up`. */
async function load(needed: SecretName[], { preview = false } = {}): Promise<unknown> {
  const mocks = { newResource: () => ({ id: "", state: {} }), call: () => ({}) };
  await pulumi.runtime.setMocks(mocks, "media-homelab", "homelab", preview);
  const secrets = loadSecrets(file, needed);
  const values = Object.entries(secrets).map(async ([name, value]) => {
    const output = value as unknown as { isSecret: Promise<boolean>; promise(): Promise<string> };
    expect(await output.isSecret).toBe(true);
    return [name, await output.promise()] as const;
  });
  return Object.fromEntries(await Promise.all(values));
}

async function refusal(needed: SecretName[], options?: { preview: boolean }): Promise<string> {
  const error: unknown = await load(needed, options).catch((reason: unknown) => reason);
  expect(pulumi.RunError.isInstance(error)).toBe(true);
  const { message } = error as Error;
  expect(message).not.toContain(canary);
  return message.replaceAll(file, "FILE");
}

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "secrets-"));
  file = path.join(folder, "homelab.sops.yaml");
  process.env.PATH = `${folder}:${before ?? ""}`;
});

afterEach(() => {
  process.env.PATH = before;
  fs.rmSync(folder, { recursive: true });
});

it("keeps what it has given out, for whoever looks for it in clear", async () => {
  fs.writeFileSync(file, encrypted("plexToken"));
  sops(JSON.stringify({ plexToken: canary }));
  await load(["plexToken"]);
  expect(givenSecrets.get("plexToken")).toBe(canary);
  fs.rmSync(file);
  await load(["plexToken"], { preview: true });
  expect(givenSecrets.get("plexToken")).toBe(placeholderFor("plexToken"));
});

it("gives every secret that was asked for, each marked secret", async () => {
  fs.writeFileSync(file, encrypted("plexToken", "debridApiKey"));
  sops(JSON.stringify({ plexToken: `${canary}-a`, debridApiKey: `${canary}-b` }));
  expect(await load(["plexToken"])).toEqual({ plexToken: `${canary}-a` });
});

it("never shows one among the inputs of a resource", async () => {
  fs.writeFileSync(file, encrypted("plexToken"));
  sops(JSON.stringify({ plexToken: canary }));
  const { outputs } = await record(() => loadSecrets(file, ["plexToken"]));
  expect(outputs).toEqual({ plexToken: "[secret]" });
});

it("asks for no file where no secret is needed", async () => {
  expect(await load([])).toEqual({});
});

it("names everything that is wrong with the file at once, in a preview as in an up", async () => {
  const quoted = "plexTokn debridApiKey usenetUsername".split(" ");
  const others = [
    `usenetHost: ""`,
    "usenetPassword: ENC[AES256_GCM,data:x,type:int]",
    "usenet:\n    host: ENC[AES256_GCM,data:x,type:str]",
    `inClear: ${canary}`,
  ];
  fs.writeFileSync(file, `${others.join("\n")}\n${encrypted(...quoted)}`);
  sops(JSON.stringify({ plexTokn: canary, debridApiKey: "replace-me", usenetUsername: " " }));
  const names =
    "debridApiKey, minioAccessKey, minioSecretKey, plexToken, usenetHost, usenetPassword, usenetUsername";
  const edit = "npm run secrets -- edit homelab";
  const message = [
    "The secrets in FILE have to be corrected:",
    "✗ usenetHost: empty, expected a value, or the key left out",
    `    fix: ${edit}`,
    "✗ usenetPassword: found a number, a date or true/false, expected text",
    `    fix: ${edit}, and quote it`,
    `✗ usenet: no such secret; there are ${names}`,
    `    fix: ${edit}`,
    "✗ usenet: found a group or a list, expected text: the file is flat",
    `    fix: ${edit}`,
    `✗ inClear: no such secret; there are ${names}`,
    `    fix: ${edit}`,
    "✗ inClear: stands in the file in clear",
    `    fix: treat the value as known to others, restore the file from git, then: ${edit}`,
    "✗ plexTokn: no such secret; did you mean plexToken?",
    `    fix: ${edit}`,
    "✗ plexToken: missing, expected the X-Plex-Token of the Plex account",
    `    fix: ${edit}`,
    "✗ debridApiKey: found the example's value, expected the API key of the Real-Debrid account, https://real-debrid.com/apitoken",
    `    fix: ${edit}`,
    "✗ usenetUsername: empty, expected the user name at the Usenet provider",
    `    fix: ${edit}`,
  ].join("\n");
  const needed: SecretName[] = ["debridApiKey", "plexToken", "usenetHost", "usenetUsername"];
  expect(await refusal(needed)).toBe(message);
  expect(await refusal(needed, { preview: true })).toBe(message);
});

it("sees wrong names without a key, so that a plan on a pull request fails on them too", async () => {
  fs.writeFileSync(file, encrypted("plexTokn"));
  sops("", 128);
  const message = await refusal(["plexToken"], { preview: true });
  expect(message).toContain("✗ plexTokn: no such secret; did you mean plexToken?");
  expect(message).toContain("✗ plexToken: missing");
});

it.each([
  ["whose check sum is wrong", canary, 51, "exit status 51"],
  ["from which sops makes no JSON", canary, 0, "no JSON"],
])(
  "refuses a file %s, in a preview too: no placeholder hides it",
  async (_, output, status, how) => {
    fs.writeFileSync(file, encrypted("plexToken"));
    sops(output, status);
    const message = [
      "The secrets in FILE have to be corrected:",
      `✗ sops does not accept it (${how}): it is damaged, or was changed without sops`,
      "    fix: restore it from git",
    ].join("\n");
    expect(await refusal(["plexToken"])).toBe(message);
    expect(await refusal(["plexToken"], { preview: true })).toBe(message);
  },
);

it.each([
  ["a file that is not encrypted", `plexToken: ${canary}\n`, "the file is not encrypted"],
  [
    "a value written past the encryption",
    `${encrypted("debridApiKey")}plexToken: ${canary}\n`,
    "plexToken: stands in the file in clear",
  ],
  ["a file that is empty", "", "the file is not encrypted"],
  ["a file of one word", canary, "the file is not encrypted"],
  ["a file that is no YAML", `plexToken: [${canary}`, "the file is no YAML"],
])("refuses %s, though no key is at hand", async (_, text, problem) => {
  fs.writeFileSync(file, text);
  sops("", 128);
  expect(await refusal(["plexToken"])).toContain(problem);
  expect(await refusal(["plexToken"], { preview: true })).toContain(problem);
});

describe.each([
  [
    "there is no file",
    () => undefined,
    "there is no FILE; make it with: npm run secrets -- init homelab",
  ],
  [
    "sops is not installed",
    () => {
      fs.writeFileSync(file, encrypted("plexToken", "usenetHost"));
      process.env.PATH = folder;
    },
    "sops is not installed; see https://github.com/getsops/sops/releases",
  ],
  [
    "no key fits",
    () => {
      fs.writeFileSync(file, encrypted("plexToken", "usenetHost"));
      sops("", 128);
    },
    "no key at hand decrypts FILE; point SOPS_AGE_KEY_FILE to the age key, then try: npm run secrets -- check",
  ],
])("where %s", (_, arrange, reason) => {
  beforeEach(() => {
    arrange();
  });

  it("an up is refused, with the cause and the next command", async () => {
    expect(await refusal(["plexToken"])).toBe(
      `The secrets in FILE can't be read, so nothing was touched:\n✗ ${reason}`,
    );
  });

  it("a preview goes on with placeholders and says so once", async () => {
    const said = jest.spyOn(console, "log").mockImplementation();
    expect(await load(["plexToken", "usenetHost"], { preview: true })).toEqual({
      plexToken: "placeholder-plexToken",
      usenetHost: "placeholder-usenetHost",
    });
    const lines = said.mock.calls.map(([line]) => String(line).replaceAll(file, "FILE").trim());
    said.mockRestore();
    expect(lines).toEqual([`info: [runtime] planned with placeholders for the secrets: ${reason}`]);
  });
});

it.each([
  ["homelab", ["debridApiKey", "plexToken", "usenetHost", "usenetPassword", "usenetUsername"]],
  ["nomad", ["minioAccessKey", "minioSecretKey"]],
])("ships an example that names every secret of %s, and nothing that is one", (stack, names) => {
  const example = fs.readFileSync(
    path.join(__dirname, `../../secrets/${stack}.example.yaml`),
    "utf8",
  );
  const values = [...example.matchAll(/^(\w+): (.*)$/gm)].map(([, key, value]) => [key, value]);
  expect(values.map(([key]) => key).sort()).toEqual(names);
  expect(new Set(values.map(([, value]) => value))).toEqual(new Set(["replace-me"]));
});

describe("proving them, for a tool that only looks", () => {
  const prove = () => {
    proveSecrets("homelab", file, ["plexToken"]);
  };

  it("says nothing where all is well", () => {
    fs.writeFileSync(file, encrypted("plexToken"));
    sops(JSON.stringify({ plexToken: canary }));
    expect(prove).not.toThrow();
  });

  it.each([
    ["no key at hand", 128, "no key at hand decrypts"],
    ["a damaged file", 51, "sops does not accept it"],
  ])("refuses %s, and gives nothing away", (_, status, reason) => {
    fs.writeFileSync(file, encrypted("plexToken"));
    sops("", status);
    expect(prove).toThrow(reason);
    expect(prove).not.toThrow(canary);
  });

  it("refuses a file that isn't there, and says how to make it", () => {
    expect(prove).toThrow("npm run secrets -- init homelab");
  });
});
