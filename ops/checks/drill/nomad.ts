/** A drill of the Nomad stack: the client that has Overseerr's allocation is drained, and the job moves to another. */
import { possibleClients } from "../doctor/nomad";
import { absent, judged, type Finding } from "../check";
import {
  allocations,
  clients,
  database,
  jobId,
  runningAllocation,
  type Allocation,
  type NomadNode,
} from "../nomad";
import { configOf, type World } from "../world";
import type { Platform, Target } from "./platform";

/** Clients that can run the job. */
async function able(world: World): Promise<NomadNode[]> {
  const { kind, source } = (await configOf(world, "nomad")).overseerr.volume;
  return (await possibleClients(world)).filter(
    ({ Drivers, HostVolumes }) =>
      Drivers?.docker?.Healthy && (kind === "csi" || HostVolumes?.[source]?.ReadOnly === false),
  );
}

async function choose(world: World, wanted?: string): Promise<Target | readonly Finding[]> {
  const { ID, NodeID, NodeName } = await runningAllocation(world);
  if (wanted !== undefined && wanted !== NodeName && wanted !== NodeID) {
    const fix = `npm run verify -- ${world.stack} --drill --node ${NodeName}`;
    return [{ about: "--node", found: wanted, expected: `${NodeName}, where ${jobId} runs`, fix }];
  }
  const elsewhere = (await able(world)).filter((client) => client.ID !== NodeID);
  if (elsewhere.length === 0) {
    const { kind, source } = (await configOf(world, "nomad")).overseerr.volume;
    const needs = kind === "host" ? `Docker and the host volume ${source}` : "Docker";
    return [
      {
        about: NodeName,
        found: `only it can run ${jobId} (no other client takes jobs and has ${needs})`,
        expected: "another client that takes it over",
        fix: "a drill needs a second client: nomad node status",
      },
    ];
  }
  const node = (await clients(world)).find((client) => client.ID === NodeID);
  const there = await world.nomad<readonly { JobID: string; ClientStatus: string }[]>(
    `/v1/node/${NodeID}/allocations`,
  );
  const others = there
    .filter(({ JobID, ClientStatus }) => JobID !== jobId && ClientStatus === "running")
    .map(({ JobID }) => JobID);
  return {
    node: NodeName,
    id: NodeID,
    closed: node?.SchedulingEligibility === "ineligible",
    apps: [jobId],
    elsewhere: elsewhere.map(({ Name }) => Name),
    others: [...new Set(others)].sort(),
    // Litestream's last upload.
    stopSeconds: 30,
    counts: await rows(world, ID),
  };
}

/** How many rows the tables have that people would miss; nothing where there is no task with the tools to count. */
async function rows(world: World, allocation: string): Promise<Record<string, number>> {
  const { replica } = (await configOf(world, "nomad")).overseerr;
  if (!replica) return {};
  const values = { DATABASE: database };
  const text = await world.inTask(allocation, "litestream", { file: "rows.sh", values });
  return Object.fromEntries(
    text
      .trim()
      .split("\n")
      .map((line) => line.split(" "))
      .map(([table = "", count]) => [table, Number(count)]),
  );
}

function troubleOf({ ClientStatus, TaskStates }: Allocation): string {
  const late = Object.entries(TaskStates ?? {}).find(([, { State }]) => State !== "running");
  return late?.[1].Events?.at(-1)?.DisplayMessage ?? `an allocation that is ${ClientStatus}`;
}

export const nomad: Platform = {
  program: "nomad",
  words: {
    look: `nomad job status ${jobId}`,
    stays: `nomad job status ${jobId}; nomad node status -self`,
    away: `nomad alloc logs -job -task litestream-restore -stderr ${jobId}; nomad job status ${jobId}`,
  },
  choose,
  drain: ({ id }, seconds) => [
    ...["node", "drain", "-enable", "-detach", "-yes"],
    ...["-deadline", `${seconds.toString()}s`, id],
  ],
  release: ({ id, closed }) => [
    ...["node", "drain", "-disable", "-yes", ...(closed ? ["-keep-ineligible"] : [])],
    id,
  ],
  standings: async (world, { id }) => {
    const all = (await allocations(world)).filter(({ ClientStatus }) =>
      ["pending", "running"].includes(ClientStatus),
    );
    const running = all.filter(({ ClientStatus }) => ClientStatus === "running");
    const [late] = all.filter((each) => each.NodeID !== id);
    return [
      {
        app: jobId,
        // One that came with the drain is told to be healthy; the old one was.
        ready: running.some(({ NodeID, DeploymentStatus }) =>
          NodeID === id ? true : DeploymentStatus?.Healthy === true,
        ),
        left: all.every(({ NodeID }) => NodeID !== id),
        on: [...new Set(all.map(({ NodeName }) => NodeName))],
        trouble: late ? troubleOf(late) : "no allocation",
      },
    ];
  },
  isClosed: async (world, { id }) =>
    (await clients(world)).find(({ ID }) => ID === id)?.SchedulingEligibility === "ineligible",
  proof: {
    id: "drill/rows",
    meaning: "the database came along whole: no table has fewer rows",
    look: async (world, { counts }) => {
      if (Object.keys(counts).length === 0) return absent;
      const now = await rows(world, (await runningAllocation(world)).ID);
      const fix = `stop it before somebody writes: nomad job stop ${jobId}; then docs/how-to/restore.md`;
      return judged(
        Object.entries(counts)
          .filter(([table, count]) => (now[table] ?? 0) < count)
          .map(([table, count]) => ({
            about: table,
            found: `${(now[table] ?? 0).toString()} rows`,
            expected: `${count.toString()}, as before`,
            fix,
          })),
        Object.entries(now)
          .map(([table, count]) => `${table} ${count.toString()}`)
          .join(", "),
      );
    },
  },
};
