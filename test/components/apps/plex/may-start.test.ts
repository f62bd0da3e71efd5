import * as fs from "node:fs";
import * as path from "node:path";
import { type Ended, run, scriptText, tempTree } from "../../../support/scripts";

type Files = Readonly<Record<string, string>>;

/** Asks twice about a claim with these files, since a pod starts again and again, and changes nothing of it. */
async function asked(files: Files, generation: string | undefined): Promise<Ended> {
  const claim = tempTree(files);
  const ask = () =>
    run(
      ["bash", "-s"],
      {
        STATE: path.join(claim, ".migration"),
        ...(generation !== undefined && { GENERATION: generation }),
      },
      scriptText("components/apps/plex/may-start.sh"),
    );
  const before = contents(claim);
  const first = await ask();
  expect(await ask()).toEqual(first);
  expect(contents(claim)).toEqual(before);
  return first;
}

function contents(folder: string): [string, string][] {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.join(parentPath, name))
    .map((file) => [file, fs.readFileSync(file, "utf8")]);
}

const settings = { "Library/Preferences.xml": "<Preferences/>" };
const arrived = (generation: number, epoch = "0123456789ab") => ({
  ".migration/arrived": `${generation.toString()} ${epoch}\n`,
  ".migration/in-place": `${generation.toString()}\n`,
  ".migration/attempted": "",
});
const rolledBack = (generation: number) => ({
  ".migration/rolled-back": `${generation.toString()}\n`,
  ".migration/in-place": `${generation.toString()}\n`,
  ".migration/attempted": "",
});
const attempted = { ".migration/attempted": "" };

describe("Plex starts", () => {
  it.each<[string, Files, string | undefined]>([
    ["as a new server on an empty claim", {}, ""],
    ["as a new server where nobody says anything of migrations", {}, undefined],
    ["again, as the server that it has become", settings, ""],
    ["on the library of the migration", { ...settings, ...arrived(3) }, "3"],
    ["on it again, once the migration has left the config", { ...settings, ...arrived(3) }, ""],
    [
      "on the library of a later migration than the one rolled back",
      { ...settings, ...rolledBack(3), ...arrived(4) },
      "4",
    ],
    [
      "on it again, once that one has left the config",
      { ...settings, ...rolledBack(3), ...arrived(4) },
      "",
    ],
    ["as a new server on a claim that a migration never filled", attempted, ""],
    ["beside what a migration has put aside", { ...settings, ".migration/previous/x": "" }, ""],
  ])("%s", async (_, files, generation) => {
    expect(await asked(files, generation)).toEqual({ code: 0, stdout: "", stderr: "" });
  });
});

const none = (generation: number, other?: number) =>
  [
    `✗ the claim holds no library of generation ${generation.toString()} of the migration` +
      (other === undefined ? "" : `, but one of generation ${other.toString()}`),
    "    run: pulumi up\n",
  ].join("\n");
const goneBack = (generation: number) =>
  [
    `✗ generation ${generation.toString()} of the migration was rolled back: its old server runs again, so this one must not`,
    `    raise plex.migration.generation to ${(generation + 1).toString()} and run: pulumi up\n`,
  ].join("\n");
const halfWay = [
  "✗ a migration onto this claim was begun and never ended",
  "    let it end (pulumi up with plex.migration), or give Plex another claim\n",
].join("\n");

describe("Plex does not start, and says what to do,", () => {
  it.each<[string, Files, string | undefined, string]>([
    ["before anything has arrived", {}, "1", none(1)],
    ["on a library that no migration has brought", settings, "1", none(1)],
    ["while the library is on its way", { ...settings, ...attempted }, "1", none(1)],
    ["on the library of an earlier migration", { ...settings, ...arrived(1) }, "2", none(2, 1)],
    ["on the library of a later one", { ...settings, ...arrived(12) }, "2", none(2, 12)],
    ["on a library that was rolled back", { ...settings, ...rolledBack(3) }, "3", goneBack(3)],
    [
      "on one that was rolled back while its marker stands",
      { ...settings, ...rolledBack(3), ...arrived(3) },
      "3",
      goneBack(3),
    ],
    [
      "on one that was rolled back, once the migration has left the config",
      { ...settings, ...rolledBack(3) },
      "",
      goneBack(3),
    ],
    [
      "on one that is older than what was rolled back",
      { ...settings, ...rolledBack(10), ...arrived(9) },
      "9",
      goneBack(10),
    ],
    [
      "on one that was rolled back, before the next has arrived",
      { ...settings, ...rolledBack(3) },
      "4",
      goneBack(3),
    ],
    [
      "on what a migration has left half-way, once it has left the config",
      { ...settings, ...attempted },
      "",
      halfWay,
    ],
    ["on the same where nobody says anything", { ...settings, ...attempted }, undefined, halfWay],
  ])("%s", async (_, files, generation, stderr) => {
    expect(await asked(files, generation)).toEqual({ code: 1, stdout: "", stderr });
  });
});
