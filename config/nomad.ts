/** What the stack file of the Nomad stack may say: one strict object per concern. */
import { z } from "zod";
import {
  hostname,
  name,
  network,
  quantity,
  rootUrl,
  secretsFile,
  serverUrl,
  text,
  timezone,
  webUrl,
} from "./fields";
import { overseerrMigration } from "./overseerr-migration";

const nomad = z
  .strictObject({
    address: webUrl("https://nomad.example.org:4646").describe("URL of the Nomad API."),
    region: name("global").optional().describe("Region; by default the one of the agent asked."),
    datacenters: z
      .array(text(/^[^\s,]+$/, "a datacenter's name or pattern", "dc1"))
      .min(1, { error: "at least one datacenter" })
      .default(["*"])
      .describe("Datacenters in which the job may run."),
  })
  .describe("The Nomad cluster.");

const secrets = z
  .strictObject({
    file: secretsFile("nomad"),
  })
  .prefault({})
  .describe(
    "Where the secrets lie, encrypted; only read for a migration, or if replica.keys are to be written.",
  );

const volume = z
  .strictObject({
    kind: z.enum(["csi", "host"]).describe("CSI volume, or a host volume of the clients."),
    source: name("glusterfs_overseerr_config").describe("Id of the volume, as Nomad knows it."),
    plugin: name("glusterfs")
      .optional()
      .describe("CSI plugin that makes the volume; by default it is there already."),
    size: quantity("1Gi").optional().describe("Least size of a volume that the plugin makes."),
  })
  .describe("Where Overseerr's settings live.");

const service = z
  .strictObject({
    provider: z.enum(["consul", "nomad"]).describe("Catalogue that Traefik reads."),
    mesh: z
      .boolean()
      .default(false)
      .describe("Join Consul's mesh through a transparent proxy; needs provider consul."),
    directNetworks: z
      .array(network("192.168.1.0/24"))
      .default([])
      .describe("Networks reached past the mesh's proxy, if the mesh lets nothing else out."),
  })
  .describe("How Overseerr is announced.");

const replica = z
  .strictObject({
    endpoint: webUrl("http://minio.service.consul:9000").describe("URL of the S3 object store."),
    bucket: text(
      /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
      "a bucket's name: lower-case letters, digits, dots and dashes",
      "overseerr-litestream",
    ).describe("Bucket; it has to exist."),
    path: text(/^[\w.-]+(\/[\w.-]+)*$/, "a path in the bucket, without a slash at its ends", "db")
      .default("db")
      .describe("Where in the bucket. Nothing else may write there."),
    region: name("us-east-1")
      .default("us-east-1")
      .describe("Region that requests are signed for; MinIO's own default."),
    keys: z
      .strictObject({
        from: z
          .enum(["vault", "variable"])
          .describe("Vault, or Nomad's own variables where there is no Vault."),
        path: text(
          /^[\w-]+(\/[\w-]+)+$/,
          "a path such as nomad/default/overseerr",
          "nomad/default/overseerr",
        )
          .optional()
          .describe(
            "Where MINIO_ACCESS_KEY and MINIO_SECRET_KEY lie; by default nomad/default/overseerr in Vault and nomad/jobs/overseerr among the variables.",
          ),
        write: z
          .boolean()
          .default(false)
          .describe("Write them there, from minioAccessKey and minioSecretKey of the secrets."),
      })
      .describe("The store's keys, as the job reads them."),
    allowEmptyBootstrap: z
      .boolean()
      .default(false)
      .describe("Begin anew where neither a database nor a replica has ever been."),
    syncSeconds: z
      .int()
      .min(1)
      .max(300)
      .default(10)
      .describe("Seconds between two uploads: what a lost node costs at most."),
    snapshotHours: z.int().min(1).max(168).default(24).describe("Hours between two snapshots."),
    retentionHours: z
      .int()
      .min(1)
      .max(8760)
      .default(168)
      .describe("Hours for which a snapshot is kept, and with it every state since."),
  })
  .describe("Where the database is replicated to; without it, it is lost with its disk.");

const targets = z
  .strictObject({
    homelab: text(/^[\w.-]+$/, "a stack's name: letters, digits, dots and dashes", "homelab")
      .optional()
      .describe("Stack of this project whose Plex, Sonarr and Radarr these are."),
    plex: rootUrl("http://192.168.1.241:32400")
      .optional()
      .describe("URL of Plex; by default what the homelab stack tells, or what Overseerr has."),
    sonarr: serverUrl("http://sonarr.homelab").optional().describe("The same of Sonarr."),
    radarr: serverUrl("http://radarr.homelab").optional().describe("The same of Radarr."),
  })
  .describe("What Overseerr speaks to; without it, that is left as it is.");

const overseerr = z
  .strictObject({
    app: z
      .enum(["overseerr", "seerr"])
      .default("overseerr")
      .describe("Overseerr, or its successor Seerr, which takes the database over for good."),
    host: hostname("overseerr.example.org").describe("Host name that Traefik routes to Overseerr."),
    timezone: timezone.default("Europe/London").describe("Time zone of the logs and schedules."),
    volume,
    service,
    replica: replica.optional(),
    migration: overseerrMigration.optional(),
    targets: targets.optional(),
  })
  .describe("Overseerr and what surrounds it.");

/** The Nomad stack. */
export const nomadConfig = z.strictObject({
  platform: z.literal("nomad"),
  nomad,
  secrets,
  overseerr,
});

export type NomadConfig = z.infer<typeof nomadConfig>;
