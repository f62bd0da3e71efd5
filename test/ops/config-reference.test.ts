import * as fs from "node:fs";
import { platformSchema, schemaAt, type JsonSchema } from "../../config/json-schema";
import { configReference, referenceFile } from "../../ops/config-reference";

/** Keys of the groups and leaves below a path. */
function keysBelow(schema: JsonSchema, path: readonly string[] = []): string[] {
  const { properties = {} } = schemaAt(schema, path);
  return Object.keys(properties).flatMap((key) => [
    [...path, key].join("."),
    ...keysBelow(schema, [...path, key]),
  ]);
}

/** The row of a key, cell by cell. */
function row(key: string, text = configReference()): string[] {
  const line = text.split("\n").find((each) => each.startsWith(`| \`${key}\` `));
  return (line ?? "")
    .split(" | ")
    .slice(1)
    .map((cell) => cell.replace(/ *\|?$/, ""));
}

describe("docs/config.md", () => {
  it("is what `npm run schema` would write", () => {
    expect(fs.readFileSync(referenceFile, "utf8")).toBe(configReference());
  });

  it.each(["k3s", "nomad"])("tells every key of platform %s", (platform) => {
    const text = configReference();
    const missing = keysBelow(platformSchema(platform)).filter(
      (key) => !text.includes(`| \`${key}\` `) && !text.includes(`\n## ${key}\n`),
    );
    expect(missing).toEqual([]);
  });

  it("says what belongs there in the words of the error that a wrong value gets", () => {
    expect(row("metallb.pools")).toEqual([
      "list of: an IPv4 network or a range such as 192.168.1.240-192.168.1.250",
      "–",
      '`["192.168.1.240-192.168.1.250"]`',
      "Addresses that MetalLB may hand out; fixed ones are checked against them.",
    ]);
    expect(row("overseerr.replica.syncSeconds").slice(0, 2)).toEqual([
      "whole number, 1 to 300",
      "`10`",
    ]);
  });

  it("tells what is required from what may be left out", () => {
    expect(row("ingress.domain")[1]).toBe("_required_");
    expect(row("plex.address")[1]).toBe("–");
    expect(row("storage.library").slice(0, 2)).toEqual(["group", "–"]);
  });

  it("tells which stack a key belongs to where both have its group", () => {
    expect(row("secrets.file").at(-1)).toBe("homelab");
  });
});
