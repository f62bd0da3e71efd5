/** The Nomad stack: Overseerr, what keeps its database, and how they hang together. */
import type { NomadConfig } from "../../config/schema";
import { gibibytes } from "../checks/kubernetes";
import { clients, job, runningAllocation, type NomadJob } from "../checks/nomad";
import type { Asking, Parts } from "./gather";
import { tagOf } from "./homelab";
import {
  together,
  unasked,
  type AppStatus,
  type Box,
  type Live,
  type Picture,
  type VolumeStatus,
} from "./model";

/** Checks of the verification whose answers are part of the status. */
export const nomadQuestions = [
  "nomad/deployment",
  "nomad/images",
  "nomad/tasks",
  "nomad/answers",
  "nomad/replica",
  "nomad/snapshot",
  "nomad/integrations",
];

type Config = NomadConfig["overseerr"];

export async function nomadParts(asking: Asking, { overseerr }: NomadConfig): Promise<Parts> {
  const { outputs, seen } = asking;
  const [app, volumes] = await Promise.all([appOf(asking), volumesOf(asking, overseerr)]);
  const snapshot = seen("nomad/snapshot");
  const newest =
    snapshot === unasked ? snapshot : { ...snapshot, said: `snapshot ${snapshot.said}` };
  const replica = together([seen("nomad/replica"), newest]);
  const where = outputs.replicas?.overseerr;
  return {
    apps: [app],
    volumes,
    backups: overseerr.replica
      ? [
          {
            of: "Overseerr's database",
            where: where?.split("?")[0] ?? overseerr.replica.bucket,
            live: replica,
          },
        ]
      : [
          {
            of: "Overseerr's database",
            where: "nowhere",
            live: { state: "warning", said: "lost with its disk: overseerr.replica" },
          },
        ],
    picture: nomadPicture(asking, overseerr, app, volumes, replica),
  };
}

async function appOf({ world, outputs, seen, asked }: Asking): Promise<AppStatus> {
  const url = outputs.urls?.overseerr;
  const { resources } = await world.plan();
  const planned = resources.find(({ type }) => type === "nomad:index/job:Job");
  const { vars } = (planned?.inputs as { hcl2: { vars: Readonly<Record<string, string>> } }).hcl2;
  const found: NomadJob | undefined = await asked("the job", () => job(world));
  const tasks = found?.TaskGroups.flatMap(({ Tasks }) => Tasks) ?? [];
  const live = together(
    ["deployment", "images", "tasks", "answers"].map((id) => seen(`nomad/${id}`)),
  );
  const image = tasks.find(({ Name }) => Name === "overseerr")?.Config.image;
  return {
    name: "overseerr",
    ...(url !== undefined && { url }),
    images: [vars.image ?? "", vars.litestream_image ?? ""].filter((each) => each !== ""),
    ...(image !== undefined && { version: tagOf(image) }),
    live: live.state === "ok" ? seen("nomad/tasks") : live,
  };
}

interface CsiVolume {
  readonly PluginID: string;
  readonly Schedulable: boolean;
  readonly Capacity?: number;
}

async function volumesOf({ world, asked }: Asking, { volume }: Config): Promise<VolumeStatus[]> {
  const { kind, source, plugin, size = "" } = volume;
  const disk = await asked("the allocation", () => runningAllocation(world));
  const database: VolumeStatus = {
    name: "database",
    kind: "disk of the allocation",
    size: "500 MB",
    live: disk ? { state: "ok", said: `on ${disk.NodeName}` } : unasked,
  };
  if (kind === "host") {
    const nodes = await asked("the clients", () => clients(world));
    const offering = nodes?.filter(({ HostVolumes }) => HostVolumes?.[source]);
    const names = offering?.map(({ Name }) => Name).join(", ");
    const live: Live = !offering
      ? unasked
      : offering.length > 0
        ? { state: "ok", said: `on ${names ?? ""}` }
        : { state: "down", said: "no client has it" };
    return [{ name: source, kind: "host volume", size, live }, database];
  }
  const found = await asked("the volume", () => world.nomad<CsiVolume>(`/v1/volume/csi/${source}`));
  const by = found?.PluginID ?? plugin;
  return [
    {
      name: source,
      kind: by === undefined ? "CSI" : `CSI, ${by}`,
      size,
      ...(found?.Capacity && { capacity: gibibytes(found.Capacity) }),
      live: !found
        ? unasked
        : found.Schedulable
          ? { state: "ok", said: "usable" }
          : { state: "down", said: "can't be used" },
    },
    database,
  ];
}

function nomadPicture(
  { seen }: Asking,
  { host, service, volume, replica, targets }: Config,
  { live }: AppStatus,
  [settings, database]: readonly VolumeStatus[],
  replicated: Live,
): Picture {
  const catalogue = service.provider === "consul" ? "Consul" : "Nomad";
  const keys: Box[] = replica
    ? [
        {
          title: replica.keys.from === "vault" ? "Vault" : "Nomad's variables",
          lines: ["the store's keys"],
          // Whoever reads the replica has been given them.
          live: replicated.state === "ok" ? replicated : unasked,
          next: "keys",
        },
      ]
    : [];
  return {
    entrance: {
      title: "Traefik",
      lines: [host, `by ${catalogue}'s catalogue${service.mesh ? ", through the mesh" : ""}`],
      live: seen("nomad/answers"),
      to: ["app"],
    },
    lanes: [
      {
        id: "app",
        title: "Requests",
        boxes: [
          { title: "Overseerr", lines: ["port 5055"], live, ...(targets && { next: "requests" }) },
          ...(targets
            ? [
                {
                  title: "Plex, Sonarr, Radarr",
                  lines: [targets.homelab === undefined ? "as entered" : `of ${targets.homelab}`],
                  live: seen("nomad/integrations"),
                },
              ]
            : []),
        ],
      },
      {
        id: "state",
        title: "State",
        boxes: [
          {
            title: "SQLite",
            lines: ["requests and users", database?.live.said ?? ""],
            live: database?.live ?? unasked,
          },
          {
            title: "Settings",
            lines: [settings?.kind ?? volume.kind, volume.source],
            live: settings?.live ?? unasked,
          },
        ],
      },
      ...(replica
        ? [
            {
              id: "replication",
              title: "Replication",
              boxes: [
                ...keys,
                {
                  title: "Litestream",
                  lines: [`every ${replica.syncSeconds.toString()} s`],
                  live: seen("nomad/replica"),
                },
              ],
            },
            {
              id: "store",
              title: "Object store",
              boxes: [
                {
                  title: "MinIO",
                  lines: [replica.endpoint, `${replica.bucket}/${replica.path}`],
                  live: replicated,
                },
              ],
            },
          ]
        : []),
    ],
    arrows: [
      { from: "app", to: "state", label: "writes" },
      ...(replica
        ? [
            { from: "state", to: "replication", label: "changes" },
            { from: "replication", to: "store", label: "uploads" },
          ]
        : []),
    ],
  };
}
