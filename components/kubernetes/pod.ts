import type { types } from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";
import { envList, sortedEntries, type Env } from "./env";
import { place, type Placement } from "./placement";
import { probes, type ProbeSpec } from "./probes";
import type { SecurityProfile } from "./security";

type Container = types.input.core.v1.Container;

/** A volume as an app gets it: handed out by whatever owns the storage, mounted under a path. */
export interface Mount {
  /** Name of the volume within the pod; mounts of the same name share the volume. */
  readonly volume: string;
  readonly source: Omit<types.input.core.v1.Volume, "name">;
  /** @default false */
  readonly readOnly?: boolean;
  /** Folder of the volume. @default its root */
  readonly subPath?: string;
  /** Whether mounts made later on one side appear on the other. @default on neither */
  readonly propagation?: "HostToContainer" | "Bidirectional";
}

/** Volumes by the path under which a container finds them. */
export type Mounts = Readonly<Record<string, Mount>>;

/** A writable folder that lasts as long as the pod. */
export const scratch = (volume: string): Mount => ({ volume, source: { emptyDir: {} } });

/** CPU and memory of a container, in Kubernetes' notation. */
export interface Resources {
  readonly requests: { readonly cpu: string; readonly memory: string };
  readonly limits: { readonly cpu: string; readonly memory: string };
}

/** What every container of a pod has. */
export interface ContainerSpec {
  readonly image: string;
  readonly security: SecurityProfile;
  readonly mounts: Mounts;
  readonly resources: Resources;
  /** Program and arguments. @default the image's own */
  readonly command?: readonly Input<string>[];
  readonly env?: Env;
}

/** A container that serves. */
export interface ServerSpec extends ContainerSpec, ProbeSpec {
  /** Container ports by name. */
  readonly ports: Readonly<Record<string, number>>;
  /** Devices by resource name, such as `{"gpu.intel.com/i915": 1}`. */
  readonly devices?: Readonly<Record<string, number>>;
  /** Runs before the container is stopped. */
  readonly preStop?: readonly string[];
}

export interface PodSpec extends ServerSpec {
  readonly placement: Placement;
  /** Steps before the start, by name, in their order. */
  readonly steps?: Readonly<Record<string, ContainerSpec>>;
  /** Further containers, by name. */
  readonly sidecars?: Readonly<Record<string, ServerSpec>>;
}

/** A pod whose main container is named `name`. The pod's own security context is the main container's. */
export function podSpec(name: string, spec: PodSpec): types.input.core.v1.PodSpec {
  const { steps = {}, sidecars = {} } = spec;
  const containers = [spec, ...Object.values(sidecars), ...Object.values(steps)];
  const volumes = new Map(
    containers.flatMap(({ mounts }) =>
      sortedEntries<Mount>(withScratch(mounts)).map(([, { volume, source }]) => [volume, source]),
    ),
  );
  return {
    ...place(spec.placement),
    securityContext: spec.security.pod,
    // Service links would inject variables such as SONARR_PORT=tcp://..., which apps take for their own.
    enableServiceLinks: false,
    automountServiceAccountToken: false,
    ...(spec.steps && {
      initContainers: Object.entries(steps).map(([step, stepSpec]) => container(step, stepSpec)),
    }),
    containers: [
      server(name, spec),
      ...sortedEntries(sidecars).map(([sidecar, sidecarSpec]) => server(sidecar, sidecarSpec)),
    ],
    volumes: [...volumes].map(([volume, source]) => ({ name: volume, ...source })),
  };
}

function server(name: string, spec: ServerSpec): Container {
  const { devices, preStop, resources } = spec;
  return {
    ...container(name, spec),
    ports: Object.entries(spec.ports).map(([port, number]) => ({
      name: port,
      containerPort: number,
    })),
    ...probes(spec),
    ...(devices && {
      resources: { ...resources, limits: { ...resources.limits, ...quantities(devices) } },
    }),
    ...(preStop && { lifecycle: { preStop: { exec: { command: [...preStop] } } } }),
  };
}

/** Counts as Kubernetes gives them back, so that they don't differ at the next `up`. */
function quantities(counts: Readonly<Record<string, number>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(counts).map(([name, count]) => [name, count.toString()]),
  );
}

function container(name: string, spec: ContainerSpec): Container {
  return {
    name,
    image: spec.image,
    ...(spec.command && { command: [...spec.command] }),
    securityContext: spec.security.container,
    env: envList({ ...spec.security.env, ...spec.env }),
    resources: spec.resources,
    volumeMounts: sortedEntries<Mount>(withScratch(spec.mounts)).map(([mountPath, mount]) => ({
      name: mount.volume,
      mountPath,
      ...(mount.readOnly && { readOnly: true }),
      ...(mount.subPath && { subPath: mount.subPath }),
      ...(mount.propagation && { mountPropagation: mount.propagation }),
    })),
  };
}

function withScratch(mounts: Mounts): Mounts {
  return { ...mounts, "/tmp": scratch("tmp") };
}
