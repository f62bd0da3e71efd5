import * as fs from "node:fs";
import * as path from "node:path";

const root = path.join(__dirname, "..");
const read = (...parts: string[]) => fs.readFileSync(path.join(root, ...parts), "utf8");

it("has the @pulumi/command that verifies SSH hosts", () => {
  // npm's tag "latest" names a stray release without hostKey, which would trust any host.
  const connection = read("node_modules", "@pulumi", "command", "types", "input.d.ts");
  expect(connection).toMatch(/interface ConnectionArgs \{[^}]*\bhostKey\?/);
});

it("names every dependency by one exact version", () => {
  const { dependencies, devDependencies } = JSON.parse(read("package.json")) as Record<
    string,
    Record<string, string>
  >;
  for (const version of Object.values({ ...dependencies, ...devDependencies })) {
    expect(version).toMatch(/^(\d+\.\d+\.\d+|file:sdks\/nomad)$/);
  }
});

it("has one copy of @pulumi/pulumi, so that the local package shares its state", () => {
  expect(fs.existsSync(path.join(root, "sdks", "nomad", "node_modules"))).toBe(false);
});
