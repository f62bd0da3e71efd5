import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { lineFinder } from "../../config/lines";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "lines-"));
afterAll(() => {
  fs.rmSync(folder, { recursive: true });
});

/** Looks up lines in a file with this text; by default it says what was given. */
function lines(
  text: string,
  given: Record<string, unknown> = { plex: { size: "1Gi", list: ["a", "b"] } },
) {
  const file = path.join(folder, "Pulumi.test.yaml");
  fs.writeFileSync(file, text);
  return lineFinder(file, "home:", given);
}

const text = `# A comment.
config:
  other:plex: 1
  home:plex:
    size:
      1Gi
    list:
      - a
      - b
`;

it.each([
  ["a group", ["plex"], 4],
  ["a key whose value stands on the next line", ["plex", "size"], 5],
  ["an item of a list", ["plex", "list", 1], 9],
  ["an item that isn't there: its list", ["plex", "list", 2], 7],
  ["a key that isn't there: its group", ["plex", "host"], 4],
  ["a key below a text: that of the text", ["plex", "size", "unit"], 5],
  ["a concern that isn't there: config", ["gpu"], 2],
])("finds %s", (_, place, line) => {
  expect(lines(text)(place)).toBe(line);
});

it("tells no line where the file says something else than what was given", () => {
  const lineOf = lines(text, { plex: { size: "2Gi", list: ["a", "b"] } });
  expect(lineOf(["plex", "size"])).toBeUndefined();
  expect(lines("config:\n  home:plex: { secure: AAABAK }\n")(["plex"])).toBeUndefined();
});

it.each([
  ["is missing", () => lineFinder(path.join(folder, "none.yaml"), "home:", {})],
  ["is no YAML", () => lines("config: [", {})],
  ["is empty", () => lines("", {})],
  ["is a list", () => lines("- a\n", {})],
  ["has no config", () => lines("encryptionsalt: x\n", {})],
])("tells no line where the file %s", (_, finder) => {
  expect(finder()(["plex"])).toBeUndefined();
});
