import * as pulumi from "@pulumi/pulumi";
import { images } from "../images";
import type { SecretRef } from "../kubernetes/env";
import type { Mount } from "../kubernetes/pod";
import { httpGet } from "../kubernetes/probes";
import { appSecret } from "../kubernetes/secret";
import { linuxserver } from "../kubernetes/security";
import { webApp, type Site } from "../kubernetes/web-app";

/** A *arr app as Pulsarr reaches it. */
export interface ArrTarget {
  readonly url: pulumi.Input<string>;
  readonly apiKey: SecretRef;
}

export interface PulsarrArgs {
  readonly site: Site;
  /** Its SQLite database. */
  readonly state: Mount;
  /** Token of the Plex account whose watchlists it follows. */
  readonly plexToken: pulumi.Input<string>;
  /** @default none: series are left alone */
  readonly sonarr?: ArrTarget;
  /** @default none: films are left alone */
  readonly radarr?: ArrTarget;
  /** Host name of the Ingress. */
  readonly host: string;
}

const port = 3003;

/** Pulsarr: sends what the family puts on its Plex watchlists to Sonarr and Radarr. */
export class Pulsarr extends pulumi.ComponentResource {
  /** Base URL for people. */
  public readonly publicUrl: string;

  constructor(name: string, args: PulsarrArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:apps:Pulsarr", name, {}, opts);

    const { site, sonarr, radarr } = args;
    const secrets = appSecret(
      name,
      site.namespace,
      { "plex-tokens": pulumi.jsonStringify([args.plexToken]) },
      { parent: this },
    );
    const app = webApp(
      name,
      {
        site,
        component: "watchlists",
        image: images.pulsarr,
        security: linuxserver(site.identity),
        placement: { nodes: "storage" },
        ports: { http: port },
        host: args.host,
        health: httpGet("/health"),
        mounts: { "/app/data": args.state },
        // Its own spelling: https://jamcalli.github.io/Pulsarr/docs/installation/configuration
        env: {
          plexTokens: secrets["plex-tokens"],
          ...(sonarr && { sonarrBaseUrl: sonarr.url, sonarrApiKey: sonarr.apiKey }),
          ...(radarr && { radarrBaseUrl: radarr.url, radarrApiKey: radarr.apiKey }),
          // Where Sonarr and Radarr send their webhooks; the port has to be the Service's.
          baseUrl: pulumi.interpolate`http://${name}.${site.namespace}`,
          port: port.toString(),
          authenticationMethod: "required",
          logLevel: "info",
          NODE_ARGS: "--log-both",
        },
        resources: {
          requests: { cpu: "50m", memory: "128Mi" },
          limits: { cpu: "200m", memory: "512Mi" },
        },
      },
      { parent: this },
    );

    this.publicUrl = app.publicUrl;
    this.registerOutputs({ publicUrl: this.publicUrl });
  }
}
