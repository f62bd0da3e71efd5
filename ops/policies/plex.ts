/** Plex and ClusterPlex: one server, and the same files under the same paths wherever they are read. */
import { idOf, type Graph, type Policy } from "./finding";
import { among, at, differs, isHidden, list, shown, text } from "./value";
import {
  claimNameOf,
  claimsOf,
  isOneNodes,
  isPlex,
  isWorker,
  mounts,
  mountsOf,
  objectName,
  ofKind,
  pods,
  qualified,
  type Container,
  type Mount,
  type Pod,
} from "./views";

export const onePlex: Policy = (graph) =>
  pods(graph)
    .filter(isPlex)
    .map(({ workload }) => ({ workload, replicas: at(workload.inputs, "spec", "replicas") }))
    .filter(({ replicas }) => typeof replicas === "number" && replicas > 1)
    .map(({ workload, replicas }) => ({
      resource: idOf(workload),
      message: `found ${shown(replicas)} replicas, expected at most 1: two servers on one library ruin it`,
      fix: "set plex.replicas: 1",
    }));

/** The mounts of a pod through which it shares files with others: no scratch, no files of ours, no state of its own. */
function sharedMounts(graph: Graph, pod: Pod): Mount[] {
  const own = claimsOf(graph, pod)
    .filter(isOneNodes)
    .map(({ name }) => name);
  return mountsOf(pod).filter(({ volume }) => {
    const kinds = ["persistentVolumeClaim", "nfs", "hostPath"];
    const claim = claimNameOf(volume);
    const isOwn = typeof claim === "string" && own.includes(claim);
    return !isHidden(volume) && kinds.some((kind) => at(volume, kind) !== undefined) && !isOwn;
  });
}

/** Whether the paths of a pod's shared mounts can be told. */
function isClear(graph: Graph, pod: Pod): boolean {
  const read = mountsOf(pod).flatMap(({ path, volume, spec }) => [
    ...[path, volume, spec],
    qualified(pod.namespace, claimNameOf(volume)),
  ]);
  const claims = ofKind(graph, "PersistentVolumeClaim").flatMap((claim) => [
    objectName(claim),
    ...list(at(claim.inputs, "spec", "accessModes")),
  ]);
  return ![...read, ...claims].some(isHidden);
}

export const workerSeesPlexsPaths: Policy = (graph) => {
  const servers = pods(graph).filter((pod) => isPlex(pod) && !isWorker(pod));
  const workers = pods(graph).filter(isWorker);
  const paths = (pod: Pod) => sharedMounts(graph, pod).flatMap(({ path }) => text(path) ?? []);
  const pairs = servers.flatMap((server) => workers.map((worker) => ({ server, worker })));
  const missing = (from: Pod, to: Pod) =>
    isClear(graph, from) && isClear(graph, to)
      ? [...new Set(paths(from))].filter((path) => !paths(to).includes(path))
      : [];
  const fix = "mount the same volumes at the same paths in both";
  return pairs.flatMap(({ server, worker }) => [
    ...missing(server, worker).map((path) => ({
      resource: idOf(worker.workload),
      message: `found no shared volume at ${path}, expected the one that ${server.workload.name} has there: jobs name its files by path`,
      fix,
    })),
    ...missing(worker, server).map((path) => ({
      resource: idOf(server.workload),
      message: `found no shared volume at ${path}, expected the one that ${worker.workload.name} has there: jobs name its files by path`,
      fix,
    })),
  ]);
};

/** What Plex writes besides its own state. */
const written = /(^|\/)(transcode|optimized)(\/|$)/;

export const mediaIsReadOnly: Policy = (graph) =>
  pods(graph)
    .filter((pod) => (isPlex(pod) || isWorker(pod)) && isClear(graph, pod))
    .flatMap((pod) => {
      const all = sharedMounts(graph, pod);
      // Under another path it is the same folder.
      const writable = new Set(
        all.filter(({ path }) => written.test(shown(path))).map(({ spec }) => at(spec, "name")),
      );
      return all
        .filter(({ path, spec }) => !isHidden(path) && !writable.has(at(spec, "name")))
        .filter(({ spec }) => differs(at(spec, "readOnly"), true))
        .map(({ container, path }) => ({
          resource: idOf(pod.workload),
          message: `container ${container.name}: found ${shown(path)} writable, expected readOnly: a player never changes media`,
          fix: "mount it readOnly",
        }));
    });

export const claimHasOnePath: Policy = (graph) => {
  const all = pods(graph).flatMap((pod) =>
    mountsOf(pod).flatMap((mount) => {
      const name = claimNameOf(mount.volume);
      const claim = name === undefined ? undefined : qualified(pod.namespace, name);
      const path = text(mount.path);
      const whole = at(mount.spec, "subPath") === undefined;
      if (claim === undefined || path === undefined || isHidden(claim) || !whole) return [];
      return [{ pod, container: mount.container, claim, path }];
    }),
  );
  return all
    .map((mount) => {
      const others = all.filter(({ claim, pod }) => claim === mount.claim && pod !== mount.pod);
      return { ...mount, usual: usual([mount, ...others].map(({ path }) => path)), others };
    })
    .filter(({ others, path, usual }) => others.length > 0 && path !== usual)
    .filter(({ container, claim, usual }) => !mayHave(container, claim, usual))
    .map(({ pod, container, claim, path, usual }) => ({
      resource: idOf(pod.workload),
      message: `container ${container.name}: found ${claim} at ${path}, expected ${usual} as elsewhere: links into it would not resolve`,
      fix: "mount a shared claim at one path in every pod",
    }));
};

/** Whether a container finds a claim at a path, as far as it can be read: one more path then does no harm. */
function mayHave(container: Container, claim: string, path: string): boolean {
  const isWhole = among([undefined]);
  return mounts(container).some((mount) => {
    const name = qualified(container.pod.namespace, claimNameOf(mount.volume));
    return among([claim])(name) && among([path])(mount.path) && isWhole(at(mount.spec, "subPath"));
  });
}

/** The path that most use; of several, the first by name. */
function usual(paths: readonly string[]): string {
  const count = (path: string) => paths.filter((each) => each === path).length;
  const sorted = [...new Set(paths)].sort();
  return sorted.sort((a, b) => count(b) - count(a))[0] ?? "";
}
