import * as pulumi from "@pulumi/pulumi";
import { images } from "../images";
import { servarr, type LibrarianArgs } from "../servarr/servarr";

export type SonarrArgs = LibrarianArgs;

/** Sonarr: finds, grabs and files TV series. */
export class Sonarr extends pulumi.ComponentResource {
  public static readonly port = 8989;

  /** Base URL inside the cluster. */
  public readonly url: pulumi.Output<string>;
  /** Base URL for people. */
  public readonly publicUrl: string;

  constructor(name: string, args: SonarrArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:apps:Sonarr", name, {}, opts);

    const app = servarr(
      name,
      args,
      {
        prefix: "SONARR",
        component: "series",
        image: images.sonarr,
        port: Sonarr.port,
        resources: {
          requests: { cpu: "100m", memory: "512Mi" },
          limits: { cpu: "500m", memory: "2Gi" },
        },
      },
      { parent: this },
    );

    this.url = app.url;
    this.publicUrl = app.publicUrl;
    this.registerOutputs({ url: this.url, publicUrl: this.publicUrl });
  }
}
