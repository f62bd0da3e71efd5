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
