/** The Overseerr that Nomad runs, and its replica, as an operator asks for them. */
import { onNode, tool, until } from "./tools";

export interface Allocation {
  readonly ID: string;
  readonly ClientStatus: string;
  readonly TaskStates: Readonly<
    Record<string, { readonly StartedAt: string | null; readonly FinishedAt: string | null }>
  >;
  readonly DeploymentStatus: { readonly Healthy: boolean } | null;
  readonly AllocatedResources: {
    readonly Shared: { readonly Ports: { readonly Value: number; readonly HostIP: string }[] };
  };
}

/** On the allocation's disk. */
export const database = "/alloc/data/db/db.sqlite3";

export const nomad = async <T>(route: string) =>
  JSON.parse(await tool("nomad", "operator", "api", "-X", "GET", route)) as T;

export const allocations = () => nomad<Allocation[]>("/v1/job/overseerr/allocations");

/** The one that runs. */
export async function allocation(): Promise<Allocation> {
  const all = await allocations();
  const [running, ...others] = all.filter(({ ClientStatus }) => ClientStatus === "running");
  if (others.length > 0) throw new Error(`${(others.length + 1).toString()} allocations run`);
  return nomad<Allocation>(`/v1/allocation/${running?.ID ?? "none"}`);
}

/** Answer of its API; with a key, as its owner. */
export async function overseerr(route: string, key = ""): Promise<unknown> {
  const [port] = (await allocation()).AllocatedResources.Shared.Ports;
  const address = `http://${port?.HostIP ?? ""}:${String(port?.Value)}${route}`;
  const asked = ["--silent", "--fail", "--max-time", "10", "--header", `X-Api-Key: ${key}`];
  return JSON.parse(await tool("curl", ...asked, address));
}

/** Output of a command in one of its tasks. Now and then Nomad loses that of one that ends at once: it is asked again. */
export async function inTask(task: string, ...command: string[]): Promise<string> {
  const ask = async () =>
    tool("nomad", "alloc", "exec", `-task=${task}`, (await allocation()).ID, ...command);
  return (await ask()) || (await ask()) || (await ask());
}

export const sql = (statement: string) => inTask("litestream", "sqlite3", database, statement);
export const requests = () => sql("SELECT count(*) FROM media_request");
/** Somebody asks for a film; more than once, where Nomad has lost the answer. */
export const request = () =>
  sql("INSERT INTO media_request (status, type) VALUES (2, 'movie') RETURNING id");

/** What was said by the task that brings the database back. */
export const restoreLog = (allocationId: string, ...options: string[]) =>
  tool("nomad", "alloc", "logs", ...options, allocationId, "litestream-restore");

/** Waits until so many requests could be restored. */
export async function replicated(count: string): Promise<void> {
  await until(60, async () => {
    const restore = `rm -f /tmp/restored*; litestream restore -config /local/litestream.yml -o /tmp/restored ${database} >/dev/null
      sqlite3 /tmp/restored "SELECT count(*) FROM media_request"`;
    expect(await inTask("litestream", "bash", "-c", restore)).toBe(count);
  });
}

/** Takes the content of the allocation's disk away; tells whose. */
export async function wipeDisk(): Promise<string> {
  const { ID } = await allocation();
  await onNode("bash", "-c", `rm -rf /var/lib/nomad/alloc/${ID}/alloc/data/*`);
  return ID;
}
