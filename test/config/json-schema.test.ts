import * as fs from "node:fs";
import * as path from "node:path";
import { exampleAt, platformSchema } from "../../config/json-schema";
import { editorSchema, schemaFile } from "../../ops/editor-schema";
import { stackNames } from "../../ops/stack-file";

const root = path.join(__dirname, "..", "..");

describe("the editors' schema", () => {
  it("is what `npm run schema` would write", () => {
    expect(JSON.parse(fs.readFileSync(schemaFile, "utf8"))).toEqual(editorSchema());
  });

  it.each(stackNames())("is named by the first line of the stack file of %s", (stack) => {
    const [first] = fs.readFileSync(path.join(root, `Pulumi.${stack}.yaml`), "utf8").split("\n");
    expect(first).toBe("# yaml-language-server: $schema=./config/stack-file.schema.json");
    expect(fs.existsSync(path.join(root, "config", "stack-file.schema.json"))).toBe(true);
  });
});

describe("an example", () => {
  const homelab = platformSchema("k3s");

  it("for a missing group is its first required leaf", () => {
    expect(exampleAt(homelab, ["ingress"])).toEqual({
      path: ["ingress", "domain"],
      value: "homelab",
    });
  });

  it("for a list is its first element", () => {
    expect(exampleAt(platformSchema("nomad"), ["nomad", "datacenters"])).toEqual({
      path: ["nomad", "datacenters", 0],
      value: "dc1",
    });
  });
});
