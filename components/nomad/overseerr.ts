import * as fs from "node:fs";
import * as path from "node:path";
import * as nomad from "@pulumi/nomad";
import * as pulumi from "@pulumi/pulumi";
import { images } from "../images";

export interface OverseerrArgs {
  /** Overseerr, or its successor with the same port, settings and database. */
  readonly app: "overseerr" | "seerr";
  /** Host name that Traefik routes to it. */
  readonly host: string;
  /** Datacenters in which it may run; patterns are allowed. */
  readonly datacenters: readonly string[];
  /** IANA name. */
  readonly timezone: string;
  /** Volume that holds settings.json. */
  readonly volume: {
    readonly kind: "csi" | "host";
    readonly source: string;
    /** Makes the CSI volume. @default it is there already */
    readonly create?: CreatedVolume;
  };
  readonly service: {
    /** Catalogue in which it is announced. */
    readonly provider: "consul" | "nomad";
    /** Join Consul's mesh through a transparent proxy. */
    readonly mesh: boolean;
    /** Networks (CIDR) that are reached past the mesh's proxy. */
    readonly directNetworks: readonly string[];
  };
  /** Where its database is replicated to. @default nowhere: it is lost with the disk that it lies on */
  readonly replica?: Replica;
  /** Brings an older installation here before the job starts. @default it begins here */
  readonly move?: Move;
}

export interface Move {
  /** Number of the move; its first task refuses a volume that has not seen it. */
  readonly generation: number;
  /** Makes the move, which may need what the job needs, and hands back what the job has to wait for. */
  readonly before: (needed: readonly pulumi.Resource[]) => readonly pulumi.Resource[];
}

export interface CreatedVolume {
  /** Id of the CSI plugin that makes it. */
  readonly plugin: string;
  /** Least size, such as 1Gi. @default the plugin's own */
  readonly size?: string;
}

/** A path in a bucket of an S3 object store, which this Overseerr alone writes to. */
export interface Replica {
  /** URL of the store. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly path: string;
  /** Region that requests are signed for. */
  readonly region: string;
  /** The store's keys, MINIO_ACCESS_KEY and MINIO_SECRET_KEY, in Vault or in Nomad's variables. */
  readonly keys: {
    readonly from: "vault" | "variable";
    readonly path: string;
    /** Writes them to Nomad's variables. @default they are there already */
    readonly create?: {
      readonly access: pulumi.Input<string>;
      readonly secret: pulumi.Input<string>;
    };
  };
  /** Where neither a database nor a replica has ever been, begin anew instead of failing. */
  readonly allowEmptyBootstrap: boolean;
  /** Seconds between two uploads: what a lost node costs at most. */
  readonly syncSeconds: number;
  readonly snapshotHours: number;
  /** Hours for which a snapshot is kept, and with it every state since. */
  readonly retentionHours: number;
}

/** What the two images want. Seerr's runs as the user node: https://github.com/seerr-team/seerr/pull/3105 */
const apps = {
  overseerr: { image: images.overseerr, owner: "0:0", init: false },
  seerr: { image: images.seerr, owner: "1000:1000", init: true },
};

/** What a move has to match: only Overseerr itself can be moved. */
export const movedImages = {
  image: apps.overseerr.image,
  owner: apps.overseerr.owner,
  litestreamImage: images.litestream,
};

/** Text of Litestream's settings, the same wherever it runs. */
export function litestreamSettings(): string {
  return text("overseerr/litestream.yml");
}

/** Overseerr, the request front end, as one Nomad job. Its SQLite state allows exactly one allocation. */
export class Overseerr extends pulumi.ComponentResource {
  /** Base URL for people, through Traefik. */
  public readonly url: string;
  /** Image that runs. */
  public readonly image: string;
  /** Replica as Litestream's own commands take it; nothing if there is none. */
  public readonly replicaUrl: string | undefined;
  /** Nomad's id of the job, for the operator's commands. */
  public readonly jobId: pulumi.Output<string>;
  /** Nomad's word for the job as a whole, such as running. */
  public readonly status: pulumi.Output<string>;

  constructor(name: string, args: OverseerrArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:nomad:Overseerr", name, {}, opts);

    const { volume, service, replica } = args;
    const { image, owner, init } = apps[args.app];
    const needed = [
      ...(volume.create ? [createdVolume(name, volume.source, volume.create, this)] : []),
      ...(replica?.keys.create
        ? [writtenKeys(name, replica.keys.path, replica.keys.create, this)]
        : []),
    ];
    const moved = args.move?.before(needed) ?? [];
    const job = new nomad.Job(
      name,
      {
        jobspec: text("overseerr.nomad.hcl"),
        // Scalars known in preview: an unknown one would hide the whole plan of the job.
        hcl2: {
          vars: {
            image,
            owner,
            init: init.toString(),
            host: args.host,
            datacenters: args.datacenters.join(","),
            timezone: args.timezone,
            volume_type: volume.kind,
            volume_source: volume.source,
            service_provider: service.provider,
            mesh: service.mesh.toString(),
            direct_networks: service.directNetworks.join(","),
            ...(replica && replicaVariables(replica)),
            ...(args.move && { generation: args.move.generation.toString() }),
          },
        },
        // `up` ends when the deployment is healthy, not when Nomad has taken note of it.
        detach: false,
        // Without it the dead job keeps its name for hours.
        purgeOnDestroy: true,
      },
      {
        parent: this,
        // The job is told their names, which are known before they exist; what a move leaves is on the volume.
        dependsOn: [...needed, ...moved],
        // Above the job's progress deadline, so that Nomad's own reason is what is reported.
        customTimeouts: { create: "15m", update: "15m" },
      },
    );

    this.url = `https://${args.host}`;
    this.image = image;
    this.replicaUrl = replica && replicaUrl(replica);
    this.jobId = job.id;
    this.status = job.status;
    this.registerOutputs({
      url: this.url,
      image: this.image,
      replicaUrl: this.replicaUrl,
      jobId: this.jobId,
      status: this.status,
    });
  }
}

/** A file that lies here. */
function text(file: string): string {
  return fs.readFileSync(path.join(__dirname, file), "utf8");
}

function createdVolume(
  name: string,
  volumeId: string,
  { plugin, size }: CreatedVolume,
  parent: pulumi.Resource,
): nomad.CsiVolume {
  return new nomad.CsiVolume(
    name,
    {
      volumeId,
      name: volumeId,
      pluginId: plugin,
      // As the job mounts it.
      capabilities: [{ accessMode: "single-node-writer", attachmentMode: "file-system" }],
      // Nomad's sizes end in B.
      ...(size !== undefined && { capacityMin: `${size}B` }),
    },
    // To delete it deletes what is on it; and almost every changed input would.
    { parent, protect: true, retainOnDelete: true },
  );
}

/** https://developer.hashicorp.com/nomad/docs/concepts/variables#task-access-to-variables */
function writtenKeys(
  name: string,
  variable: string,
  { access, secret }: NonNullable<Replica["keys"]["create"]>,
  parent: pulumi.Resource,
): nomad.Variable {
  const items = {
    MINIO_ACCESS_KEY: pulumi.secret(access),
    MINIO_SECRET_KEY: pulumi.secret(secret),
  };
  return new nomad.Variable(name, { path: variable, items }, { parent });
}

function replicaVariables(replica: Replica): Record<string, string> {
  return {
    litestream_image: images.litestream,
    litestream_config: litestreamSettings(),
    restore_script: text("overseerr/restore.sh"),
    replica_endpoint: replica.endpoint,
    replica_bucket: replica.bucket,
    replica_path: replica.path,
    replica_region: replica.region,
    replica_keys: replica.keys.from,
    replica_keys_path: replica.keys.path,
    sync_seconds: replica.syncSeconds.toString(),
    snapshot_hours: replica.snapshotHours.toString(),
    retention_hours: replica.retentionHours.toString(),
    allow_empty: replica.allowEmptyBootstrap.toString(),
  };
}

/** https://litestream.io/reference/restore/ */
function replicaUrl({ bucket, path, endpoint, region }: Replica): string {
  const store = new URLSearchParams({ endpoint, region, forcePathStyle: "true" });
  return `s3://${bucket}/${path}?${store.toString()}`;
}
