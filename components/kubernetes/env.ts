import type { types } from "@pulumi/kubernetes";
import type { Input } from "@pulumi/pulumi";

/** One key of a Secret. Its value never stands in a pod, where it would hide the whole diff. */
export interface SecretRef {
  readonly secret: Input<string>;
  readonly key: string;
}

/** Environment variables by name. */
export type Env = Readonly<Record<string, Input<string> | SecretRef>>;

/** The container's list, sorted by name. */
export function envList(env: Env): types.input.core.v1.EnvVar[] {
  return sortedEntries(env).map(([name, value]) =>
    isSecretRef(value) ? secretVar(name, value) : { name, value },
  );
}

/** A map's entries by key, whatever order they were written in: diffs stay still. */
export function sortedEntries<T>(map: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
}

function isSecretRef(value: Env[string]): value is SecretRef {
  return typeof value === "object" && "secret" in value;
}

function secretVar(name: string, { secret, key }: SecretRef): types.input.core.v1.EnvVar {
  return { name, valueFrom: { secretKeyRef: { name: secret, key } } };
}
