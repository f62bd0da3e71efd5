import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { program } from "../index";

it("is itself the program, as the language host calls it, and names it for inline drivers", () => {
  // Not `import *`, which hands out a copy of the module's members.
  const loaded: unknown = jest.requireActual("../index");
  expect(typeof loaded).toBe("function");
  expect(loaded).toBe(program);
});

it.each([
  ["homelab", "@pulumi/nomad"],
  ["nomad", "@pulumi/kubernetes"],
])("runs the stack %s without loading %s", async (stack, foreign) => {
  jest.resetModules();
  jest.doMock(foreign, () => {
    throw new Error(`${foreign} was loaded`);
  });
  const { shippedStack } = await import("./support/stacks");
  await expect(shippedStack(stack)).resolves.toHaveProperty("outputs");
  jest.dontMock(foreign);
});

it("is loaded by a plain Node with the arguments that Pulumi gives it", () => {
  const root = path.join(__dirname, "..");
  const { runtime } = parse(fs.readFileSync(path.join(root, "Pulumi.yaml"), "utf8")) as {
    runtime: { options: { typescript: boolean; nodeargs: string } };
  };
  expect(runtime.options.typescript).toBe(false);
  const script = "process.stdout.write(typeof require('.'))";
  const args = [...runtime.options.nodeargs.split(" "), "--eval", script];
  expect(execFileSync("node", args, { cwd: root, encoding: "utf8" })).toBe("function");
});
