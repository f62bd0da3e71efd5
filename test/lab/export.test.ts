/**
 * Decypharr alone, with its files exported over NFS. The lab's kernel has no NFS client, so the export is read
 * with a userspace one, over the Service's ClusterIP, as a node would read it.
 */
import type * as automation from "@pulumi/pulumi/automation";
import { productStack } from "../../lab/engine";
import { kube, onNode, tool } from "./tools";

const namespace = "export";
const left = { enabled: false, keepState: false };

/** A stack of its own beside the shipped one: other names, another folder of the node. */
const alone = (mode: "create" | "adopt"): Promise<automation.Stack> =>
  productStack(
    "homelab",
    {
      "media-homelab:namespace": { name: namespace, mode },
      "media-homelab:storage": { claims: mode },
      "media-homelab:ingress": { domain: "export" },
      "media-homelab:apps": {
        sonarr: left,
        radarr: left,
        prowlarr: left,
        profilarr: left,
        pulsarr: left,
        decypharr: { access: "nfs", hostPath: "/mnt/k8s/export", nfsClients: ["10.213.77.0/24"] },
      },
      "media-homelab:plex": left,
      "media-homelab:transcoding": { mode: "none", address: null },
      "media-homelab:gpu": { plugin: "reference" },
    },
    namespace,
  );

const inDecypharr = (...command: string[]) =>
  tool("kubectl", "exec", `--namespace=${namespace}`, "statefulset/decypharr", "--", ...command);

let stack: automation.Stack;

beforeAll(async () => {
  stack = await alone("create");
  await stack.up();
});

afterAll(async () => {
  await stack.destroy();
  // What the program retains on purpose.
  await tool("kubectl", "delete", "namespace", namespace);
  await tool(
    "kubectl",
    "delete",
    "persistentvolume",
    `${namespace}-media-library`,
    `${namespace}-transcode-cache`,
  );
});

test("serves Decypharr's files over NFS at the address that the volume names", async () => {
  const volume = await kube<{ spec: { nfs: { server: string; path: string } } }>(
    ...["get", "persistentvolume", `${namespace}-decypharr-dfs`],
  );
  const service = await kube<{ spec: { clusterIP: string } }>(
    ...["get", "service", "decypharr-nfs", `--namespace=${namespace}`],
  );
  expect(volume.spec.nfs).toEqual({ path: "/", readOnly: true, server: service.spec.clusterIP });

  await inDecypharr(
    "sh",
    "-c",
    "mkdir -p /app/content/__all__/Film && echo frames >/app/content/__all__/Film/Film.mkv",
  );
  const url = (path: string) =>
    `nfs://${volume.spec.nfs.server}${path}?version=3&nfsport=2049&mountport=2049&auto-traverse-mounts=0`;
  expect(await onNode("nfs-cat", url("/version.txt"))).toBe("stand-in");
  expect(await onNode("nfs-cat", url("/__all__/Film/Film.mkv"))).toBe("frames");
});

test("binds the claim of its readers to that volume and no other", async () => {
  const claim = await kube<{ status: { phase: string }; spec: { volumeName: string } }>(
    ...["get", "persistentvolumeclaim", "decypharr-dfs", `--namespace=${namespace}`],
  );
  expect(claim).toMatchObject({
    status: { phase: "Bound" },
    spec: { volumeName: `${namespace}-decypharr-dfs` },
  });
});

test("keeps a user's own settings when the pod is replaced", async () => {
  const edited = "sed -i 's/24h/48h/' /app/config.json && cat /app/config.json";
  const before = await inDecypharr("sh", "-c", edited);
  expect(before).toContain('"cache_expiry": "48h"');
  await tool("kubectl", "rollout", "restart", `--namespace=${namespace}`, "statefulset/decypharr");
  await tool(
    ...(["kubectl", "rollout", "status", `--namespace=${namespace}`] as const),
    ...["--timeout=120s", "statefulset/decypharr"],
  );
  expect(await inDecypharr("cat", "/app/config.json")).toBe(before);
});

test("comes back on its old claims after a destroy, once told to adopt them", async () => {
  const before = await inDecypharr("cat", "/app/config.json");
  await stack.destroy();
  const claims = await tool("kubectl", "get", "pvc", `--namespace=${namespace}`, "--output=name");
  expect(claims).toContain("config-decypharr");

  stack = await alone("adopt");
  await stack.up();
  expect(await inDecypharr("cat", "/app/config.json")).toBe(before);
  const { summary } = await stack.up();
  expect(Object.keys(summary.resourceChanges ?? {})).toEqual(["same"]);
});
