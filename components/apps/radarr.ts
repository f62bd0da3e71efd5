import * as pulumi from "@pulumi/pulumi";
import { images } from "../images";
import { servarr, type LibrarianArgs } from "../servarr/servarr";

export type RadarrArgs = LibrarianArgs;

/** Radarr: finds, grabs and files films. */
export class Radarr extends pulumi.ComponentResource {
  public static readonly port = 7878;

  /** Base URL inside the cluster. */
  public readonly url: pulumi.Output<string>;
  /** Base URL for people. */
  public readonly publicUrl: string;

  constructor(name: string, args: RadarrArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:apps:Radarr", name, {}, opts);

    const app = servarr(
      name,
      args,
      {
        prefix: "RADARR",
        component: "films",
        image: images.radarr,
        port: Radarr.port,
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
