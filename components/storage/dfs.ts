/** Decypharr's file system, as the apps that read it get it. */
import type { Placement } from "../kubernetes/placement";
import type { ContainerSpec, Mount, PodSpec } from "../kubernetes/pod";
import { exec } from "../kubernetes/probes";

export interface Dfs {
  /** Folder under which every app finds it, so that links into it resolve in all of them. */
  readonly path: string;
  readonly mount: Mount;
  /** The scripts wait-for-dfs.sh and dfs-alive.sh. */
  readonly scripts: Mount;
  /** Whether a reader should, or must, run on Decypharr's node. */
  readonly nearness: NonNullable<Placement["streaming"]>;
}

const scripts = "/opt/dfs";

/** Seconds that an app waits for the file system; below the ten minutes that `up` waits for the app. */
const patience = 540;

/**
 * An app that reads Decypharr's file system: it starts once that is there, and gets a new container when
 * its own mount of it has died. `url` answers within the container while the app is alive.
 */
export function readsDfs<T extends PodSpec>(spec: T, url: string, dfs: Dfs | undefined): T {
  if (!dfs) return spec;
  const { placement, image, security, resources } = spec;
  const wait: ContainerSpec = {
    image,
    security,
    command: ["sh", `${scripts}/wait-for-dfs.sh`],
    env: { DFS: dfs.path, LIMIT: patience.toString() },
    mounts: { [dfs.path]: dfs.mount, [scripts]: dfs.scripts },
    resources,
  };
  return {
    ...spec,
    // On the GPU node only what must be near: there is no way to draw the stack there.
    placement: placement.nodes === "gpu" ? placement : { ...placement, streaming: dfs.nearness },
    mounts: { ...spec.mounts, [dfs.path]: dfs.mount, [scripts]: dfs.scripts },
    steps: { "wait-for-dfs": wait, ...spec.steps },
    env: { ...spec.env, DFS: dfs.path },
    liveness: exec("sh", `${scripts}/dfs-alive.sh`, url),
    patienceSeconds: 60,
  };
}
