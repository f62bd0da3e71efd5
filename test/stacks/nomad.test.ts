import * as pulumi from "@pulumi/pulumi";
import type { Recording } from "../../ops/recorder";
import { stepValues } from "../../ops/rollback";
import { assigned } from "../support/assignments";
import { only } from "../support/children";
import { shippedStack } from "../support/stacks";

const replicaUrl =
  "s3://overseerr-litestream/db?endpoint=http%3A%2F%2Fminio-minio.virtual.consul%3A9000&region=us-east-1&forcePathStyle=true";

it("tells the address, the image, the replica, the job and the next step", async () => {
  expect((await shippedStack("nomad")).outputs).toEqual({
    urls: { overseerr: "https://overseerr.brmartin.co.uk" },
    loadBalancers: {},
    images: { overseerr: "sctx/overseerr:1.34.0" },
    secrets: {},
    nextSteps: ["Overseerr: sign in with Plex at https://overseerr.brmartin.co.uk"],
    replicas: { overseerr: replicaUrl },
    snapshots: { overseerr: expect.stringContaining("litestream ltx") as unknown },
    rollback: [
      "a new version of Overseerr: put the old tag back in components/images.yaml, then pulumi up",
      expect.stringMatching(/^its database: litestream restore -timestamp/) as unknown,
    ],
    // Nomad's word, which nobody knows before.
    jobs: { overseerr: expect.anything() as unknown },
    migrations: {},
  });
});

it("asks the configured cluster, whatever the shell is set up for", async () => {
  const nomad = { address: "http://10.0.0.5:4646", region: "europe" };
  const recording = await shippedStack("nomad", { nomad });
  expect(only(recording, "pulumi:providers:nomad").inputs).toEqual({
    ...nomad,
    ignoreEnvVars: '{"NOMAD_NAMESPACE":true,"NOMAD_REGION":true}',
  });
});

it("makes the plan's volume and reads the plan's secret", async () => {
  const recording = await shippedStack("nomad");
  expect(only(recording, "nomad:index/csiVolume:CsiVolume").inputs).toMatchObject({
    volumeId: "glusterfs_overseerr_config",
    pluginId: "glusterfs",
  });
  expect(only(recording, "nomad:index/job:Job").inputs).toMatchObject({
    hcl2: {
      vars: {
        volume_type: "csi",
        volume_source: "glusterfs_overseerr_config",
        replica_keys: "vault",
        replica_keys_path: "nomad/default/overseerr",
        allow_empty: "false",
        timezone: "Europe/London",
      },
    },
  });
});

it("writes the keys among Nomad's variables where that is asked for", async () => {
  const keys = { from: "variable", path: null, write: true };
  const said = jest.spyOn(pulumi.log, "info").mockResolvedValue();
  const recording = await shippedStack("nomad", { overseerr: { replica: { keys } } });
  expect(only(recording, "nomad:index/variable:Variable").inputs).toEqual({
    path: "nomad/jobs/overseerr",
    items: "[secret]",
  });
  expect(said.mock.calls.map(([line]) => line)).toEqual([
    expect.stringContaining("planned with placeholders for the secrets"),
  ]);
  said.mockRestore();
});

it("warns of a database that lies on one disk only", async () => {
  const said = jest.spyOn(pulumi.log, "warn").mockResolvedValue();
  const { outputs } = await shippedStack("nomad", { overseerr: { replica: null } });
  expect(outputs.replicas).toEqual({});
  expect(said.mock.calls.map(([line]) => line)).toEqual([
    expect.stringContaining("Overseerr's database is not replicated"),
  ]);
  said.mockRestore();
});

describe("with a move", () => {
  const source = {
    host: "192.168.1.5",
    user: "alex",
    hostKey: `ssh-ed25519 ${"A".repeat(68)}`,
    data: "/srv/overseerr",
  };
  const endpoint = "http://192.168.1.5:9000";
  const moving = (more: Readonly<Record<string, unknown>> = {}) => {
    const said = jest.spyOn(pulumi.log, "info").mockResolvedValue();
    const migration = { source, endpoint, ...more };
    return shippedStack("nomad", { overseerr: { migration } }).finally(() => {
      said.mockRestore();
    });
  };
  const stepType = "command:local:Command";

  it("looks at the old host when the volume is there, and starts the job when it has let go", async () => {
    const recording = await moving();
    const { urn } = only(recording, "nomad:index/csiVolume:CsiVolume");
    expect(only(recording, stepType, "overseerr-g1-check").dependencies).toEqual([urn]);
    const job = only(recording, "nomad:index/job:Job");
    const released = only(recording, stepType, "overseerr-g1-release").urn;
    expect(job.dependencies).toEqual(expect.arrayContaining([urn, released]));
    expect(job.inputs).toMatchObject({ hcl2: { vars: { generation: "1" } } });
    expect(recording.outputs.migrations).toEqual({ overseerr: expect.anything() as unknown });
  });

  it("tells the steps the host's own way to the store and to the volume", async () => {
    const recording = await moving({ phase: "done", generation: 4 });
    const { inputs } = only(recording, stepType, "overseerr-g4-clean-up");
    expect(await assigned(inputs.stdin as string)).toMatchObject({
      VOLUME: "/storage/v/glusterfs_overseerr_config",
      REPLICA_ENDPOINT: endpoint,
      REPLICA_PATH: "db",
      LITESTREAM_IMAGE: "litestream/litestream:0.5.17",
      IMAGE_VERSION: "1.34.0",
      OWNER: "0:0",
      STACK: "nomad",
    });
    expect(only(recording, "nomad:index/job:Job").inputs).toMatchObject({
      hcl2: { vars: { generation: "4" } },
    });
    expect(recording.outputs.migrations).toEqual({});
  });

  it("gives a rollback the move's own values", async () => {
    const recording = await moving({ phase: "done" });
    const values = await assigned(stepValues(recording, "overseerr", 1));
    expect(values).toMatchObject({ SOURCE_HOST: "192.168.1.5", DATA: "/srv/overseerr" });
    await expect(async () => stepValues(await moving(), "overseerr", 1)).rejects.toThrow(
      "the program has no step overseerr-g1-clean-up",
    );
  });
});

describe("with targets", () => {
  const stacks = {
    "organization/media-homelab/cellar": {
      mediaServer: { loadBalancerUrl: "http://10.0.0.41:32400" },
      urls: { sonarr: "http://sonarr.cellar", plex: "http://plex.cellar" },
      secrets: { sonarrApiKey: "canary-sonarr" },
    },
  };
  const stepType = "command:local:Command";
  const warnings = () => jest.spyOn(pulumi.log, "warn").mockResolvedValue();
  const pointed = (
    targets: Readonly<Record<string, string>>,
    others = {},
    more: Readonly<Record<string, unknown>> = {},
  ) => shippedStack("nomad", { overseerr: { targets, ...more } }, {}, others);
  const stepOf = (recording: Recording) => only(recording, stepType, "overseerr-targets");

  it("tells Overseerr the addresses of the config, and nothing else", async () => {
    const recording = await pointed({ sonarr: "http://tv.home/s" });
    const { inputs, dependencies } = stepOf(recording);
    expect(await assigned((inputs.stdin as string).split("# shellcheck")[0] ?? "")).toEqual({
      ...{ PLEX: "", SONARR: "http://tv.home/s", RADARR: "", SONARR_KEY: "", RADARR_KEY: "" },
      ...{ SETTLE: "60", GENERATION: "" },
    });
    expect(dependencies).toEqual([only(recording, "nomad:index/job:Job").urn]);
    expect(recording.outputs.integrations).toEqual({ overseerr: expect.anything() as unknown });
  });

  it("asks the cluster of the stack", async () => {
    const nomad = { address: "http://10.0.0.5:4646", region: "europe" };
    const overseerr = { targets: { plex: "http://10.0.0.3:32400" } };
    const recording = await shippedStack("nomad", { nomad, overseerr });
    expect(stepOf(recording).inputs.create).toContain(
      "'-address=http://10.0.0.5:4646' '-region=europe'",
    );
  });

  it("takes a homelab stack's word where the config has none, and keeps its keys secret", async () => {
    const said = warnings();
    const recording = await pointed({ homelab: "cellar", sonarr: "http://tv.home" }, stacks);
    expect(stepOf(recording).inputs.stdin).toBe("[secret]");
    expect(JSON.stringify(recording)).not.toContain("canary");
    expect(said).not.toHaveBeenCalled();
    said.mockRestore();
  });

  it("needs no such stack for a preview", async () => {
    const said = warnings();
    const recording = await pointed({ homelab: "cellar" });
    expect(stepOf(recording).inputs.stdin).not.toEqual(expect.stringContaining("PLEX"));
    expect(said.mock.calls).toEqual([
      [
        'overseerr.targets.homelab: found "cellar": unknown stack "organization/media-homelab/cellar"; planned without what Overseerr is to speak to, which an up would need',
      ],
    ]);
    said.mockRestore();
  });

  it("waits for a move's own comparison, and is another one for another move", async () => {
    const migration = {
      generation: 3,
      source: {
        host: "192.168.1.5",
        user: "alex",
        hostKey: `ssh-ed25519 ${"A".repeat(68)}`,
        data: "/srv/overseerr",
      },
      endpoint: "http://192.168.1.5:9000",
    };
    const said = jest.spyOn(pulumi.log, "info").mockResolvedValue();
    const targets = { plex: "http://10.0.0.3:32400" };
    const recording = await pointed(targets, {}, { migration });
    const cutOver = only(recording, stepType, "overseerr-g3-cut-over").urn;
    expect(stepOf(recording).dependencies).toContain(cutOver);
    expect(stepOf(recording).inputs.stdin).toContain("GENERATION='3'\n");
    const done = await pointed(targets, {}, { migration: { ...migration, phase: "done" } });
    expect(stepOf(done).inputs).toEqual(stepOf(recording).inputs);
    said.mockRestore();
  });
});
