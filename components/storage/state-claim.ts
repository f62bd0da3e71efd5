import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { labels } from "../kubernetes/labels";
import type { Mount } from "../kubernetes/pod";

export interface StateClaimArgs {
  readonly namespace: pulumi.Input<string>;
  readonly storageClass: string;
  /** In Kubernetes' notation, such as `10Gi`. */
  readonly size: string;
  /** Refuse to delete or replace the claim. */
  readonly protect: boolean;
}

/** A claim that holds an app's state: it outlives the stack, and only one node mounts it at a time. */
export class StateClaim extends pulumi.ComponentResource {
  /** The claim as an app mounts it. */
  public readonly mount: Mount;

  constructor(name: string, args: StateClaimArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:storage:StateClaim", name, {}, opts);

    const claim = new k8s.core.v1.PersistentVolumeClaim(
      name,
      {
        metadata: { name, namespace: args.namespace, labels: labels(name, "state") },
        spec: {
          accessModes: ["ReadWriteOnce"],
          storageClassName: args.storageClass,
          resources: { requests: { storage: args.size } },
        },
      },
      { parent: this, protect: args.protect, retainOnDelete: true },
    );

    this.mount = {
      volume: name,
      source: { persistentVolumeClaim: { claimName: claim.metadata.name } },
    };
    this.registerOutputs({ claimName: claim.metadata.name });
  }
}
