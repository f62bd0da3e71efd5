import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { pathWith, run, tempTree } from "../../../support/scripts";

const script = path.join(__dirname, "../../../../components/apps/decypharr/dfs-alive.sh");
const alive = { code: 0, stdout: "", stderr: "" };

/** An app that is well under /ping and ill elsewhere. */
const app = http.createServer(({ url }, response) => {
  response.writeHead(url === "/ping" ? 200 : 503).end("{}");
});
let base = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(app.address() as AddressInfo).port.toString()}`;
});
afterAll(() => app.close());

const ask = (folder: string, url = `${base}/ping`, env: Record<string, string> = {}) =>
  run(["sh", script, url], { DFS: folder, ...env });

it("is content with an app that answers and a mount that can be read, each time", async () => {
  const folder = tempTree({});
  expect(await ask(folder)).toEqual(alive);
  expect(await ask(folder)).toEqual(alive);
});

it("does not blame the app for a file system that is absent", async () => {
  expect(await ask("/nowhere/at/all")).toEqual(alive);
});

it("notices an app that is ill", async () => {
  const { code, stderr } = await ask(tempTree({}), `${base}/ill`);
  expect(code).not.toBe(0);
  expect(stderr).toContain("503");
});

it("notices an app that does not answer", async () => {
  const { code, stderr } = await ask(tempTree({}), "http://127.0.0.1:1/ping");
  expect(code).not.toBe(0);
  expect(stderr).toContain("curl: (7)");
});

it.each([
  "Transport endpoint is not connected", // glibc
  "Socket not connected", // musl
  "Stale file handle",
  "Input/output error", // glibc
  "I/O error", // musl
])("asks for a new container when its mount says: %s", async (trouble) => {
  const env = { PATH: pathWith("stat"), TROUBLE: trouble };
  expect(await ask("/pool/debrid", undefined, env)).toEqual({
    code: 1,
    stdout: "",
    stderr: `stat: cannot stat '/pool/debrid': ${trouble}: this mount is dead, a new container gets the living one\n`,
  });
});

it("takes no other trouble for a dead mount", async () => {
  const env = { PATH: pathWith("stat"), TROUBLE: "Permission denied" };
  expect(await ask("/pool/debrid", undefined, env)).toEqual(alive);
});

it("does not blame the app for a mount that lets everybody wait", async () => {
  const env = { PATH: pathWith("stat"), TROUBLE: "hanging", PATIENCE: "1" };
  expect(await ask("/pool/debrid", undefined, env)).toEqual(alive);
});

it("asks for the folder", async () => {
  const { code, stderr } = await ask("");
  expect(code).toBe(2);
  expect(stderr).toContain("DFS: folder of the file system");
});
