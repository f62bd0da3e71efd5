import * as pulumi from "@pulumi/pulumi";
import { images } from "../images";
import type { SecretRef } from "../kubernetes/env";
import type { Mount } from "../kubernetes/pod";
import { httpGet } from "../kubernetes/probes";
import { linuxserver } from "../kubernetes/security";
import { webApp, type Site } from "../kubernetes/web-app";

export interface ProwlarrArgs {
  readonly site: Site;
  /** Database and settings. */
  readonly state: Mount;
  /** Key of its API. */
  readonly apiKey: SecretRef;
  /** Host name of the Ingress. */
  readonly host: string;
}

/** Prowlarr: keeps the indexers of Sonarr and Radarr in one place. */
export class Prowlarr extends pulumi.ComponentResource {
  /** Base URL inside the cluster. */
  public readonly url: pulumi.Output<string>;
  /** Base URL for people. */
  public readonly publicUrl: string;

  constructor(name: string, args: ProwlarrArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:apps:Prowlarr", name, {}, opts);

    const app = webApp(
      name,
      {
        site: args.site,
        component: "indexers",
        image: images.prowlarr,
        security: linuxserver(args.site.identity),
        placement: { nodes: "storage" },
        ports: { http: 9696 },
        host: args.host,
        health: httpGet("/ping"),
        mounts: { "/config": args.state },
        env: {
          PROWLARR__AUTH__APIKEY: args.apiKey,
          // Signing in is left to what stands before the Ingress; the API still asks for its key.
          PROWLARR__AUTH__METHOD: "External",
        },
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
