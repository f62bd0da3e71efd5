/** The command as a black box, with as little around it as a job of somebody else's pull request has. */
import { spawnSync } from "node:child_process";
import * as path from "node:path";
import { run, tempTree } from "../support/scripts";

const root = path.join(__dirname, "..", "..");
const loader = require.resolve("sucrase/register");

/** Takes a command's network away, where that may be done here. */
const unshare = ["/usr/bin/unshare", "--net"];
const offline = spawnSync("/usr/bin/unshare", ["--net", "true"]).status === 0 ? unshare : [];

/** Runs it with Node alone on the PATH: no Pulumi, git, sops or kubectl, no kubeconfig, no key. */
function preview() {
  const home = tempTree({ "bin/": "" });
  const tools = [process.execPath, "--require", loader, path.join(root, "ops", "preview-ci.ts")];
  return run([...offline, ...tools], {
    PATH: path.join(home, "bin"),
    HOME: home,
    TMPDIR: home,
  });
}

it("passes both shipped stacks without a network, a cluster, a key or an engine, and says what that proves", async () => {
  const { code, stdout, stderr } = await preview();
  expect(stderr).toBe("");
  expect(stdout.split("\n")).toEqual([
    "✓ homelab: Planned by the recorder, without an engine, which proves less: pulumi is not on the PATH. Placeholders stand for the secrets: no key. Compared with nothing.",
    "✓ nomad: Planned by the recorder, without an engine, which proves less: pulumi is not on the PATH. It needs no secrets. Compared with nothing.",
    "",
  ]);
  expect(code).toBe(0);
});
