import * as fs from "node:fs";
import * as path from "node:path";
import * as nomad from "@pulumi/nomad";
import * as pulumi from "@pulumi/pulumi";
import { images } from "../images";

export interface OverseerrArgs {
  /** Host name that Traefik routes to it. */
  readonly host: string;
  /** Datacenters in which it may run; patterns are allowed. */
  readonly datacenters: readonly string[];
  /** IANA name. */
  readonly timezone: string;
  /** Volume that holds settings.json. */
  readonly volume: { readonly kind: "csi" | "host"; readonly source: string };
  readonly service: {
    /** Catalogue in which it is announced. */
    readonly provider: "consul" | "nomad";
    /** Join Consul's mesh through a transparent proxy. */
    readonly mesh: boolean;
  };
}

/** Overseerr, the request front end, as one Nomad job. Its SQLite state allows exactly one allocation. */
export class Overseerr extends pulumi.ComponentResource {
  /** Base URL for people, through Traefik. */
  public readonly url: string;
  /** Nomad's id of the job, for the operator's commands. */
  public readonly jobId: pulumi.Output<string>;

  constructor(name: string, args: OverseerrArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:nomad:Overseerr", name, {}, opts);

    const job = new nomad.Job(
      name,
      {
        jobspec: fs.readFileSync(path.join(__dirname, "overseerr.nomad.hcl"), "utf8"),
        // Scalars known in preview: an unknown one would hide the whole plan of the job.
        hcl2: {
          vars: {
            image: images.overseerr,
            host: args.host,
            datacenters: args.datacenters.join(","),
            timezone: args.timezone,
            volume_type: args.volume.kind,
            volume_source: args.volume.source,
            service_provider: args.service.provider,
            mesh: args.service.mesh.toString(),
          },
        },
        // `up` ends when the deployment is healthy, not when Nomad has taken note of it.
        detach: false,
        // Without it the dead job keeps its name for hours.
        purgeOnDestroy: true,
      },
      // Above the job's progress deadline, so that Nomad's own reason is what is reported.
      { parent: this, customTimeouts: { create: "15m", update: "15m" } },
    );

    this.url = `https://${args.host}`;
    this.jobId = job.id;
    this.registerOutputs({ url: this.url, jobId: this.jobId });
  }
}
