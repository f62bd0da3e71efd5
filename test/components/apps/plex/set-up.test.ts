import * as fs from "node:fs";
import * as path from "node:path";
import { pathWith, run, scriptText, tempTree } from "../../../support/scripts";
import { fakePlex, type FakePlex } from "../../../support/fake-plex";

const accountToken = "canary-account-token";
const preferences = [
  "TranscoderTempDirectory=/fast/transcode",
  "autoEmptyTrash=0",
  "customConnections=https://a.test,http://192.0.2.7:32400",
].join("\n");
const kept = {
  TranscoderTempDirectory: "/fast/transcode",
  autoEmptyTrash: "0",
  customConnections: "https://a.test,http://192.0.2.7:32400",
};
const told = '{"machineIdentifier":"test-machine"}\n';

let plex: FakePlex;
let folder: string;

beforeEach(async () => {
  folder = tempTree({});
  plex = await fakePlex(path.join(folder, "Preferences.xml"));
});
afterEach(() => plex.stop());

/** Runs the script as the pod gets it: on standard input, with its variables before it. */
function setUp(values: Readonly<Record<string, string>> = {}) {
  const env = {
    PATH: pathWith("curl"),
    ARGUMENTS: path.join(folder, "arguments"),
    CLAIM: "true",
    PLEX_TOKEN: accountToken,
    PLEX_TV: plex.url,
    PREFERENCES: preferences,
    SERVER: plex.url,
    SETTINGS: path.join(folder, "Preferences.xml"),
    LIMIT: "1",
    ...values,
  };
  return run(["bash", "-s"], env, scriptText("components/apps/plex/set-up.sh"));
}

it("claims once, sets the preferences and tells the server's identity", async () => {
  expect(await setUp()).toEqual({ code: 0, stdout: told, stderr: "claimed the server\n" });
  expect(plex.claims).toEqual(["claim-test"]);
  expect(plex.preferences).toEqual(kept);
});

it("waits for the token that Plex writes a moment after the claim", async () => {
  plex.writesAfter = 700;
  expect(await setUp({ LIMIT: "5" })).toMatchObject({ code: 0, stdout: told });
  expect(plex.preferences).toEqual(kept);
});

it("claims nothing the second time", async () => {
  await setUp();
  expect(await setUp()).toEqual({ code: 0, stdout: told, stderr: "" });
  expect(plex.claims).toEqual(["claim-test"]);
  expect(plex.minted).toBe(1);
  expect(plex.preferences).toEqual(kept);
});

it("only sets preferences where it is not to claim, even before Plex has written its own", async () => {
  const SETTINGS = path.join(folder, "nothing yet");
  expect(await setUp({ CLAIM: "false", PLEX_TOKEN: "", SETTINGS })).toEqual({
    code: 0,
    stdout: told,
    stderr: "",
  });
  expect(plex.claims).toEqual([]);
  expect(plex.minted).toBe(0);
  expect(plex.preferences).toEqual(kept);
});

it("shows no token in an argument or in what it says, whether it succeeds or fails", async () => {
  const runs = [await setUp(), await setUp(), await setUp({ PREFERENCES: "unknown=1" })];
  const said = fs.readFileSync(path.join(folder, "arguments"), "utf8") + JSON.stringify(runs);
  expect(said).toContain("--config -");
  for (const token of [accountToken, "claim-test", plex.serverToken]) {
    expect(said).not.toContain(token);
  }
});

it("takes switches that come back as words", async () => {
  plex.words = true;
  const switches = "autoEmptyTrash=0\nHardwareAcceleratedCodecs=1";
  expect(await setUp({ PREFERENCES: switches })).toMatchObject({ code: 0, stdout: told });
});

describe("says what is wrong and what to do, when", () => {
  it("the account's token is refused", async () => {
    const { code, stdout, stderr } = await setUp({ PLEX_TOKEN: "canary-expired" });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(
      `${plex.url} gave no claim token: is the secret plexToken still valid?`,
    );
    expect(stderr).toContain("npm run secrets -- edit homelab");
    expect(stderr).not.toContain("canary");
    expect(plex.preferences).toEqual({});
  });

  it("plex.tv answers something else", async () => {
    plex.answer = "{}";
    const { code, stderr } = await setUp();
    expect(code).toBe(1);
    expect(stderr).toBe(`${plex.url} answered, but not with a claim token\n`);
  });

  it("Plex refuses the claim token", async () => {
    plex.refusesClaims = true;
    const { code, stderr } = await setUp();
    expect(code).toBe(1);
    expect(stderr).toContain("Plex refused the claim token\nopen its web UI and claim the server");
  });

  it("Plex is unclaimed all the same", async () => {
    plex.forgetsClaims = true;
    const { code, stderr } = await setUp();
    expect(code).toBe(1);
    expect(stderr).toContain("still calls itself unclaimed");
  });

  it("Plex never writes its token", async () => {
    plex.writesAfter = -1;
    const { code, stderr } = await setUp();
    expect(code).toBe(1);
    expect(stderr).toContain("Plex is claimed and has not written its token to");
    expect(plex.preferences).toEqual({});
  });

  it("Plex refuses the preferences", async () => {
    plex.refusesPreferences = true;
    const { code, stderr } = await setUp();
    expect(code).toBe(1);
    expect(stderr).toContain("Plex refused its preferences\nrun the same command again");
  });

  it("Plex takes preferences and keeps others", async () => {
    plex.drops = ["autoEmptyTrash", "TranscoderTempDirectory"];
    const { code, stdout, stderr } = await setUp({ CLAIM: "false" });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toBe(
      [
        "Plex did not keep its preferences:",
        'preference TranscoderTempDirectory: found "", expected "/fast/transcode"',
        'preference autoEmptyTrash: found "1", expected "0"\n',
      ].join("\n"),
    );
  });

  it("Plex knows no such preference", async () => {
    const { code, stderr } = await setUp({ CLAIM: "false", PREFERENCES: "unknown=1" });
    expect(code).toBe(1);
    expect(stderr).toContain('preference unknown: found "nothing", expected "1"');
  });

  it("Plex does not answer", async () => {
    const { code, stderr } = await setUp({ SERVER: "http://127.0.0.1:1" });
    expect(code).toBe(1);
    expect(stderr).toBe(
      "Plex does not answer on http://127.0.0.1:1/identity within 1 s\nsee: kubectl logs statefulset/plex\n",
    );
  });

  it.each(["CLAIM", "PLEX_TV", "PREFERENCES"])("%s is missing", async (variable) => {
    const { code, stderr } = await setUp({ [variable]: "" });
    expect(code).not.toBe(0);
    expect(stderr).toContain(variable);
  });
});
