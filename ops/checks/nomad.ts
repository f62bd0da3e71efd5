/** The parts read here of what Nomad answers: https://developer.hashicorp.com/nomad/api-docs */
import type { World } from "./world";

export interface NomadNode {
  readonly ID: string;
  readonly Name: string;
  readonly Datacenter: string;
  readonly Status: string;
  readonly SchedulingEligibility: string;
  readonly Drain: boolean;
  readonly Version: string;
  readonly Drivers?: Readonly<
    Record<string, { readonly Healthy: boolean; readonly HealthDescription?: string }>
  >;
  readonly HostVolumes?: Readonly<Record<string, { readonly ReadOnly: boolean }>> | null;
}

export interface NomadJob {
  readonly ID: string;
  readonly Status: string;
  readonly Stop: boolean;
  readonly Version: number;
  readonly TaskGroups: readonly {
    readonly Tasks: readonly {
      readonly Name: string;
      readonly Config: { readonly image?: string };
    }[];
  }[];
}

export interface Deployment {
  readonly JobVersion: number;
  readonly Status: string;
  readonly StatusDescription: string;
}

export interface Allocation {
  readonly ID: string;
  readonly ClientStatus: string;
  readonly JobVersion: number;
  readonly NodeID: string;
  readonly NodeName: string;
  readonly DeploymentStatus: { readonly Healthy: boolean | null } | null;
  readonly TaskStates: Readonly<
    Record<
      string,
      {
        readonly State: string;
        readonly Failed: boolean;
        readonly Events?: readonly { readonly DisplayMessage?: string }[];
      }
    >
  > | null;
}

export const jobId = "overseerr";

/** The database, as every task of an allocation sees it. */
export const database = "/alloc/data/db/db.sqlite3";

export const clients = (world: World) => world.nomad<readonly NomadNode[]>("/v1/nodes");

/** Clients on which the job may be placed. */
export function eligible(nodes: readonly NomadNode[]): NomadNode[] {
  return nodes.filter(
    ({ Status, SchedulingEligibility }) =>
      Status === "ready" && SchedulingEligibility === "eligible",
  );
}

/** The job; nothing where Nomad has none of that name. */
export async function job(world: World): Promise<NomadJob | undefined> {
  try {
    return await world.nomad<NomadJob>(`/v1/job/${jobId}`);
  } catch (error) {
    if (error instanceof Error && error.message.includes("job not found")) return undefined;
    throw error;
  }
}

export const allocations = (world: World) =>
  world.nomad<readonly Allocation[]>(`/v1/job/${jobId}/allocations`);

/** The allocation that runs. */
export async function runningAllocation(world: World): Promise<Allocation> {
  const running = (await allocations(world)).find(({ ClientStatus }) => ClientStatus === "running");
  if (!running) throw new Error(`no allocation of ${jobId} runs`);
  return running;
}

/** Whether a name is one of the config's, each of which may have * in it. */
export function matchesAny(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) =>
    new RegExp(`^${pattern.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`).test(
      name,
    ),
  );
}
