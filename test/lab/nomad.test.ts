import * as fs from "node:fs";
import * as path from "node:path";
import type * as automation from "@pulumi/pulumi/automation";
import { labEnvironment, productStack } from "../../lab/engine";
import {
  allocation,
  allocations,
  inTask,
  overseerr,
  replicated,
  request,
  requests,
  restoreLog,
  wipeDisk,
} from "./overseerr";
import { onNode, tool, until } from "./tools";

let stack: automation.Stack;

beforeAll(async () => {
  stack = await productStack("nomad");
  await stack.up();
});

afterAll(async () => {
  await stack.destroy();
});

test("a second up changes nothing", async () => {
  const { summary } = await stack.up();
  expect(Object.keys(summary.resourceChanges ?? {})).toEqual(["same"]);
});

test("up has waited until the allocation is healthy", async () => {
  expect((await allocation()).DeploymentStatus?.Healthy).toBe(true);
});

test("Overseerr answers at the port that Nomad mapped to 5055", async () => {
  expect(await overseerr("/api/v1/settings/public")).toEqual({ initialized: false });
});

test("the settings lie on the volume, the database on the allocation's disk", async () => {
  const { ID } = await allocation();
  const exec = (...command: string[]) => inTask("overseerr", ...command);
  expect(await exec("ls", "/app/config")).toBe("db\nsettings.json");
  const database = await exec("stat", "--format=%d", "/app/config/db/db.sqlite3");
  expect(database).toBe(await exec("stat", "--format=%d", "/alloc/data/db"));
  const files = await tool("nomad", "alloc", "fs", ID, "alloc/data/db");
  expect(files).toContain("db.sqlite3");
});

test("the job file is formatted and valid for Nomad itself", async () => {
  const folder = path.join(__dirname, "../../components/nomad");
  await tool("nomad", "fmt", "-check", folder);
});

test("destroyed, the job is gone from Nomad; the next up brings it back with its settings", async () => {
  const apiKey = () => inTask("overseerr", "cat", "/app/config/settings.json");
  const before = await apiKey();
  await stack.destroy();
  expect(await tool("nomad", "operator", "api", "-X", "GET", "/v1/job/overseerr")).toBe(
    "job not found",
  );
  await stack.up();
  expect(await apiKey()).toBe(before);
});

describe("the replica", () => {
  /** Takes the allocation's disk away, and has Nomad make another. */
  async function loseDisk(): Promise<string> {
    const ID = await wipeDisk();
    await tool("nomad", "alloc", "stop", "-detach", ID);
    return ID;
  }

  test("brings the database back after its disk was lost", async () => {
    await request();
    const count = await requests();
    await replicated(count);
    const lost = await loseDisk();
    await until(120, async () => {
      expect((await allocation()).ID).not.toBe(lost);
      expect(await requests()).toBe(count);
    });
    expect(await restoreLog((await allocation()).ID)).toContain("restored the replica at position");
  });

  test("that can't be read starts no empty Overseerr, and is what it was afterwards", async () => {
    await request();
    const count = await requests();
    await replicated(count);
    const before = await allocations();
    const earlier = new Set(before.map(({ ID }) => ID));
    await onNode("supervisorctl", "stop", "minio");
    await loseDisk();
    await until(120, async () => {
      const all = await allocations();
      const next = all.find(({ ID }) => !earlier.has(ID));
      expect(await restoreLog(next?.ID ?? "none", "-stderr")).toContain(
        "✗ the replica can't be read",
      );
    });
    const all = await allocations();
    const started = all.filter(({ ID }) => !earlier.has(ID));
    expect(started.length).toBeGreaterThan(0);
    for (const { TaskStates } of started)
      expect(TaskStates.overseerr?.StartedAt ?? null).toBeNull();
    await onNode("supervisorctl", "start", "minio");
    await until(240, async () => {
      expect(await requests()).toBe(count);
    });
  });

  test("has its keys from a variable of Nomad's, which stand in clear nowhere else", async () => {
    const canary = "canary-store-secret";
    expect(await tool("nomad", "var", "get", "-out=json", "nomad/jobs/overseerr")).toContain(
      canary,
    );
    expect(await tool("nomad", "job", "inspect", "overseerr")).not.toContain(canary);
    const { LAB_WORLD = "" } = labEnvironment();
    const state = path.join(LAB_WORLD, "pulumi/state/.pulumi/stacks/media-homelab/nomad.json");
    expect(fs.readFileSync(state, "utf8")).not.toContain(canary);
  });
});
