import * as pulumi from "@pulumi/pulumi";
import type { Mount } from "../kubernetes/pod";
import { claim, type ClaimArgs } from "./claim";

export interface StateClaimArgs extends ClaimArgs {
  readonly storageClass: pulumi.Input<string>;
}

/** A claim that holds an app's state: it outlives the stack, and only one node mounts it at a time. */
export class StateClaim extends pulumi.ComponentResource {
  /** The claim as an app mounts it. */
  public readonly mount: Mount;

  constructor(name: string, args: StateClaimArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:storage:StateClaim", name, {}, opts);

    const { mount } = claim(
      name,
      args,
      { accessModes: ["ReadWriteOnce"], storageClassName: args.storageClass },
      this,
    );
    this.mount = mount;
    this.registerOutputs({});
  }
}
