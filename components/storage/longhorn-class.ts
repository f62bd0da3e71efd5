import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

export interface LonghornClassArgs {
  readonly name: string;
  /** `create` it, or `reference` one that exists. */
  readonly mode: "create" | "reference";
  /** Whether pods on many nodes mount a volume at the same time. */
  readonly shared: boolean;
}

/**
 * A StorageClass of Longhorn with two replicas, one on each storage node.
 * https://longhorn.io/docs/1.9.0/references/storage-class-parameters/
 */
export class LonghornClass extends pulumi.ComponentResource {
  /** Resolves once the class is there. */
  public readonly name: pulumi.Output<string>;

  constructor(name: string, args: LonghornClassArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:storage:LonghornClass", name, {}, opts);

    if (args.mode === "reference") {
      this.name = pulumi.output(args.name);
    } else {
      const created = new k8s.storage.v1.StorageClass(
        name,
        {
          metadata: { name: args.name },
          provisioner: "driver.longhorn.io",
          allowVolumeExpansion: true,
          // Data is deleted by a person, never by the deletion of a claim.
          reclaimPolicy: "Retain",
          volumeBindingMode: "Immediate",
          parameters: {
            numberOfReplicas: "2",
            staleReplicaTimeout: "30",
            dataLocality: "best-effort",
            fsType: "ext4",
            ...(args.shared && {
              migratable: "false",
              // Never soft: a write that is given up half-way corrupts what it wrote to.
              nfsOptions: "vers=4.1,noresvport,hard,timeo=600,retrans=5",
            }),
          },
        },
        { parent: this, retainOnDelete: true },
      );
      this.name = created.metadata.name;
    }
    this.registerOutputs({ name: this.name });
  }
}
