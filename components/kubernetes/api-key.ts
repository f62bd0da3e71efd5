import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { SecretRef } from "./env";
import { labels } from "./labels";

export interface ApiKey {
  /** The key itself, for other apps and for the stack's outputs; marked secret. */
  readonly value: pulumi.Output<string>;
  /** Where the app's own environment finds it. */
  readonly ref: SecretRef;
}

/**
 * Generates an API key of 32 hexadecimal digits and the Secret that holds it, under the calling
 * component. Known before the app's first start, it spares copying keys from one UI into another.
 */
export function apiKey(
  name: string,
  namespace: pulumi.Input<string>,
  opts: { readonly parent: pulumi.ComponentResource },
): ApiKey {
  // A password of sixteen symbols and not RandomId, which keeps its value in the state in clear.
  const generated = new random.RandomPassword(
    `${name}-api-key`,
    {
      length: 32,
      lower: false,
      upper: false,
      numeric: true,
      special: true,
      overrideSpecial: "abcdef",
    },
    opts,
  );
  const key = "api-key";
  const secret = new k8s.core.v1.Secret(
    `${name}-api-key`,
    {
      // Autonamed and immutable: a new key is a new Secret, and that rolls the pod.
      metadata: { namespace, labels: labels(name, key) },
      immutable: true,
      stringData: { [key]: generated.result },
    },
    opts,
  );
  return { value: generated.result, ref: { secret: secret.metadata.name, key } };
}
