/** The operator's tool for secrets, with the real sops and age. Needs the lab's programs, not its machine. */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { labEnvironment } from "../../lab/engine";

const root = path.join(__dirname, "../..");
const plain = path.join(root, "lab/secrets/homelab.yaml");
let home: string;
let folder: string;
let file: string;

interface Ended {
  readonly status: number;
  readonly said: string;
}

/** One call as an operator would type it. */
function secrets(...args: string[]): Ended {
  const env = {
    PATH: labEnvironment().PATH ?? "",
    HOME: home,
    SECRETS_DIR: folder,
  };
  try {
    execFileSync("bash", [path.join(root, "ops/secrets.sh"), ...args], { env, stdio: "pipe" });
    return { status: 0, said: "" };
  } catch (error) {
    const { status, stderr } = error as { status: number; stderr: Buffer };
    return { status, said: stderr.toString() };
  }
}

const read = (name: string) => fs.readFileSync(name, "utf8");

beforeAll(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), "secrets-"));
  folder = path.join(home, "project", "secrets");
  file = path.join(folder, "homelab.sops.yaml");
  fs.mkdirSync(folder, { recursive: true });
  expect(secrets("init", "homelab", "--from", plain)).toEqual({ status: 0, said: "" });
});

afterAll(() => {
  fs.rmSync(home, { recursive: true });
});

test("encrypts every value, keeps the names readable, and leaves nothing plain behind", () => {
  const text = read(file);
  expect(text).toMatch(/^plexToken: ENC\[/m);
  expect(text).not.toContain("canary");
  expect(fs.readdirSync(folder)).toEqual(["homelab.sops.yaml"]);
});

test("makes an age key that only its owner can read, and the rules that name it", () => {
  const key = path.join(home, ".config/sops/age/keys.txt");
  expect(fs.statSync(key).mode & 0o777).toBe(0o600);
  const [recipient = ""] = /age1\w+/.exec(read(key)) ?? [];
  expect(read(path.join(home, "project", ".sops.yaml"))).toContain(`age: ${recipient}`);
});

test("changes nothing when it is run again", () => {
  const before = read(file);
  const key = read(path.join(home, ".config/sops/age/keys.txt"));
  expect(secrets("init", "homelab", "--from", plain).status).toBe(0);
  expect(read(file)).toBe(before);
  expect(read(path.join(home, ".config/sops/age/keys.txt"))).toBe(key);
});

test("refuses values that are still the example's, and leaves nothing plain behind", () => {
  const example = path.join(root, "secrets/homelab.example.yaml");
  const { status, said } = secrets("init", "other", "--from", example);
  expect(status).toBe(1);
  expect(said).toContain("these values are still the example's");
  expect(fs.readdirSync(folder)).toEqual(["homelab.sops.yaml"]);
});

test("proves that each file decrypts, and counts those that don't", () => {
  expect(secrets("check").status).toBe(0);
  const stranger = path.join(folder, "stranger.sops.yaml");
  fs.writeFileSync(
    stranger,
    read(file).replace(/ENC\[AES256_GCM,data:./g, "ENC[AES256_GCM,data:!"),
  );
  const open = path.join(folder, "open.sops.yaml");
  fs.writeFileSync(open, `inClear: canary-in-clear\n${read(file)}`);
  const { status, said } = secrets("check");
  expect(status).toBe(2);
  expect(said).toContain(`✗ ${open}: in clear: 1:inClear`);
  expect(said).toContain(`✗ ${stranger}: no key in`);
  expect(said).toContain(`✓ ${file}`);
  expect(said).not.toContain("canary");
  fs.rmSync(stranger);
  fs.rmSync(open);
});

test("says where the key is expected when it is lost", () => {
  const key = path.join(home, ".config/sops/age/keys.txt");
  fs.renameSync(key, `${key}.lost`);
  const { status, said } = secrets("check");
  expect(status).toBe(1);
  expect(said).toContain(`no key in ${key} decrypts it`);
  fs.renameSync(`${key}.lost`, key);
});

test("rotates the data key: other ciphertext, the same values", () => {
  const before = read(file);
  expect(secrets("rotate", "homelab").status).toBe(0);
  expect(read(file)).not.toBe(before);
  expect(secrets("check").status).toBe(0);
});
