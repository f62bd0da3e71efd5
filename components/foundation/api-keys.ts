import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { SecretRef } from "../kubernetes/env";
import { appSecret } from "../kubernetes/secret";

/** One app's API key. */
export interface ApiKey {
  /** The key itself, for the stack's outputs; marked secret. */
  readonly value: pulumi.Output<string>;
  /** Where pods find it. */
  readonly ref: SecretRef;
}

export interface ApiKeysArgs {
  readonly namespace: pulumi.Input<string>;
  readonly apps: readonly string[];
}

/**
 * API keys of 32 hexadecimal digits for apps that take theirs from outside, in one Secret. Known
 * before the apps' first start, they spare copying keys from one UI into another.
 */
export class ApiKeys extends pulumi.ComponentResource {
  private readonly keys: ReadonlyMap<string, ApiKey>;

  constructor(
    name: string,
    { namespace, apps }: ApiKeysArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("homelab:foundation:ApiKeys", name, {}, opts);

    const values = new Map(apps.map((app) => [app, this.generate(app)]));
    const data = Object.fromEntries([...values].map(([app, value]) => [`${app}-api-key`, value]));
    const refs = appSecret(name, namespace, data, { parent: this });
    this.keys = new Map(
      [...values].map(([app, value]) => {
        const ref = refs[`${app}-api-key`];
        if (!ref) throw new Error(`no key of ${app} in the Secret`);
        return [app, { value, ref }];
      }),
    );
    this.registerOutputs({});
  }

  /** The key of one of the apps. Throws for any other. */
  public of(app: string): ApiKey {
    const key = this.keys.get(app);
    if (!key)
      throw new Error(
        `no API key was made for ${app}, only for ${[...this.keys.keys()].join(", ")}`,
      );
    return key;
  }

  private generate(app: string): pulumi.Output<string> {
    // A password of sixteen symbols and not RandomId, which keeps its value in the state in clear.
    const sixteen = { lower: false, upper: false, numeric: true, special: true };
    const password = new random.RandomPassword(
      `${app}-api-key`,
      { length: 32, ...sixteen, overrideSpecial: "abcdef" },
      { parent: this },
    );
    return password.result;
  }
}
