import * as pulumi from "@pulumi/pulumi";
import type { Replica } from "../components/nomad/overseerr";
import { overseerrMarkdown, overseerrReport, type OverseerrReport } from "./overseerr-report";
import type { StepResult } from "./report";
import { step } from "./step";

/** The host on which Overseerr runs in a container of Docker's. */
export interface OverseerrSource {
  readonly host: string;
  readonly port: number;
  /** Root, or a user that may use sudo without a password. */
  readonly user: string;
  /** Public key of the host as `type base64`; whoever shows another one is not spoken to. */
  readonly hostKey: string;
  /** Private key to log in with. @default what ssh tries by itself */
  readonly identityFile?: string;
  /** Name of the container. */
  readonly container: string;
  /** Folder that it has at /app/config. */
  readonly data: string;
  /** Where the archive is made and kept. */
  readonly backupDir: string;
}

export interface OverseerrMoveArgs {
  /** Name of the stack, for the commands that people are told to type. */
  readonly stack: string;
  readonly nomad: { readonly address: string; readonly region?: string };
  /** Steps run once for each. */
  readonly generation: number;
  /** done: only what a move may have left behind is removed. */
  readonly phase: "move" | "done";
  readonly source: OverseerrSource;
  /** Folder by which the source sees the new Overseerr's volume. */
  readonly volumePath: string;
  /** Image of the new Overseerr; its version has to be the old one's. */
  readonly image: string;
  /** User and group that it runs as, as 1000:1000. */
  readonly owner: string;
  /** Image that seeds the replica: the very one that restores it. */
  readonly litestreamImage: string;
  /** Text of Litestream's settings. */
  readonly litestreamConfig: string;
  /** The new Overseerr's; its endpoint as the source reaches it. */
  readonly replica: Pick<Replica, "endpoint" | "bucket" | "path" | "region">;
  /** Keys of the object store. */
  readonly keys: { readonly access: pulumi.Input<string>; readonly secret: pulumi.Input<string> };
  /** Day on which the old container and its data are removed, as YYYY-MM-DD; only where the move is over. */
  readonly removeOldData?: string | undefined;
  readonly allowEmpty: boolean;
  /** Minutes without a word after which the old Overseerr starts again by itself. */
  readonly switchMinutes: number;
  /** What has to be there before anything is looked at: the volume. */
  readonly needed: readonly pulumi.Resource[];
}

/**
 * The move of Overseerr from a container of Docker's to Nomad, in steps each of which is a resource of its own. The
 * order is data: every step takes the result of the one before. After `released` the replica and the settings are
 * proved to be where the job finds them, and the old container has given them up.
 */
export class OverseerrMove extends pulumi.ComponentResource {
  /** What the job has to wait for. */
  public readonly released: readonly pulumi.Resource[];
  /** What anything that changes the new Overseerr has to wait for: it was compared with the old one. */
  public readonly finished: readonly pulumi.Resource[];
  /** What the move has found out; nothing where it is over. */
  public readonly report: pulumi.Output<OverseerrReport> | undefined;

  constructor(name: string, args: OverseerrMoveArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:migrations:OverseerrMove", name, {}, opts);
    const prefix = `${name}-g${args.generation.toString()}`;
    const common = commonValues(args);

    if (args.phase === "done") {
      const script = "overseerr/steps/clean-up.sh";
      const cleanUp = step(`${prefix}-clean-up`, { script, values: common }, { parent: this });
      if (args.removeOldData !== undefined) {
        const values = { ...common, REMOVE_ON: args.removeOldData, AFTER: cleanUp.stdout };
        const removeOld = { script: "overseerr/steps/remove-old.sh", values };
        step(`${prefix}-remove-old`, removeOld, { parent: this });
      }
      this.released = [];
      this.finished = [];
      this.registerOutputs({});
      return;
    }

    const keys = {
      MINIO_ACCESS_KEY: pulumi.secret(args.keys.access),
      MINIO_SECRET_KEY: pulumi.secret(args.keys.secret),
    };
    // Each makes sure of those before it, so that each may have to speak to the store.
    const run = (stepName: string, after?: pulumi.Output<string>) => {
      const resource = step(
        `${prefix}-${stepName}`,
        {
          script: `overseerr/steps/${stepName}.sh`,
          values: { ...common, ...keys, ...(after && { AFTER: after }) },
        },
        { parent: this, ...(!after && { dependsOn: args.needed }) },
      );
      // Secret because of what the step was told; it tells none of it.
      return { resource, result: pulumi.unsecret(resource.stdout) };
    };
    const check = run("check");
    const stop = run("stop", check.result);
    const archive = run("archive", stop.result);
    const seed = run("seed", archive.result);
    const drill = run("drill", seed.result);
    const settings = run("settings", drill.result);
    const release = run("release", settings.result);
    // It waits for the job by itself, which is made at the same time: should that never become healthy, it is this
    // step that puts the old container back into service.
    const cutOver = run("cut-over", release.result);

    this.released = [release.resource];
    this.finished = [cutOver.resource];
    const steps = [check, stop, archive, seed, drill, settings, release, cutOver];
    this.report = pulumi
      .all(steps.map(({ result }) => result))
      .apply((results) => overseerrReport(args.generation, results.map(parsed)));
    const values = {
      REPORT: this.report.apply(overseerrMarkdown),
      REPORT_FILE: `reports/${args.stack}-${prefix}.md`,
    };
    step(`${prefix}-report`, { script: "lib/report.sh", values }, { parent: this });
    this.registerOutputs({ report: this.report });
  }
}

/** What every script of the move knows. */
function commonValues(args: OverseerrMoveArgs): Record<string, string> {
  const { source, replica, nomad } = args;
  return {
    STACK: args.stack,
    NOMAD_ADDRESS: nomad.address,
    NOMAD_REGION_NAME: nomad.region ?? "",
    SOURCE_HOST: source.host,
    SOURCE_PORT: source.port.toString(),
    SOURCE_USER: source.user,
    HOST_KEY: source.hostKey,
    IDENTITY_FILE: source.identityFile ?? "",
    SERVICE: source.container,
    DATA: source.data,
    BACKUP_DIR: source.backupDir,
    VOLUME: args.volumePath,
    GENERATION: args.generation.toString(),
    IMAGE_VERSION: imageVersion(args.image),
    OWNER: args.owner,
    LITESTREAM_IMAGE: args.litestreamImage,
    LITESTREAM_CONFIG: args.litestreamConfig,
    REPLICA_ENDPOINT: replica.endpoint,
    REPLICA_BUCKET: replica.bucket,
    REPLICA_PATH: replica.path,
    REPLICA_REGION: replica.region,
    ALLOW_EMPTY: args.allowEmpty.toString(),
    // Seconds without a word until the old one starts again.
    WINDOW: (args.switchMinutes * 60).toString(),
    // Seconds that the new one may take: Nomad's own deadline for a deployment, and a little to place it.
    START_LIMIT: "900",
  };
}

/** The version that an image's tag names. */
function imageVersion(image: string): string {
  return image
    .slice(image.lastIndexOf(":") + 1)
    .replace(/@.*$/, "")
    .replace(/^v/, "");
}

function parsed(text: string): StepResult {
  return JSON.parse(text) as StepResult;
}
