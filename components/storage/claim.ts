import * as k8s from "@pulumi/kubernetes";
import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { labels } from "../kubernetes/labels";
import type { Mount } from "../kubernetes/pod";

/** How data outlives the stack. Every claim is retained when the stack is destroyed. */
export interface Keeping {
  /** Refuse to delete or replace it. */
  readonly protect: boolean;
  /** Namespace in which an earlier stack has left the claims; they are taken over as found. */
  readonly adoptFrom?: string;
  /** Holds nothing of its own: deleted and replaced like any other object. @default false */
  readonly disposable?: boolean;
}

/** What to know of any claim. */
export interface ClaimArgs extends Keeping {
  readonly namespace: pulumi.Input<string>;
  /** In Kubernetes' notation, such as `10Gi`. */
  readonly size: string;
}

/** Registers a protected, retained claim under the calling component and gives it as a mount. */
export function claim(
  name: string,
  args: ClaimArgs,
  spec: Omit<types.input.core.v1.PersistentVolumeClaimSpec, "resources">,
  parent: pulumi.ComponentResource,
): { claim: k8s.core.v1.PersistentVolumeClaim; mount: Mount } {
  const claim = new k8s.core.v1.PersistentVolumeClaim(
    name,
    {
      metadata: { name, namespace: args.namespace, labels: labels(name, "storage") },
      spec: { ...spec, resources: { requests: { storage: args.size } } },
    },
    { parent, ...kept(args, (namespace) => `${namespace}/${name}`) },
  );
  const source = { persistentVolumeClaim: { claimName: claim.metadata.name } };
  return { claim, mount: { volume: name, source } };
}

/** The options of whatever holds data; `id` names the object in the namespace of an earlier stack. */
export function kept(
  { protect, adoptFrom, disposable = false }: Keeping,
  id: (namespace: string) => string,
): pulumi.CustomResourceOptions {
  if (disposable) return {};
  return {
    protect,
    retainOnDelete: true,
    // As found: its size and class may have been changed since, and most of a claim is immutable.
    ...(adoptFrom && { import: id(adoptFrom), ignoreChanges: ["*"] }),
  };
}
