import * as fs from "node:fs";
import * as path from "node:path";
import { run, tempTree } from "../../../support/scripts";

const script = path.join(__dirname, "../../../../components/apps/decypharr/wait-for-dfs.sh");

const wait = (folder: string, limit = "1") => run(["sh", script], { DFS: folder, LIMIT: limit });

it("lets the app start at once where the file system is there, each time", async () => {
  const folder = tempTree({ "version.txt": "v2.4\n" });
  const there = { code: 0, stdout: `${folder} is there: v2.4\n`, stderr: "" };
  expect(await wait(folder, "0")).toEqual(there);
  expect(await wait(folder, "0")).toEqual(there);
});

it("lets the app start as soon as the file system appears", async () => {
  const folder = path.join(tempTree({}), "debrid");
  const waiting = wait(folder, "60");
  setTimeout(() => {
    fs.mkdirSync(folder);
    fs.writeFileSync(path.join(folder, "version.txt"), "v2.4\n");
  }, 200);
  expect(await waiting).toEqual({
    code: 0,
    stdout: `waiting for Decypharr's file system at ${folder}, 0 of 60 s\n${folder} is there: v2.4\n`,
    stderr: "",
  });
});

it("gives up in time on a folder that stays empty, and says what to do", async () => {
  const folder = tempTree({});
  const started = Date.now();
  const { code, stderr } = await wait(folder);
  expect(Date.now() - started).toBeLessThan(10_000);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: [
      `waited 1 s in vain for ${folder}/version.txt: Decypharr does not provide its file system`,
      "see: kubectl logs statefulset/decypharr\n",
    ].join("\n"),
  });
});

it.each(["DFS", "LIMIT"])("asks for %s", async (variable) => {
  const env = { DFS: "/nowhere", LIMIT: "0", [variable]: "" };
  const { code, stderr } = await run(["sh", script], env);
  expect(code).toBe(2);
  expect(stderr).toContain(variable);
});
