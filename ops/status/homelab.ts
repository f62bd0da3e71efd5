/** The k3s stack: its apps, its claims, and how they hang together. */
import type { HomelabConfig } from "../../config/schema";
import { longhornClasses } from "../checks/doctor/storage";
import {
  expectedObjects,
  mainContainer,
  type Expected,
  type ExpectedWorkload,
} from "../checks/expected";
import type { KubeClaim, KubePod, Meta } from "../checks/kubernetes";
import { containersOf, own, podsOf, readinessOf, trouble } from "../checks/verify/workloads";
import type { Items } from "../checks/world";
import { generatedAddress } from "../recorder";
import type { Asking, Parts } from "./gather";
import { homelabPicture } from "./homelab-picture";
import { ago, unasked, type AppStatus, type Live, type VolumeStatus } from "./model";

/** Checks of the verification whose answers are part of the status. */
export const homelabQuestions = [
  "cluster/reachable",
  "arr/ingress",
  "decypharr/ingress",
  "plex/ingress",
  "decypharr/mount",
  "plex/media",
];

export async function homelabParts(asking: Asking, config: HomelabConfig): Promise<Parts> {
  const expected = await expectedObjects(asking.world);
  const [apps, volumes] = await Promise.all([
    appsOf(asking, expected),
    volumesOf(asking, expected),
  ]);
  return {
    apps,
    volumes,
    backups: [],
    picture: homelabPicture(asking, config, apps, volumes),
  };
}

async function appsOf({ world, outputs, asked }: Asking, expected: Expected): Promise<AppStatus[]> {
  const pods = await asked("pods", () => own<KubePod>(world, "pods"));
  const all = expected.workloads.map((workload): AppStatus => {
    const { name } = workload.metadata;
    const url = outputs.urls?.[outputName(name)];
    const main = mainContainer(workload);
    const images = new Set([main, ...workload.pod.containers].map((each) => each?.image ?? ""));
    const running = pods && podsOf(workload, pods)[0];
    const image = running?.spec.containers.find((each) => each.name === main?.name)?.image;
    return {
      name,
      ...(url !== undefined && { url }),
      images: [...images],
      ...(image !== undefined && { version: tagOf(image) }),
      live: pods ? liveOf(workload, pods) : unasked,
    };
  });
  // What people open comes first.
  const rank = ({ url, name }: AppStatus) => `${url === undefined ? "1" : "0"} ${name}`;
  return all.sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

/** As the outputs call an app: clusterplexOrchestrator. */
function outputName(name: string): string {
  return name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

export function tagOf(image: string): string {
  return /:([^/:@]+)(?:@.*)?$/.exec(image)?.[1] ?? image;
}

function liveOf(workload: ExpectedWorkload, pods: readonly KubePod[]): Live {
  const { ready, wanted, unready } = readinessOf(workload, pods);
  const count = `${ready.toString()} of ${Math.max(wanted, ready).toString()} ready`;
  if (ready < wanted)
    return { state: ready > 0 ? "warning" : "down", said: `${count}: ${trouble(unready[0])}` };
  const planned = new Map(containersOf(workload.pod).map(({ name, image }) => [name, image]));
  const other = podsOf(workload, pods)
    .flatMap(({ spec }) => containersOf(spec))
    .find(({ name, image }) => planned.has(name) && planned.get(name) !== image);
  return other
    ? { state: "warning", said: `${count}, but ${other.name} is ${other.image}` }
    : { state: "ok", said: count };
}

/** https://longhorn.io/docs/1.9.0/references/ : one for every volume that was ever backed up. */
interface BackupVolume {
  readonly metadata: Meta;
  readonly spec?: { readonly volumeName?: string };
  readonly status?: { readonly lastBackupAt?: string };
}

async function volumesOf(asking: Asking, expected: Expected): Promise<VolumeStatus[]> {
  const { world, asked } = asking;
  const [claims, exports, backup] = await Promise.all([
    asked("claims", () => own<KubeClaim>(world, "persistentvolumeclaims")),
    exportsOf(asking),
    backupsOf(asking),
  ]);
  return expected.claims.map((planned) => {
    const { name } = planned.metadata;
    const found = claims?.find(({ metadata }) => metadata.name === name);
    const { spec } = found ?? planned;
    const { storageClassName: className = "" } = spec;
    const capacity = found?.status?.capacity?.storage;
    const newest = backup(found ?? planned);
    return {
      name,
      kind: className === "" ? (exports.get(spec.volumeName ?? "") ?? "static volume") : className,
      size: planned.spec.resources.requests.storage,
      ...(capacity !== undefined && { capacity }),
      live: claims ? boundState(found) : unasked,
      ...(newest && { backup: newest }),
    };
  });
}

function boundState(claim: KubeClaim | undefined): Live {
  if (!claim) return { state: "down", said: "no such claim" };
  const phase = claim.status?.phase ?? "unknown";
  if (phase === "Bound") return { state: "ok", said: phase };
  // It may wait for the first pod that mounts it.
  return { state: phase === "Pending" ? "warning" : "down", said: phase };
}

/** What the volumes of the plan are, by name: an export of the NAS, or a folder of the node. */
async function exportsOf({ world }: Asking): Promise<Map<string, string>> {
  const { resources } = await world.plan();
  const volumes = resources.filter(({ type }) => type === "kubernetes:core/v1:PersistentVolume");
  return new Map(
    volumes.map(({ inputs }) => {
      const { metadata, spec } = inputs as unknown as {
        metadata: Meta;
        spec: { nfs?: { server: string; path: string }; hostPath?: { path: string } };
      };
      const { nfs, hostPath } = spec;
      // Of an export of the cluster's own, the plan does not know the address.
      const server = nfs?.server === generatedAddress ? "the cluster's own" : nfs?.server;
      const kind = nfs ? `NFS ${server ?? ""}:${nfs.path}` : `folder ${hostPath?.path ?? "?"}`;
      return [metadata.name, kind];
    }),
  );
}

/** The newest backup of a claim, where it lies on Longhorn; the NAS has its own. */
async function backupsOf({ world, now, asked }: Asking) {
  const classes = (await asked("StorageClasses", () => longhornClasses(world))) ?? [];
  const names = new Set(classes.map(({ metadata }) => metadata.name));
  const kind = "backupvolumes.longhorn.io";
  const volumes =
    names.size > 0
      ? await asked("Longhorn's backups", () =>
          world.kube<Items<BackupVolume>>(kind, "--all-namespaces"),
        )
      : undefined;
  return ({ spec }: KubeClaim): Live | undefined => {
    if (!names.has(spec.storageClassName ?? "")) return undefined;
    if (!volumes) return unasked;
    const times = volumes.items
      .filter((each) => (each.spec?.volumeName ?? each.metadata.name) === spec.volumeName)
      .map(({ status }) => status?.lastBackupAt ?? "")
      .filter((time) => time !== "");
    const newest = times.sort().at(-1);
    return newest === undefined
      ? { state: "warning", said: "none" }
      : { state: "ok", said: ago(new Date(newest), now) };
  };
}
