import * as pulumi from "@pulumi/pulumi";
import { images } from "../images";
import { apiKey } from "../kubernetes/api-key";
import type { Mount } from "../kubernetes/pod";
import { httpGet } from "../kubernetes/probes";
import { linuxserver } from "../kubernetes/security";
import { webApp, type Site } from "../kubernetes/web-app";

export interface SonarrArgs {
  readonly site: Site;
  /** Database and settings. */
  readonly state: Mount;
  /** Host name of the Ingress. */
  readonly host: string;
}

/** Sonarr: finds, grabs and files TV series. Its SQLite state allows exactly one replica. */
export class Sonarr extends pulumi.ComponentResource {
  /** Base URL inside the cluster. */
  public readonly url: pulumi.Output<string>;
  /** Base URL for people. */
  public readonly publicUrl: string;
  /** Key of its API, for the apps that talk to it. */
  public readonly apiKey: pulumi.Output<string>;

  constructor(name: string, args: SonarrArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:apps:Sonarr", name, {}, opts);

    const key = apiKey(name, args.site.namespace, { parent: this });
    const app = webApp(
      name,
      {
        site: args.site,
        component: "series",
        image: images.sonarr,
        security: linuxserver(args.site.identity),
        ports: { http: 8989 },
        host: args.host,
        health: httpGet("/ping"),
        mounts: { "/config": args.state },
        env: {
          SONARR__AUTH__APIKEY: key.ref,
          // Signing in is left to what stands before the Ingress; the API still asks for its key.
          SONARR__AUTH__METHOD: "External",
        },
        resources: {
          requests: { cpu: "100m", memory: "512Mi" },
          limits: { cpu: "500m", memory: "2Gi" },
        },
      },
      { parent: this },
    );

    this.url = app.url;
    this.publicUrl = app.publicUrl;
    this.apiKey = key.value;
    this.registerOutputs({ url: this.url, publicUrl: this.publicUrl });
  }
}
