/** The operator's tool for secrets, with the real sops and age. Needs the lab's programs, not its machine. */
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { labEnvironment } from "../../lab/engine";

const root = path.join(__dirname, "../..");
const plain = path.join(root, "lab/secrets/homelab.yaml");
let home: string;
let folder: string;
let file: string;
let rules: string;

interface Ended {
  readonly status: number;
  readonly said: string;
}

/** A command with nothing of this machine's but the lab's programs; `said` is what it prints, on whichever stream. */
function run(
  command: string,
  args: readonly string[],
  { editor = "false", typed = "" } = {},
): Ended {
  const env = {
    PATH: labEnvironment().PATH ?? "",
    HOME: home,
    TMPDIR: path.join(home, "tmp"),
    SECRETS_DIR: folder,
    EDITOR: editor,
  };
  const ended = spawnSync(command, args, { env, input: typed, encoding: "utf8", timeout: 60_000 });
  return { status: ended.status ?? -1, said: ended.stdout + ended.stderr };
}

const script = path.join(root, "ops/secrets.sh");

/** One call as a script would make it. */
const secrets = (...args: string[]): Ended => run("bash", [script, ...args]);

/** One call as an operator would make it: in a terminal, with an editor that does this to the file `$1`. */
function inTerminal(edits: string, typed: string, ...args: string[]): Ended {
  const editor = path.join(home, "editor.sh");
  fs.writeFileSync(editor, edits);
  const command = ["bash", script, ...args].join(" ");
  return run("script", ["-qec", command, "/dev/null"], { editor: `sh -eu ${editor}`, typed });
}

/** A plain file with this content, outside the project. */
function plainFile(text: string): string {
  const name = path.join(home, "plain.yaml");
  fs.writeFileSync(name, text);
  return name;
}

/** The decrypted file. */
const values = () => run("sops", ["--decrypt", file]).said;

const read = (name: string) => fs.readFileSync(name, "utf8");

beforeAll(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), "secrets-"));
  folder = path.join(home, "project", "secrets");
  file = path.join(folder, "homelab.sops.yaml");
  rules = path.join(home, "project", ".sops.yaml");
  fs.mkdirSync(folder, { recursive: true });
  fs.mkdirSync(path.join(home, "tmp"));
  expect(secrets("init", "homelab", "--from", plain).status).toBe(0);
});

afterEach(() => {
  // Whatever a call was stopped at, and whatever it wrote: nothing plain, nothing half done.
  expect(fs.readdirSync(path.join(home, "tmp"))).toEqual([]);
  expect(fs.readdirSync(folder)).toEqual(["homelab.sops.yaml"]);
});

afterAll(() => {
  fs.rmSync(home, { recursive: true });
});

test("encrypts every value and keeps the names readable", () => {
  const text = read(file);
  expect(text).toMatch(/^plexToken: ENC\[/m);
  expect(text).not.toContain("canary");
});

test("makes an age key that only its owner can read, and the rules that name it", () => {
  const key = path.join(home, ".config/sops/age/keys.txt");
  expect(fs.statSync(key).mode & 0o777).toBe(0o600);
  const [recipient = ""] = /age1\w+/.exec(read(key)) ?? [];
  expect(read(rules)).toContain(`age: ${recipient}`);
});

test("changes nothing when it is run again", () => {
  const before = read(file);
  const key = read(path.join(home, ".config/sops/age/keys.txt"));
  expect(secrets("init", "homelab", "--from", plain).status).toBe(0);
  expect(read(file)).toBe(before);
  expect(read(path.join(home, ".config/sops/age/keys.txt"))).toBe(key);
});

test.each([
  ["an example's value", "plexToken: replace-me\n", "✗ still the example's value: plexToken"],
  ["a number", "plexToken: 4711\n", "✗ no text, or empty: plexToken (line 1)"],
  ["an empty value", `plexToken: ""\n`, "✗ no text, or empty: plexToken (line 1)"],
  ["a group", "usenet:\n  host: canary-host\n", "✗ no text, or empty: usenet (line 1), … (line 2)"],
  ["no YAML", "plexToken: canary-a: b\n", "✗ sops can't encrypt this"],
])("does not encrypt %s", (_, text, problem) => {
  const { status, said } = secrets("init", "other", "--from", plainFile(text));
  expect(status).toBe(1);
  expect(said).toContain(problem);
  expect(said).not.toContain("canary");
});

test("takes the values from an editor, and hands them back to it until they are whole", () => {
  fs.copyFileSync(
    path.join(root, "secrets/homelab.example.yaml"),
    path.join(folder, "other.example.yaml"),
  );
  const edits = `
    touch "$1~"
    if grep -q 'plexToken: replace-me' "$1"; then sed -i 's/^plexToken: .*/plexToken: canary-typed/' "$1"; exit; fi
    sed -i 's/replace-me/canary-second/' "$1"`;
  const { status, said } = inTerminal(edits, "\n", "init", "other");
  const other = path.join(folder, "other.sops.yaml");
  const decrypted = run("sops", ["--decrypt", other]).said;
  fs.rmSync(path.join(folder, "other.example.yaml"));
  fs.rmSync(other);
  expect(said).toContain(
    "✗ still the example's value: debridApiKey usenetHost usenetUsername usenetPassword",
  );
  expect(status).toBe(0);
  expect(decrypted).toContain("plexToken: canary-typed");
  expect(decrypted).toContain("usenetHost: canary-second");
});

test("changes a value in the editor; leaving it as it is is no error", () => {
  expect(inTerminal("sed -i 's/-5f0c2b71/-changed/' \"$1\"", "", "edit", "homelab").status).toBe(0);
  expect(values()).toContain("canary-plex-token-changed");
  const before = read(file);
  expect(inTerminal("true", "", "edit", "homelab").status).toBe(0);
  expect(read(file)).toBe(before);
});

test("proves that each file decrypts, and counts those that don't", () => {
  expect(secrets("check").status).toBe(0);
  const damaged = path.join(folder, "damaged.sops.yaml");
  fs.writeFileSync(damaged, read(file).replace(/^debridApiKey: .*\n/m, ""));
  const open = path.join(folder, "open.sops.yaml");
  fs.writeFileSync(open, `inClear: canary-in-clear\n${read(file)}`);
  const { status, said } = secrets("check");
  const edited = inTerminal("true", "", "edit", "open");
  fs.rmSync(damaged);
  fs.rmSync(open);
  expect(status).toBe(2);
  expect(said).toContain(`✗ ${open}: in clear: inClear (line 1)`);
  expect(said).toContain(`✗ ${damaged}: sops does not accept it (exit status 51)`);
  expect(said).toContain(`✓ ${file}`);
  expect(said).not.toContain("canary");
  // sops would print the value that stands there.
  expect(edited.status).toBe(1);
  expect(edited.said).toContain("in clear: inClear (line 1)");
  expect(edited.said).not.toContain("canary");
});

test("says which file there is none of", () => {
  const { status, said } = secrets("check", "/nowhere.sops.yaml");
  expect(status).toBe(1);
  expect(said).toContain("✗ /nowhere.sops.yaml: no such file");
});

test("says where the key is expected when it is lost", () => {
  const key = path.join(home, ".config/sops/age/keys.txt");
  fs.renameSync(key, `${key}.lost`);
  const { status, said } = secrets("check");
  fs.renameSync(`${key}.lost`, key);
  expect(status).toBe(1);
  expect(said).toContain(`no key in ${key} decrypts it`);
});

test("rotates the data key: other ciphertext, the same values", () => {
  const [before, plainBefore] = [read(file), values()];
  expect(secrets("rotate", "homelab").status).toBe(0);
  const plexToken = /^plexToken: .*$/m;
  expect(plexToken.exec(read(file))?.[0]).not.toBe(plexToken.exec(before)?.[0]);
  expect(values()).toBe(plainBefore);
});

describe("with a second person's key", () => {
  let others: string;
  let own: string;

  beforeAll(() => {
    own = read(rules);
    const key = path.join(home, "other.txt");
    run("age-keygen", ["-o", key]);
    others = run("age-keygen", ["-y", key]).said.trim();
  });

  afterEach(() => {
    fs.writeFileSync(rules, own);
  });

  test("encrypts new files and, after a rotation, old ones for both", () => {
    fs.writeFileSync(rules, own.replace(/(age: .*)/, `$1,${others}`));
    expect(secrets("init", "other", "--from", plain).status).toBe(0);
    const made = path.join(folder, "other.sops.yaml");
    const text = read(made);
    fs.rmSync(made);
    expect(text).toContain(others);
    expect(secrets("rotate", "homelab").status).toBe(0);
    expect(read(file)).toContain(others);
    expect(values()).toContain("canary-plex-token");
  });

  test.each([
    ["init", ["other", "--from", plain]],
    ["rotate", ["homelab"]],
  ])("does not lock its owner out by %s, where the rules name others only", (command, args) => {
    const before = read(file);
    fs.writeFileSync(rules, own.replace(/age: .*/, `age: ${others}`));
    const { status, said } = secrets(command, ...args);
    expect(status).toBe(1);
    expect(said).toContain(`✗ ${rules} does not name your age key`);
    expect(read(file)).toBe(before);
  });
});
