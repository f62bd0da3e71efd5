import * as k8s from "@pulumi/kubernetes";
import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { labels } from "../kubernetes/labels";
import type { Mount } from "../kubernetes/pod";
import { claim, kept, type ClaimArgs } from "./claim";

/** A folder that exists already: exported over NFS, or on a cluster's only node. */
export type Folder =
  | {
      readonly kind: "nfs";
      /** Address of the server as the nodes reach it: names of the cluster's own DNS don't resolve there. */
      readonly server: pulumi.Input<string>;
      readonly path: pulumi.Input<string>;
      /** NFS mount options. @default those of a NAS that speaks NFSv4.1 */
      readonly mountOptions?: readonly string[];
    }
  | { readonly kind: "hostPath"; readonly path: string };

export interface StaticVolumeArgs extends ClaimArgs {
  /** Name of the namespace, which makes the volume's name unique in the cluster. */
  readonly site: string;
  readonly folder: Folder;
  /** Whether nobody writes to it. */
  readonly readOnly: boolean;
}

/**
 * A PersistentVolume of a folder that exists already, and the one claim that it is reserved for. No
 * StorageClass is involved: a dynamic one would make an empty folder of its own.
 */
export class StaticVolume extends pulumi.ComponentResource {
  public readonly mount: Mount;

  constructor(name: string, args: StaticVolumeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:storage:StaticVolume", name, {}, opts);

    const accessModes = [args.readOnly ? "ReadOnlyMany" : "ReadWriteMany"];
    const volumeName = `${args.site}-${name}`;
    const volume = new k8s.core.v1.PersistentVolume(
      name,
      {
        metadata: { name: volumeName, labels: labels(name, "storage") },
        spec: {
          capacity: { storage: args.size },
          accessModes,
          persistentVolumeReclaimPolicy: "Retain",
          storageClassName: "",
          claimRef: { name, namespace: args.namespace },
          ...source(args.folder, args.readOnly),
        },
      },
      { parent: this, ...kept(args, () => volumeName) },
    );
    const { mount } = claim(
      name,
      args,
      { accessModes, storageClassName: "", volumeName: volume.metadata.name },
      this,
    );
    this.mount = { ...mount, readOnly: args.readOnly };
    this.registerOutputs({});
  }
}

function source(folder: Folder, readOnly: boolean): types.input.core.v1.PersistentVolumeSpec {
  if (folder.kind === "hostPath") return { hostPath: { path: folder.path, type: "Directory" } };
  const { server, path, mountOptions = readOnly ? readOnlyOptions : writableOptions } = folder;
  return { nfs: { server, path, readOnly }, mountOptions: [...mountOptions] };
}

/** A write must never be given up half-way: the client waits until the server is back. */
const writableOptions = ["nfsvers=4.1", "hard", "noatime"];

/** A reader gets an error after a while instead of hanging with a NAS that is switched off. */
const readOnlyOptions = ["nfsvers=4.1", "soft", "timeo=150", "retrans=3", "noatime"];
