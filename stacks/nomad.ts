/** The Nomad stack: Overseerr. */
import * as nomad from "@pulumi/nomad";
import * as pulumi from "@pulumi/pulumi";
import { Overseerr, type OverseerrArgs, type Replica } from "../components/nomad/overseerr";
import { OverseerrTargets, type TargetsReport } from "../components/nomad/overseerr-targets";
import type { NomadConfig } from "../config/schema";
import { loadSecrets } from "../config/secrets";
import type { OverseerrReport } from "../migrations/overseerr-report";
import { stackOutputs, type StackOutputs } from "./outputs";
import { overseerrMove } from "./overseerr-move";
import { overseerrTargets } from "./overseerr-targets";

export interface NomadOutputs extends StackOutputs {
  /** Where each database is replicated to, as `litestream restore -o <file>` takes it. */
  readonly replicas: Readonly<Record<string, string>>;
  /** What tells the snapshots of each replica and when they were made, the newest last. */
  readonly snapshots: Readonly<Record<string, string>>;
  /** How to go back, by what went wrong. */
  readonly rollback: readonly string[];
  /** Nomad's word for each job, such as running. */
  readonly jobs: Readonly<Record<string, pulumi.Output<string>>>;
  /** What each migration has found out. */
  readonly migrations: Readonly<Record<string, pulumi.Output<OverseerrReport>>>;
  /** What an app spoke to before its targets were set, and since. */
  readonly integrations?: Readonly<Record<string, pulumi.Output<TargetsReport>>>;
}

export async function nomadStack(config: NomadConfig): Promise<NomadOutputs> {
  const { address, region, datacenters } = config.nomad;
  const { app, host, timezone, volume, service, replica } = config.overseerr;
  // Before anything is made: it may have to ask another stack.
  const targets = config.overseerr.targets && (await overseerrTargets(config.overseerr.targets));

  const cluster = new nomad.Provider("cluster", {
    address,
    ...(region && { region }),
    // A shell set up for another cluster must not redirect this stack.
    ignoreEnvVars: { NOMAD_NAMESPACE: true, NOMAD_REGION: true },
  });

  const move = overseerrMove(config);
  const overseerr = new Overseerr(
    "overseerr",
    {
      app,
      host,
      timezone,
      datacenters,
      volume: volumeOf(volume),
      service,
      ...(replica && { replica: replicaOf(replica, config.secrets.file) }),
      ...(move && { move }),
    },
    { providers: { nomad: cluster } },
  );
  if (!replica)
    void pulumi.log.warn(
      "Overseerr's database is not replicated: it is lost with the disk of the node it runs on (config: overseerr.replica)",
      overseerr,
    );

  const { url, image, replicaUrl, jobId, status } = overseerr;
  const pointed =
    targets &&
    new OverseerrTargets("overseerr", {
      nomad: { address, ...(region && { region }) },
      jobId,
      targets,
      ...(move && { generation: move.generation, after: move.finished }),
    });
  return {
    ...stackOutputs({ overseerr: { url, image } }, [`Overseerr: sign in with Plex at ${url}`]),
    replicas: replicaUrl === undefined ? {} : { overseerr: replicaUrl },
    snapshots: replica ? { overseerr: snapshotList } : {},
    rollback: rollbackHints(config.overseerr),
    jobs: { overseerr: status },
    migrations: move?.report ? { overseerr: move.report } : {},
    ...(pointed && { integrations: { overseerr: pointed.report } }),
  };
}

type Config = NomadConfig["overseerr"];

/** https://litestream.io/reference/ltx/ ; snapshots are of level 9. */
const snapshotList =
  "nomad alloc exec -job -task litestream overseerr litestream ltx -config /local/litestream.yml -level 9 /alloc/data/db/db.sqlite3";

function rollbackHints({ migration, replica }: Config): string[] {
  const stack = pulumi.getStack();
  return [
    "a new version of Overseerr: put the old tag back in components/images.yaml, then pulumi up",
    ...(migration ? [`the move of Overseerr: npm run rollback -- ${stack} overseerr`] : []),
    ...(replica
      ? [
          `its database: litestream restore -timestamp <time> -o db.sqlite3 "$(pulumi stack output --stack ${stack} --json replicas | jq -r .overseerr)"`,
        ]
      : []),
  ];
}

function volumeOf({ kind, source, plugin, size }: Config["volume"]): OverseerrArgs["volume"] {
  const create = plugin === undefined ? undefined : { plugin, ...(size !== undefined && { size }) };
  return { kind, source, ...(create && { create }) };
}

/** Where the keys lie if the config says nothing else; a job may read the variable of its own name by itself. */
const keysPath = { vault: "nomad/default/overseerr", variable: "nomad/jobs/overseerr" };

function replicaOf({ keys, ...rest }: NonNullable<Config["replica"]>, file: string): Replica {
  const { from, path = keysPath[from], write } = keys;
  if (!write) return { ...rest, keys: { from, path } };
  const { minioAccessKey, minioSecretKey } = loadSecrets(file, [
    "minioAccessKey",
    "minioSecretKey",
  ]);
  return {
    ...rest,
    keys: { from, path, create: { access: minioAccessKey, secret: minioSecretKey } },
  };
}
