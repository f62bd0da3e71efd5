import * as path from "node:path";
import type * as automation from "@pulumi/pulumi/automation";
import { productStack } from "../../lab/engine";
import { tool } from "./tools";

interface Allocation {
  readonly ID: string;
  readonly ClientStatus: string;
  readonly DeploymentStatus: { readonly Healthy: boolean } | null;
  readonly AllocatedResources: {
    readonly Shared: { readonly Ports: { readonly Value: number; readonly HostIP: string }[] };
  };
}

let stack: automation.Stack;

const nomad = async <T>(route: string) =>
  JSON.parse(await tool("nomad", "operator", "api", "-X", "GET", route)) as T;

async function allocation(): Promise<Allocation> {
  const all = await nomad<Allocation[]>("/v1/job/overseerr/allocations");
  const [running, ...others] = all.filter(({ ClientStatus }) => ClientStatus === "running");
  expect(others).toEqual([]);
  return nomad<Allocation>(`/v1/allocation/${running?.ID ?? "none"}`);
}

async function overseerr(route: string): Promise<unknown> {
  const [port] = (await allocation()).AllocatedResources.Shared.Ports;
  const address = `http://${port?.HostIP ?? ""}:${String(port?.Value)}${route}`;
  return JSON.parse(await tool("curl", "--silent", "--fail", "--max-time", "10", address));
}

beforeAll(async () => {
  stack = await productStack("nomad");
  await stack.up();
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
  const exec = (...command: string[]) =>
    tool("nomad", "alloc", "exec", "-task=overseerr", ID, ...command);
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
  const apiKey = async () => {
    const { ID } = await allocation();
    return tool(
      "nomad",
      "alloc",
      "exec",
      "-task=overseerr",
      ID,
      "cat",
      "/app/config/settings.json",
    );
  };
  const before = await apiKey();
  await stack.destroy();
  expect(await tool("nomad", "operator", "api", "-X", "GET", "/v1/job/overseerr")).toBe(
    "job not found",
  );
  await stack.up();
  expect(await apiKey()).toBe(before);
});
