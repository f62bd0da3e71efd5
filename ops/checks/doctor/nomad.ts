/** Nomad, before the job is registered. */
import { reasonOf } from "../ask";
import { absent, judged, type Check, type Finding } from "../check";
import { clients, eligible, job, matchesAny } from "../nomad";
import { isAtLeast, isMade } from "../stack";
import { configOf, type World } from "../world";

export const nomadReachable: Check = {
  id: "nomad/reachable",
  meaning: "Nomad answers at the address of the config, and has a leader",
  look: "nomad server members",
  needs: ["config/valid", "workstation/nomad"],
  run: async (world) => {
    let leader: string;
    try {
      leader = await world.nomad<string>("/v1/status/leader");
    } catch (error) {
      const found = reasonOf(error);
      const fix =
        "is an agent up there? else: pulumi config set --path nomad.address http://<a server>:4646";
      return judged([{ found, expected: "an answer", fix }]);
    }
    if (leader) return { said: `leader ${leader}` };
    const fix = "look at the servers' logs: most of them have to run";
    return judged([{ found: "no leader", expected: "one", fix }]);
  },
};

export const nomadToken: Check = {
  id: "nomad/token",
  meaning: "NOMAD_TOKEN may read nodes and jobs, where Nomad asks for one",
  look: "nomad acl token self",
  needs: ["nomad/reachable"],
  run: async (world) => {
    try {
      await Promise.all([world.nomad("/v1/jobs"), clients(world)]);
      return {};
    } catch (error) {
      const found = reasonOf(error);
      const fix = "export NOMAD_TOKEN=… with a token that may submit jobs and read nodes";
      return judged([{ found, expected: "an answer", fix }]);
    }
  },
};

const version: Check = {
  id: "nomad/version",
  meaning: "Nomad is 1.10 or later on every client",
  look: "nomad node status -verbose",
  needs: ["nomad/token"],
  run: async (world) => {
    const nodes = eligible(await clients(world));
    const old = nodes.filter(({ Version }) => !isAtLeast(Version, [1, 10]));
    const fix = "upgrade it: https://developer.hashicorp.com/nomad/docs/upgrade";
    return judged(
      old.map(({ Name, Version }) => ({
        about: Name,
        found: Version,
        expected: "1.10 or later",
        fix,
      })),
      [...new Set(nodes.map(({ Version }) => Version))].join(", "),
    );
  },
};

/** Clients in the datacenters of the config. */
export async function possibleClients(world: World) {
  const { datacenters } = (await configOf(world, "nomad")).nomad;
  return eligible(await clients(world)).filter(({ Datacenter }) =>
    matchesAny(Datacenter, datacenters),
  );
}

const datacenter: Check = {
  id: "nomad/datacenter",
  meaning: "the datacenters of the config have a client that takes jobs",
  look: "nomad node status",
  needs: ["nomad/token"],
  run: async (world) => {
    const possible = await possibleClients(world);
    if (possible.length > 0) return { said: possible.map(({ Name }) => Name).join(", ") };
    const { datacenters } = (await configOf(world, "nomad")).nomad;
    const closed = (await clients(world)).filter(
      ({ Status, Datacenter }) => Status === "ready" && matchesAny(Datacenter, datacenters),
    );
    if (closed.length > 0)
      return judged(
        closed.map(({ ID, Name, Drain }) => ({
          about: Name,
          found: Drain ? "it is drained" : "it takes no new jobs",
          expected: "a client that does",
          fix: Drain
            ? `nomad node drain -disable -yes ${ID}`
            : `nomad node eligibility -enable ${ID}`,
        })),
      );
    const all = [...new Set(eligible(await clients(world)).map(({ Datacenter }) => Datacenter))];
    const found =
      all.length > 0 ? `clients only in ${all.join(", ")}` : "no client that takes jobs";
    const fix = all[0]
      ? `pulumi config set --path 'nomad.datacenters[0]' ${all[0]}`
      : "start a client's agent: nomad node status";
    return judged([{ found, expected: `one in ${datacenters.join(", ")}`, fix }]);
  },
};

const docker: Check = {
  id: "nomad/docker",
  meaning: "one of these clients has a healthy Docker driver",
  look: "nomad node status -verbose",
  needs: ["nomad/datacenter"],
  run: async (world) => {
    const possible = await possibleClients(world);
    const healthy = possible.filter(({ Drivers }) => Drivers?.docker?.Healthy);
    if (healthy.length > 0) return { said: healthy.map(({ Name }) => Name).join(", ") };
    return judged(
      possible.map(({ Name, Drivers }) => ({
        about: Name,
        found: Drivers?.docker?.HealthDescription ?? "no Docker driver",
        expected: "a healthy one",
        fix: "start Docker there, and let Nomad's agent use its socket",
      })),
    );
  },
};

interface Plugin {
  readonly ControllersHealthy: number;
  readonly NodesHealthy: number;
}

const volume: Check = {
  id: "nomad/volume",
  meaning: "the volume of the settings is there, or can be made",
  look: "nomad volume status",
  needs: ["nomad/datacenter"],
  run: async (world) => {
    const { kind, source, plugin } = (await configOf(world, "nomad")).overseerr.volume;
    if (kind === "host") return judged(await hostVolume(world, source), source);
    if (plugin !== undefined) return judged(await healthyPlugin(world, plugin), `plugin ${plugin}`);
    const { PluginID, Schedulable } = await world.nomad<{ PluginID: string; Schedulable: boolean }>(
      `/v1/volume/csi/${source}`,
    );
    const fix = `nomad plugin status ${PluginID}`;
    const found = {
      about: source,
      found: "a volume that can't be used",
      expected: "one that can",
      fix,
    };
    return judged(Schedulable ? [] : [found], source);
  },
};

async function hostVolume(world: World, source: string): Promise<Finding[]> {
  const possible = await possibleClients(world);
  const offers = possible.filter(({ HostVolumes }) => HostVolumes?.[source]?.ReadOnly === false);
  if (offers.length > 0) return [];
  const fix = `client { host_volume "${source}" { path = "…" } } in the agent's configuration, then restart it`;
  const names = possible.map(({ Name }) => Name).join(", ");
  return [{ about: source, found: `no writable one on ${names}`, expected: "a host volume", fix }];
}

async function healthyPlugin(world: World, plugin: string): Promise<Finding[]> {
  const { NodesHealthy } = await world.nomad<Plugin>(`/v1/plugin/csi/${plugin}`);
  if (NodesHealthy > 0) return [];
  const fix = `nomad plugin status ${plugin}; start the job that runs it`;
  return [{ about: plugin, found: "no healthy node", expected: "at least one", fix }];
}

const memory: Check = {
  id: "nomad/memory",
  meaning: "tasks may use more memory than they reserve",
  look: "nomad operator scheduler get-config",
  needs: ["nomad/token"],
  run: async (world) => {
    const { SchedulerConfig } = await world.nomad<{
      SchedulerConfig: { MemoryOversubscriptionEnabled: boolean };
    }>("/v1/operator/scheduler/configuration");
    const fix = "nomad operator scheduler set-config -memory-oversubscription=true";
    const found = { found: "memory_max without effect", expected: "Overseerr to have 512 MB", fix };
    return judged(
      SchedulerConfig.MemoryOversubscriptionEnabled ? [] : [{ ...found, warning: true }],
    );
  },
};

const names = ["MINIO_ACCESS_KEY", "MINIO_SECRET_KEY"];

const keys: Check = {
  id: "nomad/keys",
  meaning: "the object store's keys lie where the job reads them",
  look: "nomad var list nomad/jobs",
  needs: ["nomad/token", "workstation/stack"],
  run: async (world) => {
    const { replica } = (await configOf(world, "nomad")).overseerr;
    if (!replica) return absent;
    const { from, write } = replica.keys;
    const { path = from === "vault" ? "nomad/default/overseerr" : "nomad/jobs/overseerr" } =
      replica.keys;
    if (from === "vault") return { said: `in Vault at ${path}, which can't be asked from here` };
    if (write && !(await isMade(world, "nomad:index/variable:Variable")))
      return { said: `to be written to ${path}` };
    const there = await variableKeys(world, path);
    const missing = names.filter((name) => !there.includes(name));
    const fix = write
      ? "pulumi up --refresh"
      : `nomad var put ${path} ${names.map((name) => `${name}=…`).join(" ")}`;
    const found = there.length > 0 ? `only ${there.join(", ")}` : "no such variable";
    return judged(
      missing.length > 0 ? [{ about: path, found, expected: names.join(", "), fix }] : [],
      path,
    );
  },
};

/** Names of a variable's items; their values are let go at once. */
async function variableKeys(world: World, path: string): Promise<string[]> {
  try {
    const { Items } = await world.nomad<{ Items: Readonly<Record<string, unknown>> }>(
      `/v1/var/${path}`,
    );
    return Object.keys(Items);
  } catch (error) {
    if (error instanceof Error && error.message.includes("not found")) return [];
    throw error;
  }
}

const registered: Check = {
  id: "nomad/job",
  meaning: "the job is the one that this stack has registered, or none yet",
  look: "nomad job status overseerr",
  needs: ["nomad/token", "workstation/stack"],
  run: async (world) => {
    const made = await isMade(world, "nomad:index/job:Job");
    const found = await job(world);
    if (!made && !found) return { said: "none yet" };
    if (!found) {
      const fix = `pulumi up --refresh --stack ${world.stack}`;
      return judged([{ found: "no job", expected: "the one of the last `pulumi up`", fix }]);
    }
    if (made) return { said: `version ${found.Version.toString()}, ${found.Status}` };
    if (found.Stop) return { said: "a stopped one, which the stack takes over" };
    const fix = "look whose it is; if nobody needs it: nomad job stop -purge overseerr";
    return judged([{ found: "a job that this stack has not registered", expected: "none", fix }]);
  },
};

export const nomadChecks = [
  nomadReachable,
  nomadToken,
  version,
  datacenter,
  docker,
  volume,
  memory,
  keys,
  registered,
];
