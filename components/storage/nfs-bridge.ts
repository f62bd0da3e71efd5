import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { images } from "../images";
import { labels, selectorLabels } from "../kubernetes/labels";
import type { Mount } from "../kubernetes/pod";
import { exec } from "../kubernetes/probes";
import { unprivileged } from "../kubernetes/security";
import { podTemplate, type Site } from "../kubernetes/web-app";
import type { SharedClaim } from "./shared-claim";
import { StaticVolume } from "./static-volume";

export interface NfsBridgeArgs {
  readonly site: Site;
  /** Plain name of the site's namespace. */
  readonly siteName: string;
  readonly claim: SharedClaim;
  /** Size that the volume states. */
  readonly size: string;
  readonly readOnly: boolean;
}

/**
 * A shared Longhorn volume for a node that can't run Longhorn's CSI driver, such as an LXC container, which
 * has no iSCSI: its NFS server is mounted directly. That server runs only while some pod holds the volume
 * the regular way, hence the holder. https://longhorn.io/docs/1.9.0/nodes-and-volumes/volumes/rwx-volumes/
 */
export class NfsBridge extends pulumi.ComponentResource {
  public readonly mount: Mount;

  constructor(name: string, args: NfsBridgeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:storage:NfsBridge", name, {}, opts);

    const { site, claim } = args;
    const { namespace } = site;
    const holderName = `${name}-holder`;
    const holder = new k8s.apps.v1.Deployment(
      holderName,
      {
        metadata: { name: holderName, namespace, labels: labels(holderName, "storage") },
        spec: {
          replicas: 1,
          selector: { matchLabels: selectorLabels(holderName) },
          template: podTemplate(holderName, {
            component: "storage",
            image: images.rclone,
            command: ["sleep", "infinity"],
            security: unprivileged(site.identity),
            placement: { nodes: "storage" },
            ports: {},
            health: exec("stat", "/volume"),
            mounts: { "/volume": { ...claim.mount, readOnly: true } },
            resources: {
              requests: { cpu: "5m", memory: "16Mi" },
              limits: { cpu: "50m", memory: "32Mi" },
            },
          }),
        },
      },
      { parent: this },
    );
    const volume = pulumi.all([claim.volumeName, holder.id]).apply(([volumeName]) => volumeName);
    const server = k8s.core.v1.Service.get(name, pulumi.interpolate`longhorn-system/${volume}`, {
      parent: this,
    });
    this.mount = new StaticVolume(
      name,
      {
        namespace,
        site: args.siteName,
        size: args.size,
        readOnly: args.readOnly,
        protect: false,
        disposable: true,
        folder: {
          kind: "nfs",
          server: server.spec.clusterIP,
          path: pulumi.interpolate`/${volume}`,
        },
      },
      { parent: this },
    ).mount;
    this.registerOutputs({});
  }
}
