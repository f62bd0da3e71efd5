/** Overseerr on Nomad: the job, the app, its replica and what it speaks to. */
import { reasonOf } from "../ask";
import { absent, judged, type Check, type Finding } from "../check";
import { database, job, jobId, runningAllocation, type Deployment } from "../nomad";
import { configOf, type World } from "../world";

const deployment: Check = {
  id: "nomad/deployment",
  meaning: "the job runs, and its newest version was found healthy",
  look: "nomad job status overseerr",
  needs: ["nomad/token", "config/plans", "foundation/up"],
  run: async (world) => {
    const found = await job(world);
    const up = `pulumi up --refresh --stack ${world.stack}`;
    if (!found) return judged([{ found: "no job", expected: "one", fix: up }]);
    if (found.Stop || found.Status !== "running") {
      // Not `nomad job start`: that reads the job file anew, without the variables that it was registered with.
      const before = `nomad job revert -detach ${jobId} ${(found.Version - 1).toString()}`;
      const [what, fix] = found.Stop
        ? ["a stopped job", before]
        : [`a job that is ${found.Status}`, `nomad job status ${jobId}`];
      return judged([{ found: what, expected: "one that runs", fix }]);
    }
    const latest = await world.nomad<Deployment | null>(`/v1/job/${jobId}/deployment`);
    if (latest?.JobVersion === found.Version && latest.Status !== "successful") {
      const fix =
        "nomad alloc logs -job -task litestream-restore -stderr overseerr; nomad job status overseerr";
      return judged([{ found: latest.StatusDescription, expected: "a healthy deployment", fix }]);
    }
    return { said: `version ${found.Version.toString()}` };
  },
};

const images: Check = {
  id: "nomad/images",
  meaning: "the job has the pinned images",
  look: "nomad job inspect overseerr",
  needs: ["nomad/deployment"],
  run: async (world) => {
    const { resources } = await world.plan();
    const planned = resources.find(({ type }) => type === "nomad:index/job:Job");
    const { vars } = (planned?.inputs as { hcl2: { vars: Readonly<Record<string, string>> } }).hcl2;
    const tasks = (await job(world))?.TaskGroups.flatMap(({ Tasks }) => Tasks) ?? [];
    const expected = { overseerr: vars.image, litestream: vars.litestream_image };
    const findings = Object.entries(expected).flatMap(([name, image]): Finding[] => {
      const found = tasks.find(({ Name }) => Name === name)?.Config.image;
      if (image === undefined || image === "" || found === image) return [];
      const fix = `pulumi up --refresh --stack ${world.stack}`;
      return [{ about: `task ${name}`, found: found ?? "no such task", expected: image, fix }];
    });
    return judged(findings, vars.image);
  },
};

const tasks: Check = {
  id: "nomad/tasks",
  meaning: "every task of the allocation runs",
  look: "nomad alloc status -job overseerr",
  needs: ["nomad/deployment"],
  run: async (world) => {
    const { ID, NodeName, TaskStates, DeploymentStatus } = await runningAllocation(world);
    const fix = (task: string) => `nomad alloc logs -task ${task} -stderr ${ID}`;
    const findings = Object.entries(TaskStates ?? {})
      // The first one ends before the others begin.
      .filter(
        ([name, { State, Failed }]) =>
          Failed || (State !== "running" && name !== "litestream-restore"),
      )
      .map(([name, { State, Events = [] }]) => ({
        about: `task ${name}`,
        found: Events.at(-1)?.DisplayMessage ?? State,
        expected: "running",
        fix: fix(name),
      }));
    if (DeploymentStatus?.Healthy === false)
      findings.push({
        about: "allocation",
        found: "unhealthy",
        expected: "healthy",
        fix: fix("overseerr"),
      });
    return judged(findings, `on ${NodeName}`);
  },
};

/** The task whose tools are known: Litestream's, beside Overseerr. */
const beside = "litestream";

async function inBeside(
  world: World,
  file: string,
  values: Record<string, string> = {},
): Promise<string> {
  return world.inTask((await runningAllocation(world)).ID, beside, { file, values });
}

const initialized: Check = {
  id: "nomad/answers",
  meaning: "Overseerr answers, and has been set up",
  look: "curl https://<its host>/api/v1/settings/public",
  needs: ["nomad/tasks"],
  run: async (world) => {
    const { host, replica } = (await configOf(world, "nomad")).overseerr;
    // Without a replica there is no task with the tools to ask.
    if (!replica) return absent;
    const text = await inBeside(world, "overseerr-public.sh");
    const [, status = "no status"] = /^HTTP\/\S+ (\d+)/.exec(text) ?? [];
    if (status !== "200") {
      const fix = "nomad alloc logs -job -task overseerr overseerr";
      return judged([{ found: `status ${status}`, expected: "200", fix }]);
    }
    if (/"initialized": *true/.test(text)) return {};
    const fix = `sign in at https://${host}`;
    return judged([
      { found: "one that was never set up", expected: "an owner", fix, warning: true },
    ]);
  },
};

/** What replica.sh prints. */
interface ReplicaFacts {
  readonly now: number;
  /** Second of the last write to the database. */
  readonly written: number;
  readonly status: readonly { readonly local_txid: string }[];
  readonly files: readonly { readonly name: string; readonly at: number }[];
  readonly replica: readonly {
    readonly level: number;
    readonly max_txid: string;
    readonly timestamp: string;
  }[];
}

async function replicaFacts(world: World): Promise<ReplicaFacts> {
  return JSON.parse(await inBeside(world, "replica.sh", { DATABASE: database })) as ReplicaFacts;
}

/** Time for an upload itself. */
const uploadSeconds = 30;

const replicated: Check = {
  id: "nomad/replica",
  meaning: "the replica is not further behind than replica.syncSeconds and an upload",
  look: "nomad alloc logs -job -task litestream overseerr",
  needs: ["nomad/tasks"],
  run: async (world) => {
    const { replica } = (await configOf(world, "nomad")).overseerr;
    if (!replica) return absent;
    const fix =
      "the store and its keys: nomad alloc logs -job -task litestream overseerr; keys that the program writes: pulumi up --refresh";
    let facts: ReplicaFacts;
    try {
      facts = await replicaFacts(world);
    } catch (error) {
      const found = `the replica can't be read: ${reasonOf(error)}`;
      return judged([{ found, expected: "one that can", fix }]);
    }
    if (facts.replica.length === 0) return judged([{ found: "no replica", expected: "one", fix }]);
    const there =
      facts.replica
        .map(({ max_txid }) => max_txid)
        .sort()
        .at(-1) ?? "";
    // Named by the first and the last of the positions that they hold.
    const waiting = facts.files.filter(({ name }) => (name.split(/[-.]/)[1] ?? "") > there);
    const noted = [
      ...facts.files.map(({ at }) => at),
      ...facts.replica.map(({ timestamp }) => Math.ceil(Date.parse(timestamp) / 1000)),
    ];
    // One that hangs does not even note what is written.
    const unnoted = facts.written > Math.max(...noted) ? [facts.written] : [];
    const lag = Math.max(
      0,
      ...[...waiting.map(({ at }) => at), ...unnoted].map((at) => facts.now - at),
    );
    const most = replica.syncSeconds + uploadSeconds;
    if (lag <= most) return { said: `position ${there}, ${lag.toString()} s behind` };
    const hangs = waiting.length === 0;
    return judged([
      {
        found: `${lag.toString()} s behind`,
        expected: `at most ${most.toString()} s`,
        fix: hangs ? "nomad alloc restart -job -task litestream overseerr" : fix,
      },
    ]);
  },
};

/** Level of the files that are whole databases: https://litestream.io/how-it-works/ */
const snapshotLevel = 9;

const snapshot: Check = {
  id: "nomad/snapshot",
  meaning: "the newest snapshot is not older than replica.snapshotHours, and an hour",
  look: "nomad alloc logs -job -task litestream overseerr",
  needs: ["nomad/replica"],
  run: async (world) => {
    const { replica } = (await configOf(world, "nomad")).overseerr;
    if (!replica) return absent;
    const facts = await replicaFacts(world);
    const snapshots = facts.replica.filter(({ level }) => level === snapshotLevel);
    const times = (of: ReplicaFacts["replica"]) =>
      of.map(({ timestamp }) => Date.parse(timestamp) / 1000);
    // Before the first one, all there is counts from its beginning.
    const since =
      snapshots.length > 0 ? Math.max(...times(snapshots)) : Math.min(...times(facts.replica));
    // Two clocks may differ a little.
    const hours = Math.max(0, facts.now - since) / 3600;
    const said = `${hours.toFixed(1)} h old`;
    if (hours <= replica.snapshotHours + 1) return { said };
    const expected = `at most ${replica.snapshotHours.toString()} h`;
    const fix =
      "nomad alloc logs -job -task litestream overseerr; nomad alloc restart -job -task litestream overseerr";
    return judged([
      { found: snapshots.length > 0 ? said : `none for ${hours.toFixed(1)} h`, expected, fix },
    ]);
  },
};

const integrations: Check = {
  id: "nomad/integrations",
  meaning: "Plex, Sonarr and Radarr take connections from Overseerr's allocation",
  look: "nomad alloc exec -task litestream -job overseerr bash",
  needs: ["nomad/answers"],
  run: async (world) => {
    const { replica, service } = (await configOf(world, "nomad")).overseerr;
    if (!replica) return absent;
    const { ID } = await runningAllocation(world);
    const addresses = addressesOf(
      await world.inTask(ID, "overseerr", { file: "overseerr-addresses.sh" }),
    );
    if (addresses.length === 0) {
      const fix = "in Overseerr: Settings, Plex and Services";
      return judged([
        { found: "no app entered", expected: "Plex, Sonarr, Radarr", fix, warning: true },
      ]);
    }
    const said = await inBeside(world, "connect.sh", { ADDRESSES: addresses.join(" ") });
    const fix = service.mesh
      ? "is it up? and does the mesh let traffic out to it: overseerr.service.directNetworks"
      : "is it up, and its address right in Overseerr's settings?";
    return judged(
      said
        .split("\n")
        .filter((line) => line !== "")
        .map((about) => ({ about, found: "no connection", expected: "one", fix })),
      addresses.join(", "),
    );
  },
};

/** HOST:PORT of each app: a host, and the port that stands after it. */
export function addressesOf(text: string): string[] {
  let host = "";
  const all: string[] = [];
  for (const [, key, value = ""] of text.matchAll(/"(ip|hostname|port)": *"?([^"\n]*)"?/g)) {
    if (key !== "port") host = value;
    else if (host !== "") {
      all.push(`${host}:${value}`);
      host = "";
    }
  }
  return [...new Set(all)];
}

const drill: Check = {
  id: "nomad/restore",
  meaning: "the replica can be restored, and what comes back is whole",
  look: "nomad alloc exec -task litestream -job overseerr bash",
  needs: ["nomad/replica"],
  seconds: 120,
  run: async (world) => {
    const { replica } = (await configOf(world, "nomad")).overseerr;
    if (!replica) return absent;
    return { said: (await inBeside(world, "restore-drill.sh", { DATABASE: database })).trim() };
  },
};

export const nomadTier = {
  passive: [deployment, images, tasks, initialized, replicated, snapshot, integrations],
  active: [drill],
};
