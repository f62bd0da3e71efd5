import * as pulumi from "@pulumi/pulumi";
import { images } from "../images";
import { servarr, type ServarrArgs } from "../servarr/servarr";

export type ProwlarrArgs = ServarrArgs;

/** Prowlarr: keeps the indexers of Sonarr and Radarr in one place. */
export class Prowlarr extends pulumi.ComponentResource {
  public static readonly port = 9696;

  /** Base URL inside the cluster. */
  public readonly url: pulumi.Output<string>;
  /** Base URL for people. */
  public readonly publicUrl: string;

  constructor(name: string, args: ProwlarrArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:apps:Prowlarr", name, {}, opts);

    const app = servarr(
      name,
      args,
      {
        prefix: "PROWLARR",
        component: "indexers",
        image: images.prowlarr,
        port: Prowlarr.port,
        resources: {
          requests: { cpu: "100m", memory: "256Mi" },
          limits: { cpu: "500m", memory: "1Gi" },
        },
      },
      { parent: this },
    );

    this.url = app.url;
    this.publicUrl = app.publicUrl;
    this.registerOutputs({ url: this.url, publicUrl: this.publicUrl });
  }
}
