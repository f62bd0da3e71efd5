/** The job in each of its forms, as a real Nomad server reads it; the server is one of its own, with Vault switched on. */
import { spawn, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { labEnvironment } from "../../lab/engine";
import { planFiles } from "../../ops/plan";
import { freePort } from "../support/ports";
import { type Ended, run, scriptText, tempTree } from "../support/scripts";
import { nomadJobChecks } from "../../ops/checks/verify/nomad-job";
import { shippedStack } from "../support/stacks";
import { plannedStack, recordedWorld } from "../support/world";
import { until } from "./tools";

let server: ChildProcess;
let address: string;
let tools: string;

const nomad = (...args: string[]): Promise<Ended> =>
  run(["nomad", ...args], { PATH: tools, NOMAD_ADDR: address });

beforeAll(async () => {
  tools = labEnvironment().PATH ?? "";
  const [http, rpc, serf] = [await freePort(), await freePort(), await freePort()];
  address = `http://127.0.0.1:${http.toString()}`;
  const root = tempTree({ "data/": "" });
  // Nomad reads its settings as JSON, too.
  const settings = {
    data_dir: path.join(root, "data"),
    bind_addr: "127.0.0.1",
    advertise: { http: "127.0.0.1", rpc: "127.0.0.1", serf: "127.0.0.1" },
    ports: { http, rpc, serf },
    server: {
      enabled: true,
      bootstrap_expect: 1,
      default_scheduler_config: { memory_oversubscription_enabled: true },
    },
    // It is not asked for anything: only jobs that need one are accepted.
    vault: { enabled: true, default_identity: { aud: ["vault.io"], ttl: "1h" } },
  };
  const file = path.join(root, "agent.json");
  fs.writeFileSync(file, JSON.stringify(settings));
  server = spawn("nomad", ["agent", "-config", file], {
    env: { PATH: tools, HOME: root },
    stdio: "ignore",
  });
  await until(60, async () => {
    const leader = await fetch(`${address}/v1/status/leader`);
    expect([leader.status, await leader.text()]).toEqual([200, expect.stringMatching(/\d/)]);
  });
});

afterAll(() => {
  server.kill("SIGKILL");
});

interface Task {
  readonly Name: string;
  readonly Lifecycle: { readonly Hook: string; readonly Sidecar: boolean } | null;
  readonly Vault: { readonly Env: boolean; readonly DisableFile: boolean } | null;
  readonly User: string;
  readonly Config: Readonly<Record<string, unknown>>;
  readonly Env: Readonly<Record<string, string>> | null;
  readonly VolumeMounts:
    readonly { readonly Destination: string; readonly ReadOnly: boolean }[] | null;
  readonly Templates:
    readonly { readonly DestPath: string; readonly EmbeddedTmpl: string }[] | null;
}

interface Group {
  readonly Tasks: readonly Task[];
  readonly Services: readonly {
    readonly Name: string;
    readonly PortLabel: string;
    readonly Provider: string;
    readonly Connect: unknown;
  }[];
  readonly Networks: readonly {
    readonly DynamicPorts: readonly { readonly Label: string; readonly To: number }[] | null;
  }[];
  readonly Volumes: Readonly<Record<string, unknown>>;
}

const plain = { service: { provider: "nomad", mesh: false } };
const host = { volume: { kind: "host", source: "overseerr-config", plugin: null } };
const store = (changes: object) => ({
  replica: { endpoint: "http://10.0.0.9:9000", ...changes },
});
const variables = store({ keys: { from: "variable", path: null } });

/** What a patch on the shipped config makes of the job: whether the server accepts it, and how it reads it. */
async function job(overseerr: Readonly<Record<string, unknown>>): Promise<Group> {
  jest.spyOn(console, "warn").mockImplementation();
  const files = planFiles(await shippedStack("nomad", { overseerr }));
  const folder = tempTree(files);
  const args = [
    `-var-file=${path.join(folder, "overseerr.vars.hcl")}`,
    path.join(folder, "overseerr.nomad.hcl"),
  ];
  const validated = await nomad("job", "validate", ...args);
  expect(validated).toEqual({ code: 0, stdout: "Job validation successful\n", stderr: "" });
  const { stdout } = await nomad("job", "run", "-output", "-hcl2-strict=true", ...args);
  const { Job } = JSON.parse(stdout) as { Job: { TaskGroups: Group[] } };
  const [group] = Job.TaskGroups;
  if (!group) throw new Error("no group");
  // What it is in words stands in the checks a second time: they must not find fault with it.
  const world = recordedWorld(await plannedStack("nomad", { overseerr }), {
    nomad: { "/v1/job/overseerr": Job },
  });
  for (const check of nomadJobChecks)
    expect([check.id, (await check.run(world)).findings]).toEqual([check.id, undefined]);
  return group;
}

const named = ({ Tasks }: Group, name: string) => Tasks.find(({ Name }) => Name === name);
const ports = ({ Networks }: Group) =>
  (Networks[0]?.DynamicPorts ?? []).map(({ Label, To }) => `${Label}:${To.toString()}`);

describe("as shipped, with mesh, Vault and a CSI volume", () => {
  let group: Group;

  beforeAll(async () => {
    group = await job({});
  });

  it("has Litestream before and beside Overseerr", () => {
    expect(group.Tasks.map(({ Name, Lifecycle }) => [Name, Lifecycle])).toEqual([
      ["litestream-restore", { Hook: "prestart", Sidecar: false }],
      ["overseerr", null],
      ["litestream", { Hook: "poststart", Sidecar: true }],
    ]);
  });

  it("gives both of Litestream's tasks the keys from Vault, and Overseerr none", () => {
    for (const name of ["litestream-restore", "litestream"]) {
      const task = named(group, name);
      expect(task?.Vault).toMatchObject({ Env: false, DisableFile: true });
      const keys = task?.Templates?.find(({ DestPath }) => DestPath === "secrets/keys.env");
      expect(keys?.EmbeddedTmpl).toContain('{{ with secret "nomad/default/overseerr" }}');
    }
    expect(named(group, "overseerr")).toMatchObject({ Vault: null, Templates: null });
  });

  it("hands script and settings over as they are", () => {
    const texts = Object.fromEntries(
      (named(group, "litestream-restore")?.Templates ?? []).map((each) => [
        each.DestPath,
        each.EmbeddedTmpl,
      ]),
    );
    expect(texts["local/restore.sh"]).toBe(scriptText("components/nomad/overseerr/restore.sh"));
    expect(texts["local/litestream.yml"]).toBe(
      scriptText("components/nomad/overseerr/litestream.yml"),
    );
  });

  it("is reached through the mesh only, but for Litestream's figures", () => {
    expect(ports(group)).toEqual(["metrics:9090"]);
    expect(group.Services).toMatchObject([
      {
        Name: "overseerr",
        PortLabel: "5055",
        Provider: "consul",
        Connect: {
          SidecarService: { Proxy: { TransparentProxy: { ExcludeInboundPorts: ["9090"] } } },
          // In nanoseconds.
          SidecarTask: { ShutdownDelay: 20_000_000_000 },
        },
      },
      { Name: "overseerr-litestream", PortLabel: "metrics", Provider: "consul", Connect: null },
    ]);
  });

  it("has the database only where the restore has made its folder: Docker makes none for a mount", () => {
    expect(named(group, "overseerr")?.Config).toMatchObject({
      volumes: [],
      mounts: [{ type: "bind", source: "../alloc/data/db", target: "/app/config/db" }],
    });
  });

  it("lets what runs beside Overseerr read its settings, and nothing more", () => {
    expect(named(group, "litestream")?.VolumeMounts).toMatchObject([
      { Volume: "config", Destination: "/config", ReadOnly: true },
    ]);
  });

  it("has the settings on the CSI volume", () => {
    expect(group.Volumes.config).toMatchObject({
      Type: "csi",
      Source: "glusterfs_overseerr_config",
      AccessMode: "single-node-writer",
      AttachmentMode: "file-system",
    });
  });
});

it("passes by the mesh's proxy to the networks it is told", async () => {
  const service = { directNetworks: ["192.168.1.0/24", "10.0.0.0/8"] };
  const { Services } = await job({ service });
  expect(Services[0]?.Connect).toMatchObject({
    SidecarService: {
      Proxy: { TransparentProxy: { ExcludeOutboundCIDRs: ["192.168.1.0/24", "10.0.0.0/8"] } },
    },
  });
});

it("does without the mesh", async () => {
  const group = await job({ service: { mesh: false }, ...store({}) });
  expect(ports(group)).toEqual(["http:5055", "metrics:9090"]);
  expect(group.Services.map(({ Connect }) => Connect)).toEqual([null, null]);
  expect(named(group, "litestream")?.Vault).not.toBeNull();
});

it("does without Vault", async () => {
  const group = await job({ ...plain, ...variables });
  for (const name of ["litestream-restore", "litestream"]) {
    const task = named(group, name);
    expect(task?.Vault).toBeNull();
    const keys = task?.Templates?.find(({ DestPath }) => DestPath === "secrets/keys.env");
    expect(keys?.EmbeddedTmpl).toContain('{{ with nomadVar "nomad/jobs/overseerr" }}');
  }
});

it("does without a CSI plugin", async () => {
  expect((await job({ ...plain, ...variables, ...host })).Volumes.config).toMatchObject({
    Type: "host",
    Source: "overseerr-config",
  });
});

it("does without a replica", async () => {
  const group = await job({ ...plain, ...host, replica: null });
  expect(group.Tasks.map(({ Name }) => Name)).toEqual(["overseerr"]);
  expect(group.Services.map(({ Name, Provider }) => [Name, Provider])).toEqual([
    ["overseerr", "nomad"],
  ]);
  expect(ports(group)).toEqual(["http:5055"]);
  expect(named(group, "overseerr")?.Config).toMatchObject({
    volumes: ["../alloc/data/db:/app/config/db"],
    mounts: [],
  });
});

it("is Seerr as its own user, and Litestream works as the same", async () => {
  const group = await job({ app: "seerr" });
  expect(named(group, "overseerr")?.User).toBe("1000:1000");
  expect(named(group, "litestream")?.User).toBe("1000:1000");
  expect(named(group, "litestream-restore")?.User).toBe("");
  expect(named(group, "litestream-restore")?.Env).toMatchObject({ OWNER: "1000:1000" });
});
