/**
 * How checks ask. Everything goes through one interface, so that tests can answer instead of a cluster. No answer
 * holds a secret but those of scripts, which say nothing of theirs.
 */
import type { StackConfig } from "../../config/schema";
import type { SecretName } from "../../config/secrets";
import type { Recording } from "../recorder";
import type { Ended } from "./ask";

/** A list as Kubernetes gives it. */
export interface Items<T> {
  readonly items: readonly T[];
}

/** What an HTTP server answers. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  /** Where it sends the caller instead. */
  readonly location?: string;
}

export interface HttpOptions {
  /** Host name to ask for, whatever the address. @default that of the URL */
  readonly host?: string;
}

/** What Pulumi keeps of a stack. */
export interface StackState {
  /** Type, as in `kubernetes:core/v1:Namespace`, and name of everything that it has made. */
  readonly resources: readonly { readonly type: string; readonly name: string }[];
  /** How many operations were begun and not noted as done. */
  readonly pending: number;
}

/** A script of ops/checks/scripts, and its variables. Both travel on standard input. */
export interface Script {
  readonly file: string;
  readonly values?: Readonly<Record<string, string>>;
}

export interface World {
  readonly stack: string;
  /** The stack's config. Throws all faults at once, in the project's words. */
  readonly config: () => Promise<StackConfig>;
  /** What the program makes of the config; nothing of it is secret. */
  readonly plan: () => Promise<Recording>;
  /** Outputs of the last `up`; what is secret is not shown. Empty before the first. */
  readonly outputs: () => Promise<Readonly<Record<string, unknown>>>;
  /** Nothing where there is no such stack yet. */
  readonly state: () => Promise<StackState | undefined>;
  /** Proves that the secrets can be read. Throws everything that is wrong with them. */
  readonly secrets: (file: string, needed: readonly SecretName[]) => Promise<void>;
  /** What a program of this machine prints. Throws where it isn't there, or fails. */
  readonly tool: (program: string, ...args: string[]) => Promise<string>;
  /** Answer of `kubectl get …`, parsed. */
  readonly kube: <T>(...args: string[]) => Promise<T>;
  /** What this user may do in the namespace, as the cluster's own review lists it. */
  readonly rights: (namespace: string) => Promise<Rights>;
  /** Output of a script in a container, such as `deployment/sonarr sonarr`. */
  readonly inPod: (pod: string, container: string, script: Script) => Promise<string>;
  /** Answer of Nomad's API to a GET, parsed. */
  readonly nomad: <T>(route: string) => Promise<T>;
  /** Output of a script in a task of an allocation. */
  readonly inTask: (allocation: string, task: string, script: Script) => Promise<string>;
  readonly http: (url: string, options?: HttpOptions) => Promise<Answer>;
  /** Runs the first step of an app's migration, which only looks. */
  readonly look: (app: "plex" | "overseerr") => Promise<Ended>;
}

/** https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/self-subject-rules-review-v1/ */
export interface Rights {
  readonly incomplete: boolean;
  readonly resourceRules: readonly {
    readonly verbs: readonly string[];
    readonly apiGroups?: readonly string[];
    readonly resources?: readonly string[];
    readonly resourceNames?: readonly string[];
  }[];
}

/** The config of one platform; checks of the other are never run. */
export async function configOf<P extends StackConfig["platform"]>(
  world: World,
  platform: P,
): Promise<Extract<StackConfig, { platform: P }>> {
  const config = await world.config();
  if (config.platform !== platform)
    throw new Error(`the stack's platform is ${config.platform}, not ${platform}`);
  return config as Extract<StackConfig, { platform: P }>;
}
