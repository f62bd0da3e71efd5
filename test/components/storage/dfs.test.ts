import type { PodSpec } from "../../../components/kubernetes/pod";
import { exec, httpGet } from "../../../components/kubernetes/probes";
import { linuxserver } from "../../../components/kubernetes/security";
import { readsDfs, type Dfs } from "../../../components/storage/dfs";
import { dfs, site, stateMount } from "../../support/sites";

const step = {
  image: "example/step:1.0.0",
  security: linuxserver(site.identity),
  mounts: {},
  resources: { requests: { cpu: "1m", memory: "1Mi" }, limits: { cpu: "2m", memory: "2Mi" } },
};

const spec: PodSpec = {
  ...step,
  image: "example/app:1.2.3",
  placement: { nodes: "storage" },
  ports: { http: 8080 },
  health: httpGet("/ping"),
  mounts: { "/config": stateMount },
  env: { MODE: "test" },
};

const mounts = { "/pool/debrid": dfs.mount, "/opt/dfs": dfs.scripts };

it("leaves an app as it is without Decypharr", () => {
  expect(readsDfs(spec, "http://127.0.0.1:8080/ping", undefined)).toEqual(spec);
});

it("mounts the file system, waits for it and lives as long as its mount", () => {
  expect(readsDfs(spec, "http://127.0.0.1:8080/ping", dfs)).toEqual({
    ...spec,
    placement: { nodes: "storage", streaming: "preferred" },
    mounts: { "/config": stateMount, ...mounts },
    steps: {
      "wait-for-dfs": {
        image: "example/app:1.2.3",
        security: spec.security,
        command: ["sh", "/opt/dfs/wait-for-dfs.sh"],
        env: { DFS: "/pool/debrid", LIMIT: "540" },
        mounts,
        resources: spec.resources,
      },
    },
    env: { MODE: "test", DFS: "/pool/debrid" },
    liveness: exec("sh", "/opt/dfs/dfs-alive.sh", "http://127.0.0.1:8080/ping"),
    patienceSeconds: 60,
  });
});

it("waits before the app's own steps", () => {
  const waiting = readsDfs({ ...spec, steps: { prepare: step } }, "http://127.0.0.1", dfs);
  expect(Object.keys(waiting.steps)).toEqual(["wait-for-dfs", "prepare"]);
});

it.each<[PodSpec["placement"]["nodes"], Dfs["nearness"], PodSpec["placement"]]>([
  ["storage", "required", { nodes: "storage", streaming: "required" }],
  ["gpu-and-storage", "preferred", { nodes: "gpu-and-storage", streaming: "preferred" }],
  ["gpu-and-storage", "required", { nodes: "gpu-and-storage", streaming: "required" }],
  ["gpu", "preferred", { nodes: "gpu" }],
])("on %s nodes, being near is %s", (nodes, nearness, placement) => {
  const placed = readsDfs({ ...spec, placement: { nodes } }, "http://127.0.0.1", {
    ...dfs,
    nearness,
  });
  expect(placed.placement).toEqual(placement);
});
