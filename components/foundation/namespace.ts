import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

export interface NamespaceArgs {
  readonly name: string;
  /**
   * `create` a new one, `adopt` one that exists, or only `reference` it. The choice is the user's,
   * because creating what exists fails and adopting what doesn't exist fails as well.
   */
  readonly mode: "create" | "adopt" | "reference";
}

/** The namespace of a stack. It is never deleted, since the retained claims would go with it. */
export class Namespace extends pulumi.ComponentResource {
  /** Resolves once the namespace is there. */
  public readonly name: pulumi.Output<string>;

  constructor(name: string, args: NamespaceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:foundation:Namespace", name, {}, opts);

    if (args.mode === "reference") {
      this.name = pulumi.output(args.name);
    } else {
      const adopted = { import: args.name, ignoreChanges: ["*"] }; // labels and quotas stay as found
      const namespace = new k8s.core.v1.Namespace(
        name,
        { metadata: { name: args.name } },
        { parent: this, retainOnDelete: true, ...(args.mode === "adopt" && adopted) },
      );
      this.name = namespace.metadata.name;
    }
    this.registerOutputs({ name: this.name });
  }
}
