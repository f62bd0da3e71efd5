import * as pulumi from "@pulumi/pulumi";
import type { Mount } from "../kubernetes/pod";
import { claim, type ClaimArgs } from "./claim";

export interface SharedClaimArgs extends ClaimArgs {
  /** A class whose volumes many nodes can mount, such as longhorn-rwx. */
  readonly storageClass: pulumi.Input<string>;
}

/** A claim that pods on many nodes write at the same time. */
export class SharedClaim extends pulumi.ComponentResource {
  public readonly mount: Mount;
  /** Name of the volume behind the claim, once it is bound. */
  public readonly volumeName: pulumi.Output<string>;

  constructor(name: string, args: SharedClaimArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:storage:SharedClaim", name, {}, opts);

    const { mount, claim: shared } = claim(
      name,
      args,
      { accessModes: ["ReadWriteMany"], storageClassName: args.storageClass },
      this,
    );
    this.mount = mount;
    this.volumeName = shared.spec.volumeName;
    this.registerOutputs({});
  }
}
