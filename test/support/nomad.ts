/** Answers of a Nomad in which the shipped stack has come up as it should. */
import { images } from "../../components/images";

const client = {
  ID: "c1",
  Name: "hestia",
  Datacenter: "dc1",
  Status: "ready",
  SchedulingEligibility: "eligible",
  Drain: false,
  Version: "1.10.5",
  Drivers: { docker: { Healthy: true } },
  HostVolumes: null,
};

const keys = [{ DestPath: "secrets/keys.env", Envvars: true }];
const times = { SYNC_SECONDS: "10", SNAPSHOT_HOURS: "24", RETENTION_HOURS: "168" };
const resources = (CPU: number, MemoryMB: number, MemoryMaxMB: number) => ({
  Resources: { CPU, MemoryMB, MemoryMaxMB },
});
const mounted = (Destination: string) => ({ VolumeMounts: [{ Volume: "config", Destination }] });

/** The shipped job as Nomad tells it: what is asked of it here, and constraints that Nomad adds by itself. */
const group = {
  Name: "overseerr",
  Count: 1,
  Constraints: [{ LTarget: "${attr.consul.version}", RTarget: ">= 1.8.0", Operand: "semver" }],
  EphemeralDisk: { Sticky: true, Migrate: true, SizeMB: 500 },
  Networks: [{ Mode: "bridge" }],
  Volumes: { config: { Type: "csi", Source: "glusterfs_overseerr_config" } },
  Services: [
    {
      Name: "overseerr",
      Provider: "consul",
      PortLabel: "5055",
      Tags: [
        "traefik.enable=true",
        "traefik.http.routers.overseerr.rule=Host(`overseerr.brmartin.co.uk`)",
      ],
      Checks: [{ Type: "http", Path: "/api/v1/settings/public" }],
      Connect: { SidecarService: { Proxy: { TransparentProxy: {} } } },
    },
    { Name: "overseerr-litestream", Provider: "consul", PortLabel: "metrics", Connect: null },
  ],
  Tasks: [
    {
      Name: "litestream-restore",
      Lifecycle: { Hook: "prestart", Sidecar: false },
      Config: { image: images.litestream },
      ...mounted("/config"),
      ...resources(100, 256, 512),
      Templates: keys,
      Env: times,
    },
    {
      Name: "overseerr",
      Lifecycle: null,
      Config: {
        image: images.overseerr,
        mounts: [{ type: "bind", source: "../alloc/data/db", target: "/app/config/db" }],
        volumes: [],
      },
      ...mounted("/app/config"),
      ...resources(200, 256, 512),
      Templates: null,
      Env: { TZ: "Europe/London" },
    },
    {
      Name: "litestream",
      Lifecycle: { Hook: "poststart", Sidecar: true },
      Config: { image: images.litestream },
      ...mounted("/config"),
      ...resources(100, 128, 256),
      Templates: keys,
      Env: times,
    },
  ],
};

/** Now, as Litestream tells its files' times. */
const now = new Date().toISOString();

export const healthyNomad = {
  nomad: {
    "/v1/status/leader": "10.0.0.1:4647",
    "/v1/jobs": [],
    "/v1/nodes": [client],
    "/v1/plugin/csi/glusterfs": { NodesHealthy: 1 },
    "/v1/operator/scheduler/configuration": {
      SchedulerConfig: { MemoryOversubscriptionEnabled: true },
    },
    "/v1/job/overseerr": {
      ID: "overseerr",
      Status: "running",
      Stop: false,
      Version: 3,
      Datacenters: ["dc1"],
      TaskGroups: [group],
    },
    "/v1/job/overseerr/deployment": {
      JobVersion: 3,
      Status: "successful",
      StatusDescription: "Deployment completed successfully",
    },
    "/v1/job/overseerr/allocations": [
      {
        ID: "a1",
        ClientStatus: "running",
        JobVersion: 3,
        NodeName: "hestia",
        DeploymentStatus: { Healthy: true },
        TaskStates: {
          "litestream-restore": { State: "dead", Failed: false },
          overseerr: { State: "running", Failed: false },
          litestream: { State: "running", Failed: false },
        },
      },
    ],
  },
  scripts: {
    "litestream overseerr-public.sh": 'HTTP/1.0 200 OK\r\n\r\n{"initialized":true}',
    "overseerr overseerr-addresses.sh":
      '"ip": "10.0.0.5"\n"port": 32400\n"hostname": "sonarr.lan"\n"port": 8989\n',
    "litestream connect.sh": "",
    "litestream restore-drill.sh": "3 users, 40 requests\n",
    "litestream replica.sh": JSON.stringify({
      now: Math.round(Date.now() / 1000),
      written: Math.round(Date.now() / 1000) - 30 * 86_400,
      status: [{ local_txid: "0000000000000007" }],
      files: [],
      replica: [
        { level: 0, min_txid: "0000000000000001", max_txid: "0000000000000007", timestamp: now },
        { level: 9, min_txid: "0000000000000001", max_txid: "0000000000000006", timestamp: now },
      ],
    }),
  },
  tools: {
    "node --version": "v20.20.2\n",
    "pulumi version": "v3.259.0\n",
    "nomad version": "Nomad v1.10.5\n",
  },
  state: {
    pending: 0,
    resources: [
      { type: "nomad:index/job:Job", name: "overseerr" },
      { type: "nomad:index/csiVolume:CsiVolume", name: "overseerr" },
    ],
  },
  outputs: { urls: { overseerr: "https://overseerr.example.org" } },
};
