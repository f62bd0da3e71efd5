/** `npm run verify -- homelab --drill` as it is typed, on a cluster of two storage nodes that lies in files. */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { stringify } from "yaml";
import { expectedObjects } from "../../ops/checks/expected";
import { mergePatch, projectName, stackFileValues } from "../../ops/stack-file";
import { healthyObjects, items, node, nodes } from "../support/cluster";
import { scriptText, tempTree, type Ended } from "../support/scripts";
import { plannedStack, recordedWorld } from "../support/world";

const project = path.join(__dirname, "../..");

/** One app that keeps nothing of a debrid account's, so that a verification has little to ask. */
const off = { enabled: false };
const patch = {
  apps: { sonarr: off, radarr: off, prowlarr: off, pulsarr: off, decypharr: off },
  plex: off,
  transcoding: { mode: "none", workers: null, address: null },
  gpu: null,
};

const storage = { key: "node.longhorn.io/storage", value: "enabled", effect: "NoSchedule" };
const w2 = node("k3s-w2", { "node.longhorn.io/storage": "enabled" }, storage);
const cordoned = { ...nodes.w1, spec: { ...nodes.w1.spec, unschedulable: true } };

type Named = Readonly<Record<string, unknown>>;
const listed = (objects: Named) =>
  Object.fromEntries(
    Object.entries(objects).map(([words, answer]) => [
      words.replaceAll(/[ /]/g, "_"),
      JSON.stringify(answer),
    ]),
  );
const below = (folder: string, objects: Named) =>
  Object.fromEntries(
    Object.entries(listed(objects)).map(([name, text]) => [`${folder}/${name}`, text]),
  );

let server: http.Server;
let healthy: Record<string, unknown>;

beforeAll(async () => {
  // The ingress controller, and the app behind it.
  server = http.createServer((_, response) => response.end("<title>Profilarr</title>"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port.toString()}`;
  const stack = await plannedStack("homelab", patch);
  const objects = healthyObjects(await expectedObjects(recordedWorld(stack, {})));
  healthy = {
    ...(JSON.parse(JSON.stringify(objects).replaceAll("192.168.100.100", address)) as Named),
    nodes: items(nodes.w1, w2),
  };
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** A folder with the stack's file, the programs and the cluster, changed by `answers`. */
function world(answers: Named = {}): string {
  const values = mergePatch(
    stackFileValues("Pulumi.homelab.yaml"),
    Object.fromEntries(
      Object.entries(patch).map(([key, value]) => [`${projectName()}:${key}`, value]),
    ),
  );
  const elsewhere = JSON.parse(
    JSON.stringify(healthy["pods --all-namespaces"]).replaceAll("k3s-w1", "k3s-w2"),
  ) as unknown;
  const folder = tempTree({
    "Pulumi.homelab.yaml": stringify({ config: values }),
    "bin/kubectl": scriptText("test/support/programs/kubectl.sh"),
    "bin/pulumi": scriptText("test/support/programs/pulumi.sh"),
    ...below("answers", { ...healthy, ...answers }),
    ...below("closed", { nodes: items(cordoned, w2) }),
    ...below("away", { "pods --all-namespaces": items() }),
    ...below("moved", { "pods --all-namespaces": elsewhere }),
    ...below("open", { nodes: items(nodes.w1, w2) }),
  });
  for (const program of ["kubectl", "pulumi"])
    fs.chmodSync(path.join(folder, "bin", program), 0o755);
  return folder;
}

const calls = (folder: string) => {
  const file = path.join(folder, "calls");
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8").trimEnd().split("\n") : [];
};

function start(folder: string, args: readonly string[], env: Record<string, string> = {}) {
  const register = path.join(project, "node_modules/sucrase/register");
  const command = ["-r", register, path.join(project, "ops/verify.ts"), "homelab", ...args];
  const child = spawn(process.execPath, command, {
    cwd: folder,
    env: { PATH: `${folder}/bin:${process.env.PATH ?? ""}`, CLUSTER: folder, ...env },
  });
  return { child, ended: endOf(child) };
}

function endOf(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  const said = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said.stderr += text));
  return new Promise((resolve) => {
    child.on("close", (code) => {
      resolve({ code, ...said });
    });
  });
}

const run = (folder: string, args: readonly string[], env: Record<string, string> = {}) => {
  const { child, ended } = start(folder, args, env);
  child.stdin.end();
  return ended;
};

interface Report {
  readonly failures: number;
  readonly checks: readonly {
    readonly id: string;
    readonly status: string;
    readonly said: string;
    readonly blockedBy?: string;
    readonly findings: readonly { readonly found: string }[];
  }[];
}

const drilled = ({ stdout }: Ended) =>
  (JSON.parse(stdout) as Report).checks.filter(({ id }) => id.startsWith("drill/"));
const statuses = (ended: Ended) =>
  Object.fromEntries(drilled(ended).map(({ id, status }) => [id, status]));

const drain = /^drain k3s-w1 --ignore-daemonsets --delete-emptydir-data --timeout=\d+s$/;

test("a node is drained and given back, and each app's seconds are told", async () => {
  const folder = world();
  const ended = await run(folder, ["--drill", "--yes", "--json"]);
  expect({ code: ended.code, said: statuses(ended) }).toEqual({
    code: 0,
    said: {
      "drill/evicted": "ok",
      "drill/back": "ok",
      "drill/uncordoned": "ok",
      "drill/green": "ok",
    },
  });
  expect(drilled(ended).find(({ id }) => id === "drill/back")?.said).toMatch(
    /^profilarr after [1-9]\d* s$/,
  );
  expect(ended.stderr).toContain("The drill drains k3s-w1");
  expect(ended.stderr).toMatch(/\d+ s {2}profilarr is away\n/);
  expect(ended.stderr).toMatch(/\d+ s {2}profilarr serves from k3s-w2, [1-9]\d* s away\n/);
  expect(calls(folder)).toEqual([expect.stringMatching(drain), "uncordon k3s-w1"]);
});

test("a node that is asked for is the one", async () => {
  const folder = world();
  const ended = await run(folder, ["--drill", "--yes", "--node", "k3s-w2", "--json"]);
  expect(ended.code).toBe(1);
  expect(statuses(ended)).toEqual({ "drill/possible": "failure" });
  expect(drilled(ended)[0]?.findings[0]?.found).toBe("k3s-w2, where nothing of the stack runs");
  expect(calls(folder)).toEqual([]);
});

test("without anybody to ask nothing is touched", async () => {
  const folder = world();
  const { code, stdout, stderr } = await run(folder, ["--drill"]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain("The drill drains k3s-w1");
  expect(stderr).toContain(
    "nobody is here to be asked, so nothing was touched\n    fix: add --yes",
  );
  expect(stderr).not.toMatch(/^ {4}at /m);
  expect(calls(folder)).toEqual([]);
});

test("where something is red nothing is touched", async () => {
  const folder = world({ "endpointslices --all-namespaces": items() });
  const ended = await run(folder, ["--drill", "--yes", "--json"]);
  expect(ended.code).toBe(1);
  expect(drilled(ended)).toMatchObject([
    { id: "drill/possible", status: "blocked", blockedBy: "arr/endpoints" },
  ]);
  expect(ended.stderr).toContain("no drill: nothing was touched");
  expect(calls(folder)).toEqual([]);
});

test("with one node that can take the pods nothing is touched, and it is said why", async () => {
  const folder = world({ nodes: items(nodes.w1) });
  const ended = await run(folder, ["--drill", "--yes"]);
  expect(ended.code).toBe(1);
  expect(ended.stdout).toMatch(/^✗ drill\/possible +nothing is red, and there is a node/m);
  expect(ended.stdout).toContain(
    "k3s-w1: found only it can run profilarr (there is no other node), expected another node that takes them over",
  );
  expect(calls(folder)).toEqual([]);
});

test("a drain that is refused is told, and the node is given back", async () => {
  const folder = world();
  const ended = await run(folder, ["--drill", "--yes", "--json"], { DRAIN: "refused" });
  expect(ended.code).toBe(1);
  expect(statuses(ended)).toEqual({
    "drill/evicted": "failure",
    "drill/back": "blocked",
    "drill/links": "blocked",
    "drill/uncordoned": "ok",
    "drill/green": "ok",
  });
  expect(drilled(ended)[0]?.findings[0]?.found).toContain("Cannot evict pod");
  expect(calls(folder).at(-1)).toBe("uncordon k3s-w1");
});

test.each(["SIGTERM", "SIGINT"] as const)(
  "broken off by %s it gives the node back first",
  async (signal) => {
    const folder = world();
    const { child, ended } = start(folder, ["--drill", "--yes"], { DRAIN: "hangs" });
    child.stdin.end();
    // Where it stands still, the node is closed and nobody has left.
    while (calls(folder).length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill(signal);
    const { code, stderr } = await ended;
    expect(calls(folder)).toEqual([expect.stringMatching(drain), "uncordon k3s-w1"]);
    expect(code).toBe(1);
    expect(stderr).toContain(`broken off by ${signal}; k3s-w1 takes pods again`);
    expect(stderr).not.toMatch(/^ {4}at /m);
  },
);

test.each([
  ["--yes"],
  ["--node", "k3s-w1"],
  ["--drill", "--active"],
  ["--drill", "--only", "arr"],
  ["--drill", "--json", "--markdown"],
])("what makes no sense is told as such: %s", async (...args) => {
  const folder = world();
  const { code, stderr } = await run(folder, args);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^usage: npm run verify .*\n {7}npm run verify -- <stack> --drill/);
  expect(calls(folder)).toEqual([]);
});
