/** Planned resources for tests of what is said about them. */
import type { Planned, PlannedResource } from "../../../ops/preview/planned";

export const urn = (types: string, name: string) =>
  `urn:pulumi:homelab::media-homelab::${types}::${name}`;

export function planned(
  type: string,
  name: string,
  rest: Partial<PlannedResource> = {},
): PlannedResource {
  const { parent = "" } = rest;
  const above = parent === "" ? "" : `${parent.split("::")[2] ?? ""}$`;
  return {
    urn: urn(`${above}${type}`, name),
    type,
    name,
    custom: !type.startsWith("homelab:"),
    parent,
    inputs: {},
    options: {},
    aliases: [],
    ...rest,
  };
}

const kept = { protect: true, retainOnDelete: true };

export const claimType = "kubernetes:core/v1:PersistentVolumeClaim";
export const box = planned("homelab:storage:StateClaim", "config-sonarr");

/** A claim as the stacks register it. */
export function claim(rest: Partial<PlannedResource> = {}): PlannedResource {
  return planned(claimType, "config-sonarr", {
    parent: box.urn,
    options: kept,
    inputs: {
      metadata: { name: "config-sonarr", namespace: "media" },
      spec: {
        accessModes: ["ReadWriteOnce", "ReadOnlyMany"],
        storageClassName: "longhorn-simple",
        volumeName: "pv-1",
        resources: { requests: { storage: "10Gi" } },
      },
    },
    ...rest,
  });
}

/** The graph with the one resource changed at a path of its inputs. */
export function changed(resource: PlannedResource, path: string, value: unknown): Planned {
  const inputs = structuredClone(resource.inputs);
  const steps = path.split(".");
  const last = steps.pop() ?? "";
  let place: Record<string, unknown> = inputs;
  for (const step of steps) {
    place[step] ??= {};
    place = place[step] as Record<string, unknown>;
  }
  if (value === undefined) Reflect.deleteProperty(place, last);
  else place[last] = value;
  return [{ ...resource, inputs }];
}

export { kept };
