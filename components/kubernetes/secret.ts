import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { SecretRef } from "./env";
import { labels } from "./labels";

/**
 * Registers a Secret of an app and gives a reference to each of its keys. Autonamed and immutable: a
 * new value is a new Secret, and that rolls the pods that refer to it.
 */
export function appSecret<K extends string>(
  name: string,
  namespace: pulumi.Input<string>,
  data: Readonly<Record<K, pulumi.Input<string>>>,
  opts: { readonly parent: pulumi.ComponentResource },
): Record<K, SecretRef> {
  const secret = new k8s.core.v1.Secret(
    name,
    {
      metadata: { namespace, labels: labels(name, "secrets") },
      immutable: true,
      stringData: data,
    },
    opts,
  );
  const refs = (Object.keys(data) as K[]).map((key) => [
    key,
    { secret: secret.metadata.name, key },
  ]);
  return Object.fromEntries(refs) as Record<K, SecretRef>;
}
