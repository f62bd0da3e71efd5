import * as pulumi from "@pulumi/pulumi";
import { images } from "../images";
import type { SecretRef } from "../kubernetes/env";
import type { Mount } from "../kubernetes/pod";
import { httpGet } from "../kubernetes/probes";
import { linuxserver } from "../kubernetes/security";
import { webApp, type Site } from "../kubernetes/web-app";
import { readsDfs, type Dfs } from "../storage/dfs";
import { libraryMounts, type MediaLibrary } from "../storage/media";

export interface RadarrArgs {
  readonly site: Site;
  /** Database and settings. */
  readonly state: Mount;
  readonly library: MediaLibrary;
  /** Decypharr's file system, into which the symlink library points. @default none */
  readonly dfs?: Dfs;
  /** Key of its API. */
  readonly apiKey: SecretRef;
  /** Host name of the Ingress. */
  readonly host: string;
}

/** Radarr: finds, grabs and files films. Its SQLite state allows exactly one replica. */
export class Radarr extends pulumi.ComponentResource {
  public static readonly port = 7878;

  /** Base URL inside the cluster. */
  public readonly url: pulumi.Output<string>;
  /** Base URL for people. */
  public readonly publicUrl: string;

  constructor(name: string, args: RadarrArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:apps:Radarr", name, {}, opts);

    const spec = {
      site: args.site,
      component: "films",
      image: images.radarr,
      security: linuxserver(args.site.identity),
      placement: { nodes: "storage" },
      ports: { http: Radarr.port },
      host: args.host,
      health: httpGet("/ping"),
      mounts: { "/config": args.state, ...libraryMounts(args.library, "read-write") },
      env: {
        RADARR__AUTH__APIKEY: args.apiKey,
        // Signing in is left to what stands before the Ingress; the API still asks for its key.
        RADARR__AUTH__METHOD: "External",
      },
      resources: {
        requests: { cpu: "100m", memory: "512Mi" },
        limits: { cpu: "500m", memory: "2Gi" },
      },
    } as const;
    const alive = `http://127.0.0.1:${Radarr.port.toString()}/ping`;
    const app = webApp(name, readsDfs(spec, alive, args.dfs), {
      parent: this,
    });

    this.url = app.url;
    this.publicUrl = app.publicUrl;
    this.registerOutputs({ url: this.url, publicUrl: this.publicUrl });
  }
}
