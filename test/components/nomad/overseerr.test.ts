import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { images } from "../../../components/images";
import { Overseerr, type OverseerrArgs, type Replica } from "../../../components/nomad/overseerr";
import { record, type Recording } from "../../../ops/recorder";
import { children, only } from "../../support/children";

const folder = path.join(__dirname, "..", "..", "..", "components", "nomad");
const text = (file: string) => fs.readFileSync(path.join(folder, file), "utf8");
const jobspec = text("overseerr.nomad.hcl");

const args: OverseerrArgs = {
  app: "overseerr",
  host: "requests.test",
  datacenters: ["cellar", "rack-*"],
  timezone: "Europe/Berlin",
  volume: { kind: "host", source: "test-volume" },
  service: { provider: "nomad", mesh: false, directNetworks: [] },
};

const replica: Replica = {
  endpoint: "http://store.test:9000",
  bucket: "requests",
  path: "state/db",
  region: "eu-west-1",
  keys: { from: "vault", path: "kv/test/overseerr" },
  allowEmptyBootstrap: false,
  syncSeconds: 7,
  snapshotHours: 12,
  retentionHours: 96,
};

const vars = {
  image: images.overseerr,
  owner: "0:0",
  init: "false",
  host: "requests.test",
  datacenters: "cellar,rack-*",
  timezone: "Europe/Berlin",
  volume_type: "host",
  volume_source: "test-volume",
  service_provider: "nomad",
  mesh: "false",
  direct_networks: "",
};

const replicaVars = {
  litestream_image: images.litestream,
  litestream_config: text("overseerr/litestream.yml"),
  restore_script: text("overseerr/restore.sh"),
  replica_endpoint: "http://store.test:9000",
  replica_bucket: "requests",
  replica_path: "state/db",
  replica_region: "eu-west-1",
  replica_keys: "vault",
  replica_keys_path: "kv/test/overseerr",
  sync_seconds: "7",
  snapshot_hours: "12",
  retention_hours: "96",
  allow_empty: "false",
};

const recorded = (changes: Partial<OverseerrArgs> = {}): Promise<Recording> =>
  record(() => {
    const { url, image, replicaUrl } = new Overseerr("overseerr", { ...args, ...changes });
    return { url, image, replicaUrl };
  });

const jobOf = (recording: Recording) => only(recording, "nomad:index/job:Job");
const varsOf = async (changes: Partial<OverseerrArgs>) =>
  (jobOf(await recorded(changes)).inputs.hcl2 as { vars: Record<string, string> }).vars;

it("is one job that is waited for and leaves its name free; nothing else was created", async () => {
  expect(children(await recorded())).toEqual([
    {
      type: "nomad:index/job:Job",
      name: "overseerr",
      inputs: { jobspec, hcl2: { vars }, detach: false, purgeOnDestroy: true },
    },
  ]);
});

it("tells its address and its image; there is no replica to tell", async () => {
  expect((await recorded()).outputs).toEqual({
    url: "https://requests.test",
    image: "sctx/overseerr:1.34.0",
  });
});

it("tells what the job is called and how it is", async () => {
  const seen: unknown[] = [];
  await record(() => {
    const { jobId, status } = new Overseerr("overseerr", args);
    seen.push(pulumi.Output.isInstance(jobId), pulumi.Output.isInstance(status));
  });
  expect(seen).toEqual([true, true]);
});

describe("with a replica", () => {
  it("hands both tasks of Litestream what they need, still as one job", async () => {
    const recording = await recorded({ replica });
    expect(children(recording).map(({ type }) => type)).toEqual(["nomad:index/job:Job"]);
    expect(await varsOf({ replica })).toEqual({ ...vars, ...replicaVars });
  });

  it("tells it as Litestream's own commands take it", async () => {
    expect((await recorded({ replica })).outputs).toMatchObject({
      replicaUrl:
        "s3://requests/state/db?endpoint=http%3A%2F%2Fstore.test%3A9000&region=eu-west-1&forcePathStyle=true",
    });
  });

  it("lets Overseerr begin anew only where that is asked for", async () => {
    const anew = { ...replica, allowEmptyBootstrap: true };
    expect(await varsOf({ replica: anew })).toMatchObject({ allow_empty: "true" });
  });
});

describe("the object store's keys", () => {
  const keys: Replica["keys"] = {
    from: "variable",
    path: "nomad/jobs/overseerr",
    create: { access: "access-canary", secret: "secret-canary" },
  };

  it("become a variable that the job waits for, and stand nowhere in clear", async () => {
    const recording = await recorded({ replica: { ...replica, keys } });
    const variable = only(recording, "nomad:index/variable:Variable");
    expect(variable).toMatchObject({
      name: "overseerr",
      inputs: { path: "nomad/jobs/overseerr", items: "[secret]" },
    });
    expect(jobOf(recording).dependencies).toEqual([variable.urn]);
    expect(jobOf(recording).inputs).toMatchObject({
      hcl2: { vars: { replica_keys: "variable", replica_keys_path: "nomad/jobs/overseerr" } },
    });
    expect(JSON.stringify(recording)).not.toContain("canary");
  });

  it("are only referred to where they are there already", async () => {
    const there: Replica["keys"] = { from: "variable", path: "nomad/jobs/overseerr" };
    const recording = await recorded({ replica: { ...replica, keys: there } });
    expect(children(recording)).toHaveLength(1);
  });
});

describe("the volume", () => {
  const csi = { kind: "csi", source: "requests", create: { plugin: "gluster" } } as const;

  it("is made as the job mounts it, before the job, and is kept whatever happens", async () => {
    const recording = await recorded({ volume: csi });
    const volume = only(recording, "nomad:index/csiVolume:CsiVolume");
    expect(volume).toMatchObject({
      name: "overseerr",
      options: { protect: true, retainOnDelete: true },
    });
    expect(volume.inputs).toEqual({
      volumeId: "requests",
      name: "requests",
      pluginId: "gluster",
      capabilities: [{ accessMode: "single-node-writer", attachmentMode: "file-system" }],
    });
    expect(jobOf(recording).dependencies).toEqual([volume.urn]);
    expect(children(recording)).toHaveLength(2);
  });

  it("is given its size in Nomad's spelling", async () => {
    const volume = { ...csi, create: { plugin: "gluster", size: "2Gi" } };
    const made = only(await recorded({ volume }), "nomad:index/csiVolume:CsiVolume");
    expect(made.inputs).toMatchObject({ capacityMin: "2GiB" });
  });

  it("is only referred to where it is there already", async () => {
    const recording = await recorded({ volume: { kind: "csi", source: "requests" } });
    expect(children(recording)).toHaveLength(1);
    expect(jobOf(recording).inputs).toMatchObject({
      hcl2: { vars: { volume_type: "csi", volume_source: "requests" } },
    });
  });
});

it("is Seerr, as the user and with the init process that its image wants, where that is asked for", async () => {
  expect(await varsOf({ app: "seerr", replica })).toEqual({
    ...vars,
    ...replicaVars,
    image: images.seerr,
    owner: "1000:1000",
    init: "true",
  });
});

it("joins the mesh, with ways past its proxy", async () => {
  const service = {
    provider: "consul",
    mesh: true,
    directNetworks: ["10.0.0.0/8", "192.168.1.0/24"],
  } as const;
  expect(await varsOf({ service })).toEqual({
    ...vars,
    service_provider: "consul",
    mesh: "true",
    direct_networks: "10.0.0.0/8,192.168.1.0/24",
  });
});

it("waits for a move, which has its volume, and bears its number", async () => {
  const recording = await record(() => {
    const before = (needed: readonly pulumi.Resource[]) => [
      new random.RandomId("moved", { byteLength: 1 }, { dependsOn: [...needed] }),
    ];
    const volume = { kind: "csi", source: "test-volume", create: { plugin: "p" } } as const;
    new Overseerr("overseerr", { ...args, replica, volume, move: { generation: 3, before } });
  });
  const volume = only(recording, "nomad:index/csiVolume:CsiVolume");
  const moved = only(recording, "random:index/randomId:RandomId");
  const job = only(recording, "nomad:index/job:Job");
  expect(moved.dependencies).toEqual([volume.urn]);
  expect([...job.dependencies].sort()).toEqual([volume.urn, moved.urn].sort());
  expect(job.inputs).toMatchObject({ hcl2: { vars: { generation: "3" } } });
});

describe("the job file", () => {
  /** Set where the database is moved here. */
  const moveVars = { generation: "" };
  /** Without comments, and with one space wherever there is white space. */
  const code = jobspec.replaceAll(/^\s*#.*$/gm, "").replaceAll(/\s+/g, " ");

  it("declares and uses exactly the variables that the component sets", () => {
    const names = (pattern: RegExp) =>
      [...new Set([...code.matchAll(pattern)].map(([, name]) => name))].sort();
    const set = Object.keys({ ...vars, ...replicaVars, ...moveVars }).sort();
    expect(names(/variable "(\w+)"/g)).toEqual(set);
    expect(names(/var\.(\w+)/g)).toEqual(set);
  });

  it("has a default for exactly what is only set with a replica or a move", () => {
    const optional = [...code.matchAll(/variable "(\w+)" \{[^}]*default/g)].map(([, name]) => name);
    expect(optional.sort()).toEqual(Object.keys({ ...replicaVars, ...moveVars }).sort());
  });

  it.each([
    ["joins a bridge network with Overseerr's port", 'mode = "bridge"'],
    ["maps that port outside the mesh", "content { to = 5055 }"],
    ["names the literal port inside the mesh", 'port = var.mesh ? "5055" : "http"'],
    [
      "keeps and moves its disk of 500 MB",
      "ephemeral_disk { size = 500 sticky = true migrate = true }",
    ],
    ["has the database on that disk", '["../alloc/data/db:/app/config/db"]'],
    [
      "has it there only where the restore has made its folder",
      'mounts = [for each in local.replicated : { type = "bind" source = "../alloc/data/db" target = "/app/config/db" }]',
    ],
    ["has the settings on the volume", 'volume = "config" destination = "/app/config"'],
    [
      "asks the stable endpoint",
      'path = "/api/v1/settings/public" interval = "30s" timeout = "5s"',
    ],
    ["exposes the check through the proxy", "expose = var.mesh"],
    ["joins the mesh through a transparent proxy", "proxy { transparent_proxy {"],
    ["is routed by host name", "traefik.http.routers.overseerr.rule=Host(`${var.host}`)"],
    ["is served on websecure", "traefik.http.routers.overseerr.entrypoints=websecure"],
    [
      "takes the plan's CPU and memory",
      "max_file_size = 10 } resources { cpu = 200 memory = 256 memory_max = 512 }",
    ],
    ["runs once", "count = 1"],
    ["is tried again for ever", "unlimited = true"],
    ["never goes back to an older version by itself", "auto_revert = false"],
    ["restores before anything else", 'lifecycle { hook = "prestart" }'],
    [
      "lets what runs beside Overseerr read its settings",
      'volume = "config" destination = "/config" read_only = true',
    ],
    ["replicates beside Overseerr", 'lifecycle { hook = "poststart" sidecar = true }'],
    ["leaves Litestream the time for its last upload", 'kill_timeout = "30s"'],
    [
      "reads the keys with an identity whose token nobody else gets",
      "env = false disable_file = true",
    ],
    ["fails where a key is missing", "env = true error_on_missing_key = true"],
  ])("%s", (_, text) => {
    expect(code).toContain(text);
  });

  it.each(["constraint", "latest", "if-db-not-exists", "if-replica-exists"])(
    "has no %s",
    (word) => {
      expect(code).not.toContain(word);
    },
  );

  it("names no key of the store in an environment or an argument", () => {
    const blocks = [...code.matchAll(/(?:env = |env |args = |entrypoint = )[[{(][^\]})]*/g)];
    expect(blocks.length).toBeGreaterThan(3);
    for (const [block] of blocks) expect(block).not.toMatch(/access_key|secret_key/i);
  });
});

describe("Litestream's settings", () => {
  const settings = text("overseerr/litestream.yml").replaceAll(/^\s*#.*$/gm, "");

  it("has the snapshots global, as 0.5 reads them, and nothing of them at the replica", () => {
    expect(settings).toMatch(/^snapshot:\n {2}interval: \$\{SNAPSHOT_HOURS\}h\n {2}retention: /m);
    expect(settings).not.toMatch(/snapshot-interval|retention-check|^ {4,}retention/m);
  });

  it("use exactly the variables that both tasks are told", () => {
    const used = [...settings.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name);
    const env = /replica_env = \{([^}]*)\}/.exec(jobspec)?.[1] ?? "";
    const told = [...env.matchAll(/^\s*(\w+)\s*=/gm)].map(([, name]) => name);
    expect(used.sort()).toEqual(told.sort());
  });

  it("are those of the very version that the lab builds", () => {
    const tools = fs.readFileSync(path.join(folder, "../../lab/tools/tools.tsv"), "utf8");
    const [, , , version] = /^litestream\t.*$/m.exec(tools)?.[0].split("\t") ?? [];
    expect(images.litestream).toBe(`litestream/litestream:${(version ?? "").slice(1)}`);
  });

  it("answer for their figures where the job expects them", () => {
    expect(settings).toMatch(/^addr: ":9090"$/m);
    expect(jobspec).toContain("to = 9090");
  });
});
