import * as fs from "node:fs";
import * as path from "node:path";
import type * as automation from "@pulumi/pulumi/automation";
import { labEnvironment, productStack } from "../../lab/engine";
import { kube, throughIngress, tool } from "./tools";

interface Pod {
  readonly metadata: { readonly name: string };
  readonly status: { readonly conditions: { readonly type: string; readonly status: string }[] };
}

let stack: automation.Stack;
let outputs: automation.OutputMap;
const apiKey = () => (outputs.secrets?.value as { sonarrApiKey: string }).sonarrApiKey;

const sonarrPods = () =>
  kube<{ items: Pod[] }>(
    "get",
    "pods",
    "--namespace=media",
    "--selector=app.kubernetes.io/name=sonarr",
  );

beforeAll(async () => {
  stack = await productStack("homelab");
  ({ outputs } = await stack.up());
});

test("a second up changes nothing", async () => {
  const { summary } = await stack.up();
  expect(Object.keys(summary.resourceChanges ?? {})).toEqual(["same"]);
});

test("a refresh finds nothing that the program did not ask for", async () => {
  const { summary } = await stack.refresh();
  expect(Object.keys(summary.resourceChanges ?? {})).toEqual(["same"]);
});

test("brings up exactly one Sonarr, ready", async () => {
  const { items } = await sonarrPods();
  expect(items).toHaveLength(1);
  expect(items[0]?.status.conditions).toContainEqual(
    expect.objectContaining({ type: "Ready", status: "True" }),
  );
});

test("serves Sonarr through the ingress controller's LoadBalancer address, from MetalLB's pool", async () => {
  expect(outputs.urls?.value).toEqual({ sonarr: "http://sonarr.homelab" });
  expect(await throughIngress("sonarr.homelab", "/ping")).toEqual({
    status: 200,
    body: '{"status": "OK"}',
  });
  expect((await throughIngress("other.homelab", "/ping")).status).toBe(404);
  const ingress = await kube<{ status: { loadBalancer: { ingress: { ip: string }[] } } }>(
    "get",
    "ingress",
    "sonarr",
    "--namespace=media",
  );
  expect(ingress.status.loadBalancer.ingress[0]?.ip).toMatch(/^10\.213\.78\./);
});

test("injects the generated API key: Sonarr takes it and refuses another", async () => {
  const status = "/api/v3/system/status";
  const right = await throughIngress("sonarr.homelab", status, {
    headers: { "X-Api-Key": apiKey() },
  });
  expect(right.status).toBe(200);
  expect(JSON.parse(right.body)).toMatchObject({ appName: "Sonarr", authentication: "external" });
  const wrong = await throughIngress("sonarr.homelab", status, { headers: { "X-Api-Key": "0" } });
  expect(wrong.status).toBe(401);
});

test("answers at its Service's name inside the cluster", async () => {
  const answer = await tool(
    ...(["kubectl", "exec", "--namespace=media", "deployment/sonarr", "--"] as const),
    ...["curl", "--silent", "--max-time", "10", "http://sonarr.media.svc.cluster.local:8989/ping"],
  );
  expect(answer).toBe('{"status": "OK"}');
});

test("keeps Sonarr's state on its claim when the pod is replaced", async () => {
  const headers = { "X-Api-Key": apiKey() };
  const folder = "/api/v3/rootfolder";
  const before = await throughIngress("sonarr.homelab", folder, { headers });
  if (before.body === "[]") {
    const added = await throughIngress("sonarr.homelab", folder, {
      headers,
      body: { path: "/config" },
    });
    expect(added.status).toBe(201);
  }
  const [old] = (await sonarrPods()).items;
  await tool("kubectl", "delete", "pod", "--namespace=media", old?.metadata.name ?? "");
  await tool(
    ...(["kubectl", "wait", "--namespace=media", "--for=condition=Available"] as const),
    ...["--timeout=120s", "deployment/sonarr"],
  );
  const [fresh] = (await sonarrPods()).items;
  expect(fresh?.metadata.name).not.toBe(old?.metadata.name);
  const after = await throughIngress("sonarr.homelab", folder, { headers });
  expect(JSON.parse(after.body)).toEqual([{ id: 1, path: "/config", accessible: true }]);
});

test("the API key stands nowhere in clear: not in the state on disk, not in what up prints", async () => {
  const { stdout } = await stack.up();
  expect(apiKey()).toMatch(/^[0-9a-f]{32}$/);
  const forms = [apiKey(), Buffer.from(apiKey()).toString("base64")];
  const folder = path.join(labEnvironment().LAB_WORLD ?? "", "pulumi", "state");
  const files = fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(0);
  for (const form of forms) {
    expect(stdout.includes(form)).toBe(false);
    // Not toContain: a failure must not print the state.
    const leaks = files.filter((file) =>
      fs.readFileSync(path.join(file.parentPath, file.name), "utf8").includes(form),
    );
    expect(leaks.map((file) => file.name)).toEqual([]);
  }
});

test("a preview on an empty state touches nothing", async () => {
  const name = "preview-only";
  const empty = await productStack("homelab", { "media-homelab:namespace": { name } });
  await empty.preview();
  await expect(tool("kubectl", "get", "namespace", name)).rejects.toThrow("NotFound");
});
