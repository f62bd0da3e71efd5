/** What a policy may find for a reason. Every entry is needed by a stack that is tested; a stale one fails the tests. */
import type { Finding } from "./finding";

export interface Exception {
  readonly policy: string;
  readonly resource: string;
  /** A part of the message, where the resource may have other findings of the policy. */
  readonly about?: string;
  readonly reason: string;
}

export const exceptions: readonly Exception[] = [
  {
    policy: "no-privileged-container",
    resource: "kubernetes:apps/v1:StatefulSet::decypharr",
    about: "container decypharr:",
    reason: "only a privileged container may hand its file system on to the node",
  },
  {
    policy: "consumer-sees-mount",
    resource: "kubernetes:apps/v1:StatefulSet::decypharr",
    about: "container prepare:",
    reason: "it ends before the file system is mounted, and works on the folder below it",
  },
  {
    policy: "claim-at-one-path",
    resource: "kubernetes:apps/v1:StatefulSet::decypharr",
    about: "symlink-library at /streaming-media",
    reason:
      "a mount below the one that is handed on would outlive the pod; a link stands at the usual path",
  },
  {
    policy: "claim-at-one-path",
    resource: "kubernetes:apps/v1:Deployment::symlink-library-nfs-holder",
    reason: "it holds the volume and reads nothing",
  },
  {
    policy: "claim-at-one-path",
    resource: "kubernetes:apps/v1:Deployment::transcode-cache-nfs-holder",
    reason: "it holds the volume and reads nothing",
  },
  ...["decypharr-dfs", "symlink-library-nfs", "transcode-cache-nfs"].flatMap((name) =>
    ["PersistentVolume", "PersistentVolumeClaim"].map((kind) => ({
      policy: "data-is-kept",
      resource: `kubernetes:core/v1:${kind}::${name}`,
      reason: "a second way to data that others hold; it keeps nothing itself",
    })),
  ),
  {
    policy: "three-probes",
    resource: "kubernetes:apps/v1:DaemonSet::intel-gpu-plugin",
    reason: "it serves nothing but the kubelet, which sees for itself whether it is there",
  },
];

export function isExcepted(
  { policy, resource, message }: Finding,
  among: readonly Exception[] = exceptions,
): boolean {
  return among.some(
    (each) =>
      each.policy === policy &&
      each.resource === resource &&
      (each.about === undefined || message.includes(each.about)),
  );
}
