import type { types } from "@pulumi/kubernetes";
import type { Recording, RecordedResource } from "../../ops/recorder";

export type Child = Pick<RecordedResource, "type" | "name" | "inputs">;
type Container = types.output.core.v1.Container;

/** Everything that was registered, but for the component itself: type, name and inputs, nothing else. */
export function children({ resources }: Recording): Child[] {
  return resources
    .filter(({ parent }) => parent !== "")
    .map(({ type, name, inputs }) => ({ type, name, inputs }));
}

/** The same as a sorted list of `type::name`. */
export function identities(recording: Recording): string[] {
  return children(recording)
    .map(({ type, name }) => `${type}::${name}`)
    .sort();
}

/** The one child of a type; fails where there are several or none. A name picks one of several. */
export function only(recording: Recording, type: string, name?: string): RecordedResource {
  const found = recording.resources.filter(
    (resource) => resource.type === type && (name === undefined || resource.name === name),
  );
  const [first] = found;
  if (!first || found.length > 1) throw new Error(`${found.length.toString()} of ${type}, not one`);
  return first;
}

/** The pod of the one workload of a kind. */
export function podOf(
  recording: Recording,
  kind: "DaemonSet" | "Deployment" | "StatefulSet",
): types.output.core.v1.PodTemplateSpec {
  const { inputs } = only(recording, `kubernetes:apps/v1:${kind}`);
  return (inputs.spec as { template: types.output.core.v1.PodTemplateSpec }).template;
}

/** A container, a sidecar or a step of a pod by its name. */
export function containerOf(pod: types.output.core.v1.PodTemplateSpec, name: string): Container {
  const { containers, initContainers = [] } = pod.spec as {
    containers: Container[];
    initContainers?: Container[];
  };
  const found = [...containers, ...initContainers].find((container) => container.name === name);
  if (!found) throw new Error(`no container ${name}`);
  return found;
}

/** What a container finds in its environment: each value, or the Secret and key that holds it. */
export function envOf({ env }: Container): Record<string, unknown> {
  return Object.fromEntries(
    (env as { name: string; value?: string; valueFrom?: { secretKeyRef: object } }[]).map(
      ({ name, value, valueFrom }) => [name, value ?? valueFrom?.secretKeyRef],
    ),
  );
}

/** What a container mounts: the volume by path; ":ro" for one that it only reads. */
export function mountsOf({ volumeMounts }: Container): Record<string, string> {
  return Object.fromEntries(
    (volumeMounts as { name: string; mountPath: string; readOnly?: boolean }[]).map(
      ({ name, mountPath, readOnly }) => [mountPath, readOnly ? `${name}:ro` : name],
    ),
  );
}
