/** The registered job, part by part: what keeps its data, and what leads people to it. */
import type { NomadConfig } from "../../../config/schema";
import { judged, type Check, type Finding } from "../check";
import { jobId } from "../nomad";
import { configOf, type World } from "../world";

/** The parts read here; Nomad leaves out what is not set, or says null. */
interface RegisteredJob {
  readonly Datacenters?: readonly string[] | null;
  readonly Constraints?: readonly Constraint[] | null;
  readonly TaskGroups: readonly Group[];
}

interface Constraint {
  readonly LTarget: string;
  readonly RTarget: string;
}

interface Group {
  readonly Count?: number;
  readonly Constraints?: readonly Constraint[] | null;
  readonly EphemeralDisk?: {
    readonly Sticky: boolean;
    readonly Migrate: boolean;
    readonly SizeMB: number;
  } | null;
  readonly Networks?: readonly { readonly Mode: string }[] | null;
  readonly Volumes?: Readonly<
    Record<string, { readonly Type: string; readonly Source: string }>
  > | null;
  readonly Services?: readonly Service[] | null;
  readonly Tasks: readonly Task[];
}

interface Service {
  readonly Name: string;
  readonly Provider: string;
  readonly PortLabel: string;
  readonly Tags?: readonly string[] | null;
  readonly Checks?: readonly { readonly Type: string; readonly Path: string }[] | null;
  readonly Connect?: {
    readonly SidecarService?: {
      readonly Proxy?: { readonly TransparentProxy?: object | null } | null;
    } | null;
  } | null;
}

interface Task {
  readonly Name: string;
  readonly Constraints?: readonly Constraint[] | null;
  readonly Lifecycle?: { readonly Hook: string; readonly Sidecar: boolean } | null;
  readonly VolumeMounts?:
    readonly { readonly Volume: string; readonly Destination: string }[] | null;
  readonly Config?: {
    readonly mounts?: readonly { readonly source: string; readonly target: string }[];
    readonly volumes?: readonly string[];
  } | null;
  readonly Env?: Readonly<Record<string, string>> | null;
  readonly Templates?: readonly { readonly DestPath: string; readonly Envvars?: boolean }[] | null;
  readonly Resources?: {
    readonly CPU: number;
    readonly MemoryMB: number;
    readonly MemoryMaxMB?: number;
  } | null;
}

/** What a part of the job is, and what the job file makes of it, each in words. */
type Part = readonly [about: string, found: string | undefined, expected: string];

function differences(world: World, parts: readonly Part[]): Finding[] {
  const fix = `pulumi up --refresh --stack ${world.stack}`;
  return parts.flatMap(([about, found = "none", expected]) =>
    found === expected ? [] : [{ about, found, expected, fix }],
  );
}

async function registered(world: World): Promise<{ job: RegisteredJob; group: Group }> {
  const job = await world.nomad<RegisteredJob>(`/v1/job/${jobId}`);
  const [group] = job.TaskGroups;
  if (!group) throw new Error(`the job ${jobId} has no group`);
  return { job, group };
}

/** Cores in MHz, and megabytes reserved and at most, by task. */
const resources: Readonly<Record<string, string>> = {
  "litestream-restore": "100 MHz, 256 to 512 MB",
  overseerr: "200 MHz, 256 to 512 MB",
  litestream: "100 MHz, 128 to 256 MB",
};

const database = "../alloc/data/db";
const databaseFolder = "/app/config/db";

const shape: Check = {
  id: "nomad/shape",
  meaning: "the job has the disk, the volume and the tasks of the job file, and is tied to no node",
  look: "nomad job inspect overseerr",
  needs: ["nomad/images"],
  run: async (world) => {
    const config = await configOf(world, "nomad");
    const { job, group } = await registered(world);
    const { replica } = config.overseerr;
    const tasks = replica ? Object.keys(resources) : [jobId];
    return judged(
      differences(world, [
        ...groupParts(config, job, group),
        ...tasks.flatMap((name) => taskParts(name, group, replica)),
      ]),
      tasks.join(", "),
    );
  },
};

function groupParts(
  { nomad, overseerr }: NomadConfig,
  { Datacenters, Constraints }: RegisteredJob,
  group: Group,
): Part[] {
  const { EphemeralDisk: disk, Volumes, Networks } = group;
  const volume = Volumes?.config;
  // Nomad adds constraints of its own, on versions; one that names a node is somebody's.
  const ties = [Constraints, group.Constraints, ...group.Tasks.map((task) => task.Constraints)]
    .flatMap((constraints) => constraints ?? [])
    .filter(({ LTarget }) => LTarget.includes("unique"))
    .map(({ RTarget }) => RTarget);
  return [
    ["datacenters", Datacenters?.join(", "), nomad.datacenters.join(", ")],
    ["number of allocations", group.Count?.toString(), "1"],
    ["node that it is tied to", ties.join(", ") || "none", "none"],
    ["network", Networks?.[0]?.Mode, "bridge"],
    ["disk", disk ? words(disk) : undefined, "sticky, migrates, 500 MB"],
    [
      "volume",
      volume && `${volume.Type} ${volume.Source}`,
      `${overseerr.volume.kind} ${overseerr.volume.source}`,
    ],
    ["time zone", group.Tasks.find(({ Name }) => Name === jobId)?.Env?.TZ, overseerr.timezone],
  ];
}

function words({ Sticky, Migrate, SizeMB }: NonNullable<Group["EphemeralDisk"]>): string {
  return `${Sticky ? "sticky" : "not sticky"}, ${Migrate ? "migrates" : "does not migrate"}, ${SizeMB.toString()} MB`;
}

function taskParts(
  name: string,
  { Tasks }: Group,
  replica: NomadConfig["overseerr"]["replica"],
): Part[] {
  const task = Tasks.find(({ Name }) => Name === name);
  if (!task) return [[`task ${name}`, "no such task", "the planned one"]];
  const { Lifecycle, Resources, VolumeMounts, Templates, Env } = task;
  const own = (what: string): string => `task ${name}, ${what}`;
  const hook = Lifecycle ? `${Lifecycle.Hook}${Lifecycle.Sidecar ? ", and stays" : ""}` : "main";
  const hooks: Readonly<Record<string, string>> = {
    "litestream-restore": "prestart",
    litestream: "poststart, and stays",
  };
  const mounts = (VolumeMounts ?? []).map(
    ({ Volume, Destination }) => `${Volume} at ${Destination}`,
  );
  const parts: Part[] = [
    [own("when it runs"), hook, hooks[name] ?? "main"],
    [
      own("resources"),
      Resources
        ? `${Resources.CPU.toString()} MHz, ${Resources.MemoryMB.toString()} to ${(Resources.MemoryMaxMB ?? 0).toString()} MB`
        : undefined,
      resources[name] ?? "",
    ],
    [
      own("volume"),
      mounts.join(", ") || undefined,
      `config at ${name === jobId ? "/app/config" : "/config"}`,
    ],
  ];
  if (name === jobId) return [...parts, [own("database"), databaseOf(task), databaseFolder]];
  const keys = Templates?.some(
    ({ DestPath, Envvars }) => DestPath === "secrets/keys.env" && Envvars,
  );
  const times = ["SYNC_SECONDS", "SNAPSHOT_HOURS", "RETENTION_HOURS"].map((key) => Env?.[key]);
  const { syncSeconds, snapshotHours, retentionHours } = replica ?? {};
  return [
    ...parts,
    [own("keys of the store"), keys ? "from a template" : undefined, "from a template"],
    [
      own("seconds and hours of the replica"),
      times.join(", "),
      [syncSeconds, snapshotHours, retentionHours].join(", "),
    ],
  ];
}

/** Where a task has the allocation's own disk, on which the database lies: SQLite must not lie on a network's. */
function databaseOf({ Config }: Task): string | undefined {
  const { mounts = [], volumes = [] } = Config ?? {};
  const mount = mounts.find(({ source }) => source === database)?.target;
  return mount ?? volumes.find((each) => each.startsWith(`${database}:`))?.split(":")[1];
}

const service: Check = {
  id: "nomad/service",
  meaning: "the job is announced as the config says: catalogue, mesh, host name, health check",
  look: "nomad service info overseerr",
  needs: ["nomad/images"],
  run: async (world) => {
    const { host, service } = (await configOf(world, "nomad")).overseerr;
    const { group } = await registered(world);
    const found = group.Services?.find(({ Name }) => Name === jobId);
    const proxy = found?.Connect?.SidecarService?.Proxy?.TransparentProxy;
    const rule = "traefik.http.routers.overseerr.rule=";
    const check = found?.Checks?.[0];
    return judged(
      differences(world, [
        ["catalogue", found?.Provider, service.provider],
        ["port", found?.PortLabel, service.mesh ? "5055" : "http"],
        ["mesh", proxy ? "transparent proxy" : "none", service.mesh ? "transparent proxy" : "none"],
        [
          "health check",
          check && `${check.Type} ${check.Path}`,
          // The plan's own, /api/v1/status, asks GitHub at each call.
          "http /api/v1/settings/public",
        ],
        [
          "rule for Traefik",
          found?.Tags?.find((tag) => tag.startsWith(rule))?.slice(rule.length),
          `Host(\`${host}\`)`,
        ],
      ]),
      host,
    );
  },
};

export const nomadJobChecks = [shape, service];
