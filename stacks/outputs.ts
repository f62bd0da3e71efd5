import type { Input } from "@pulumi/pulumi";

/** What one app has to tell after `up`. */
export interface AppOutputs {
  /** Address for people. */
  readonly url: Input<string>;
  /** Address handed out to its Service of type LoadBalancer. */
  readonly loadBalancer?: Input<string>;
  /** What actually runs. */
  readonly image: string;
  /** Generated keys, marked secret. */
  readonly secrets?: Readonly<Record<string, Input<string>>>;
}

/** What every stack tells after `up`; the same keys in each, so that tools read all of them alike. */
export interface StackOutputs {
  readonly urls: Readonly<Record<string, Input<string>>>;
  readonly loadBalancers: Readonly<Record<string, Input<string>>>;
  readonly images: Readonly<Record<string, string>>;
  /** What is left for a person to do, in order. */
  readonly nextSteps: readonly string[];
  /** `pulumi stack output secrets --show-secrets` */
  readonly secrets: Readonly<Record<string, Input<string>>>;
}

/** Sorts the apps' outputs by what is told instead of by app. */
export function stackOutputs(
  apps: Readonly<Record<string, AppOutputs>>,
  nextSteps: readonly string[],
): StackOutputs {
  const collect = <T>(pick: (app: AppOutputs) => T | undefined): Record<string, T> =>
    Object.fromEntries(
      Object.entries(apps).flatMap(([name, app]) => {
        const value = pick(app);
        return value === undefined ? [] : [[name, value]];
      }),
    );
  return {
    urls: collect((app) => app.url),
    loadBalancers: collect((app) => app.loadBalancer),
    images: collect((app) => app.image),
    nextSteps,
    secrets: Object.fromEntries(
      Object.values(apps).flatMap((app) => Object.entries(app.secrets ?? {})),
    ),
  };
}
