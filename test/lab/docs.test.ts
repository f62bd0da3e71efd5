/**
 * Runs what the pages have people type where a block is marked `sh lab`: in a copy of this checkout, with a home, a backend
 * and an age key of its own, so that neither the lab's stacks nor anything of the machine's user is touched.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { labEnvironment } from "../../lab/engine";
import { pages, parsePage, project } from "../support/docs";
import { run, tempTree, well, type Ended } from "../support/scripts";

/** Not copied: what belongs to the checkout alone, and what a reader makes. */
const left = ["node_modules", ".git", "plan", "reports"];

const home = tempTree({ "checkout/": "", "state/": "" });
const checkout = path.join(home, "checkout");

function typed(text: string): Promise<Ended> {
  const env = {
    ...labEnvironment(),
    HOME: home,
    PULUMI_BACKEND_URL: `file://${home}/state`,
    SOPS_AGE_KEY_FILE: path.join(home, ".config/sops/age/keys.txt"),
  };
  return run(["bash", "-euo", "pipefail", "-c", `cd '${checkout}'\n${text}`], env);
}

beforeAll(async () => {
  fs.cpSync(project, checkout, {
    recursive: true,
    filter: (file) => {
      const name = path.relative(project, file);
      return !left.includes(name) && !name.endsWith(".sops.yaml");
    },
  });
  fs.symlinkSync(
    fs.realpathSync(path.join(project, "node_modules")),
    path.join(checkout, "node_modules"),
  );
  // As a reader has done it in an editor.
  well(await typed("npm run secrets -- init homelab --from lab/secrets/homelab.yaml"));
});

const marked = pages().flatMap((page) =>
  parsePage(page)
    .blocks.filter(({ language, mark }) => language === "sh" && mark === "lab")
    .map(({ line, text }) => ({ at: `${page}:${line.toString()}`, text })),
);

test("there are such blocks", () => {
  expect(marked).not.toEqual([]);
});

test.each(marked)("$at does what it says", async ({ text }) => {
  well(await typed(text));
});
