import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { parseImages } from "../../components/images";

const file = path.join(__dirname, "..", "..", "components", "images.yaml");
const text = fs.readFileSync(file, "utf8");

it("lists the images in order, so that two changes never meet on one line", () => {
  const names = Object.keys(parse(text) as object);
  expect(names).toEqual([...names].sort());
});

it("names where each pin was read", () => {
  const entries = text.split(/^(?=[a-z])/m).slice(1);
  for (const entry of entries) expect(entry).toMatch(/# https:\/\//);
});

it("gives a reference to each image as a container runtime takes it", () => {
  const entries = Object.entries(parse(text) as Record<string, { image: object }>);
  const written = entries.map(([name, { image }]) => [name, Object.values(image).join(":")]);
  expect(parseImages(text)).toEqual(Object.fromEntries(written));
  expect(parseImages(text)).toMatchObject({ overseerr: "sctx/overseerr:1.34.0" });
});

it.each([
  ["latest", /sonarr\.image\.tag/],
  ["latest-4", /is not pinned to a version/],
  ["develop", /is not pinned to a version/],
])("refuses the tag %s", (tag, message) => {
  expect(() => parseImages(text.replace("tag: 4.0.17.2952-ls305", `tag: ${tag}`))).toThrow(message);
});

it("refuses an image that the program doesn't know", () => {
  const entry = "lidarr: { image: { repository: example/lidarr, tag: 1.0.0 } }\n";
  expect(() => parseImages(text + entry)).toThrow(/lidarr/);
});

it("refuses a file without an image that the program needs", () => {
  expect(() => parseImages("sonarr: { image: { repository: a/b, tag: 1.0.0 } }")).toThrow(
    /overseerr/,
  );
});
