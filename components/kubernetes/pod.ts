import type { types } from "@pulumi/kubernetes";
import { envList, sortedEntries, type Env } from "./env";
import { onStorageNodes } from "./placement";
import { probes, type Health } from "./probes";
import type { SecurityProfile } from "./security";

/** A volume as an app gets it: handed out by whatever owns the storage, mounted under a path. */
export interface Mount {
  /** Name of the volume within the pod; mounts of the same name share the volume. */
  readonly volume: string;
  readonly source: Omit<types.input.core.v1.Volume, "name">;
  /** @default false */
  readonly readOnly?: boolean;
}

const scratch: Mount = { volume: "tmp", source: { emptyDir: {} } };

/** CPU and memory of a container, in Kubernetes' notation. */
export interface Resources {
  readonly requests: { readonly cpu: string; readonly memory: string };
  readonly limits: { readonly cpu: string; readonly memory: string };
}

export interface PodSpec {
  readonly image: string;
  readonly security: SecurityProfile;
  /** Container ports by name. */
  readonly ports: Readonly<Record<string, number>>;
  readonly health: Health;
  /** Volumes by the path under which the app finds them. */
  readonly mounts: Readonly<Record<string, Mount>>;
  readonly env?: Env;
  readonly resources: Resources;
}

/** A pod with one container; `name` is the container's. */
export function podSpec(name: string, spec: PodSpec): types.input.core.v1.PodSpec {
  const mounts = sortedEntries<Mount>({ ...spec.mounts, "/tmp": scratch });
  const volumes = new Map(mounts.map(([, { volume, source }]) => [volume, source]));

  return {
    ...onStorageNodes(),
    securityContext: spec.security.pod,
    // Service links would inject variables such as SONARR_PORT=tcp://..., which apps take for their own.
    enableServiceLinks: false,
    automountServiceAccountToken: false,
    // SQLite needs time to write its WAL back before the pod is killed.
    terminationGracePeriodSeconds: 120,
    containers: [
      {
        name,
        image: spec.image,
        securityContext: spec.security.container,
        env: envList({ ...spec.security.env, ...spec.env }),
        ports: Object.entries(spec.ports).map(([port, number]) => ({
          name: port,
          containerPort: number,
        })),
        ...probes(spec.health),
        resources: spec.resources,
        volumeMounts: mounts.map(([mountPath, { volume, readOnly }]) => ({
          name: volume,
          mountPath,
          ...(readOnly && { readOnly }),
        })),
      },
    ],
    volumes: [...volumes].map(([volume, source]) => ({ name: volume, ...source })),
  };
}
