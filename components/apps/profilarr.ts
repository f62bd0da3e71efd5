import * as pulumi from "@pulumi/pulumi";
import { images } from "../images";
import type { Mount } from "../kubernetes/pod";
import { tcpConnect } from "../kubernetes/probes";
import { linuxserver } from "../kubernetes/security";
import { webApp, type Site } from "../kubernetes/web-app";

export interface ProfilarrArgs {
  readonly site: Site;
  /** Its data; that of version 1 can't be read by version 2. */
  readonly state: Mount;
  /** Host name of the Ingress. */
  readonly host: string;
}

/** Profilarr: keeps the quality profiles of Sonarr and Radarr in step with a public database. */
export class Profilarr extends pulumi.ComponentResource {
  /** Base URL for people. */
  public readonly publicUrl: string;

  constructor(name: string, args: ProfilarrArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:apps:Profilarr", name, {}, opts);

    const { site, host } = args;
    const app = webApp(
      name,
      {
        site,
        component: "profiles",
        image: images.profilarr,
        security: linuxserver(site.identity),
        placement: { nodes: "storage" },
        ports: { http: 6868 },
        host,
        // Version 2 has no endpoint that answers without signing in.
        health: tcpConnect(),
        mounts: { "/config": args.state },
        // The address that browsers use, which sign-ins are checked against.
        env: { AUTH: "local", ORIGIN: `${site.ingress.tls ? "https" : "http"}://${host}` },
        resources: {
          requests: { cpu: "50m", memory: "256Mi" },
          limits: { cpu: "500m", memory: "512Mi" },
        },
      },
      { parent: this },
    );

    this.publicUrl = app.publicUrl;
    this.registerOutputs({ publicUrl: this.publicUrl });
  }
}
