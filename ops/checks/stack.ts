/** What the checks of both platforms derive from a stack's config. */
import type { HomelabConfig, NomadConfig, StackConfig } from "../../config/schema";
import type { SecretName } from "../../config/secrets";
import { neededSecrets } from "../../stacks/homelab";
import type { World } from "./world";

/** The secrets that the stack's program asks for. */
export function secretsOf(config: StackConfig): SecretName[] {
  return config.platform === "k3s" ? neededSecrets(config) : storeKeys(config);
}

function storeKeys({ overseerr: { replica, migration } }: NomadConfig): SecretName[] {
  const moves = migration?.phase === "move" && replica !== undefined;
  return replica?.keys.write || moves ? ["minioAccessKey", "minioSecretKey"] : [];
}

/** The app that is moved into the stack, and its move. */
export function migrationOf(config: StackConfig) {
  if (config.platform === "nomad") {
    const { migration } = config.overseerr;
    return migration && { app: "overseerr" as const, ...migration };
  }
  const { enabled, migration } = config.plex;
  return enabled && migration ? { app: "plex" as const, ...migration } : undefined;
}

/** Whether an `up` has made this object; `type` as in `kubernetes:core/v1:Namespace`. */
export async function isMade(world: World, type: string, name?: string): Promise<boolean> {
  const { resources = [] } = (await world.state()) ?? {};
  return resources.some((each) => each.type === type && (name === undefined || each.name === name));
}

/**
 * What undoes a change of an object that was made past Pulumi. For the API server its fields belong to whoever changed
 * them since, and the provider leaves them to him unless it is told otherwise:
 * https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/
 */
export function takeBack(stack: string): string {
  return `PULUMI_K8S_ENABLE_PATCH_FORCE=true pulumi up --refresh --stack ${stack}`;
}

/** A command as people have to type it for this stack: the stack and the cluster that are meant, not those at hand. */
export function typed(command: string, stack: string, config: StackConfig | undefined): string {
  const named = command.replaceAll(
    /\bpulumi (config (?:set|rm)|stack output|preview|up)\b(?![^;`]*--stack)/g,
    `pulumi $1 --stack ${stack}`,
  );
  if (config?.platform === "k3s") return named.replaceAll(/\bkubectl (?=[a-z])/g, kubectl(config));
  if (config?.platform !== "nomad") return named;
  return named.replaceAll(/\bnomad (?=[a-z]+ )/g, `NOMAD_ADDR=${config.nomad.address} nomad `);
}

function kubectl({ kubernetes, namespace }: HomelabConfig): string {
  const { context, kubeconfig } = kubernetes;
  const file = kubeconfig === undefined ? "" : `--kubeconfig ${kubeconfig} `;
  return `kubectl ${file}--context ${context} --namespace ${namespace.name} `;
}

/** The first number of a version, such as 1.34 of v1.34.1+k3s1. */
export function majorMinor(version: string): [number, number] {
  const [, major = "0", minor = "0"] = /(\d+)\.(\d+)/.exec(version) ?? [];
  return [Number(major), Number(minor)];
}

/** Whether a version is that one or a later one. */
export function isAtLeast(version: string, least: readonly [number, number]): boolean {
  const [major, minor] = majorMinor(version);
  return major > least[0] || (major === least[0] && minor >= least[1]);
}
