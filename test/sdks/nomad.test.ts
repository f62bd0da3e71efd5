import * as fs from "node:fs";
import * as path from "node:path";
import * as nomad from "@pulumi/nomad";
import * as pulumi from "@pulumi/pulumi";
import * as ts from "typescript";
import { record } from "../../ops/recorder";
import { only } from "../support/children";

const folder = path.join(__dirname, "..", "..", "sdks", "nomad");
const read = (file: string) => fs.readFileSync(path.join(folder, file), "utf8");

interface Properties {
  readonly properties: Record<string, unknown>;
  readonly required?: readonly string[];
}

interface Schema {
  readonly version: string;
  readonly provider: { readonly inputProperties: Record<string, unknown> };
  readonly resources: Record<
    string,
    {
      readonly inputProperties: Record<string, unknown>;
      readonly requiredInputs?: readonly string[];
      readonly properties: Record<string, unknown>;
    }
  >;
  readonly functions: Record<string, { readonly inputs: Properties; readonly outputs: Properties }>;
  readonly types: Record<string, Properties>;
}

const schema = JSON.parse(read("schema.json")) as Schema;

/** Members of every declaration in index.d.ts by qualified name; an optional one ends in "?". */
const declared = new Map<string, string[]>();

function visit(node: ts.Node, scope: string): void {
  if (ts.isModuleDeclaration(node)) {
    ts.forEachChild(node, (child) => {
      visit(child, `${scope}${node.name.text}.`);
    });
  } else if (ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node)) {
    const members = [...node.members].flatMap((member) =>
      (ts.isPropertySignature(member) || ts.isPropertyDeclaration(member)) &&
      ts.isIdentifier(member.name)
        ? [member.name.text + (member.questionToken ? "?" : "")]
        : [],
    );
    declared.set(`${scope}${node.name?.text ?? ""}`, members.sort());
  } else {
    ts.forEachChild(node, (child) => {
      visit(child, scope);
    });
  }
}
visit(ts.createSourceFile("index.d.ts", read("index.d.ts"), ts.ScriptTarget.Latest), "");

/** The same form from the schema. */
function members(properties: Record<string, unknown>, required: readonly string[] = []): string[] {
  return Object.keys(properties)
    .map((key) => (required.includes(key) ? key : `${key}?`))
    .sort();
}

const nameOf = (token: string) => token.split(":").at(-1) ?? token;
const typeNameOf = (token: string) => nameOf(token).replace(/^./, (letter) => letter.toUpperCase());

describe("the declarations", () => {
  it.each(Object.entries(schema.resources))(
    "of %s have the schema's members",
    (token, resource) => {
      const name = nameOf(token);
      const { inputProperties, requiredInputs, properties } = resource;
      expect(declared.get(name)).toEqual(Object.keys(properties).sort());
      expect(declared.get(`${name}Args`)).toEqual(members(inputProperties, requiredInputs));
      expect(declared.get(`${name}State`)).toEqual(members(properties));
    },
  );

  it.each(Object.entries(schema.functions))("of %s have the schema's members", (token, call) => {
    const { inputs, outputs } = call;
    const name = typeNameOf(token);
    const asked = members(inputs.properties, inputs.required);
    expect(declared.get(`${name}Args`)).toEqual(asked);
    expect(declared.get(`${name}OutputArgs`)).toEqual(asked);
    expect(declared.get(`${name}Result`)).toEqual(members(outputs.properties, outputs.required));
  });

  it.each(Object.entries(schema.types))("of %s have the schema's members", (token, type) => {
    const found = ["input", "output"].flatMap(
      (use) => declared.get(`types.${use}.${typeNameOf(token)}`) ?? [],
    );
    expect(found.length).toBeGreaterThan(0);
    expect([...new Set(found)].sort()).toEqual(members(type.properties, type.required));
  });

  it("of the provider have the schema's members", () => {
    expect(declared.get("ProviderArgs")).toEqual(members(schema.provider.inputProperties));
  });

  it("and the exports name the same things", () => {
    const names = [...Object.keys(schema.resources), ...Object.keys(schema.functions)].map(nameOf);
    const calls = Object.keys(schema.functions).map((token) => `${nameOf(token)}Output`);
    expect(
      Object.keys(nomad)
        .filter((name) => name !== "__esModule")
        .sort(),
    ).toEqual(["Provider", ...names, ...calls].sort());
  });
});

describe("the package", () => {
  it("asks the engine for the provider's version", () => {
    const { version, pulumi: plugin } = JSON.parse(read("package.json")) as {
      version: string;
      pulumi: unknown;
    };
    expect(version).toBe(schema.version);
    expect(plugin).toEqual({ resource: true, name: "nomad", version: schema.version });
  });
});

describe("a resource", () => {
  it("registers under the schema's token with the arguments it knows", async () => {
    const recording = await record(() => {
      const variable = new nomad.Variable("secret", { path: "a/b", items: { key: "hidden" } });
      return { items: variable.items };
    });
    expect(only(recording, "nomad:index/variable:Variable").inputs).toEqual({
      path: "a/b",
      items: "[secret]",
    });
    expect(recording.outputs).toEqual({ items: "[secret]" });
  });

  it("is recognized by isInstance", async () => {
    await record(() => {
      const job = new nomad.Job("job", { jobspec: "" });
      expect(nomad.Job.isInstance(job)).toBe(true);
      expect(nomad.Variable.isInstance(job)).toBe(false);
      expect(nomad.Provider.isInstance(undefined)).toBe(false);
    });
  });

  it("refuses to be made without what it requires", () => {
    const incomplete = { pluginId: "mkdir" } as nomad.DynamicHostVolumeArgs;
    expect(() => new nomad.DynamicHostVolume("volume", incomplete)).toThrow(
      "Missing required property 'capabilities'",
    );
  });
});

describe("the provider", () => {
  it("sends what is not text as JSON and marks its secrets", async () => {
    const recording = await record(() => {
      new nomad.Provider("cluster", {
        address: "http://10.0.0.5:4646",
        skipVerify: true,
        ignoreEnvVars: { NOMAD_REGION: true },
        headers: [{ name: "X-Key", value: "hidden" }],
        secretId: "hidden",
      });
    });
    expect(only(recording, "pulumi:providers:nomad").inputs).toEqual({
      address: "http://10.0.0.5:4646",
      skipVerify: "true",
      ignoreEnvVars: '{"NOMAD_REGION":true}',
      headers: "[secret]",
      secretId: "[secret]",
    });
  });
});

describe("a function", () => {
  it("asks under the schema's token with the arguments it knows", async () => {
    const asked: unknown[] = [];
    await pulumi.runtime.setMocks({
      newResource: () => ({ id: "", state: {} }),
      call: ({ token, inputs }) => {
        asked.push({ token, inputs: inputs as unknown });
        return { allocations: [] };
      },
    });
    await expect(nomad.getAllocations({ prefix: "ab" })).resolves.toMatchObject({
      allocations: [],
    });
    expect(asked).toEqual([
      { token: "nomad:index/getAllocations:getAllocations", inputs: { prefix: "ab" } },
    ]);
  });
});
