import * as path from "node:path";
import { stackOf } from "../../../ops/status";
import { run, tempTree } from "../../support/scripts";

const project = path.join(__dirname, "../../..");
const known = ["homelab", "nomad"];

test("a stack that there is", () => {
  expect(stackOf(["nomad"], known)).toBe("nomad");
});

test.each([
  [[], "usage: npm run status -- <stack>"],
  [["homelab", "nomad"], "usage: npm run status -- <stack>"],
  [["--json"], "usage: npm run status -- <stack>"],
  [["home"], "no stack home; there are homelab, nomad"],
  [["../homelab"], "no stack ../homelab; there are homelab, nomad"],
])("%j is refused in one sentence", (args, message) => {
  expect(() => stackOf(args, known)).toThrow(message);
});

test("what is wrong is said without a stack trace, and nothing is written", async () => {
  const folder = tempTree({ "Pulumi.here.yaml": "config: {}\n" });
  const program = path.join(project, "ops/status.ts");
  const sucrase = path.join(project, "node_modules/sucrase/register");
  const { code, stderr } = await run(
    ["sh", "-c", `cd '${folder}' && node -r '${sucrase}' '${program}' nowhere`],
    {},
  );
  expect([code, stderr]).toEqual([1, "no stack nowhere; there are here\n"]);
});
