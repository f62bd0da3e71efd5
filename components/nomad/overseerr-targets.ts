import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { allocScript, type NomadAccess } from "./alloc-script";

/** What Overseerr is to speak to. What is empty leaves what it has. */
export interface Targets {
  /** URL, without a path. */
  readonly plex: pulumi.Input<string>;
  /** URL, with its base path. */
  readonly sonarr: pulumi.Input<string>;
  /** URL, with its base path. */
  readonly radarr: pulumi.Input<string>;
  readonly sonarrApiKey: pulumi.Input<string>;
  readonly radarrApiKey: pulumi.Input<string>;
}

export interface OverseerrTargetsArgs {
  readonly nomad: NomadAccess;
  /** Id of Overseerr's job, which has a replica: this runs in the task that uploads it. */
  readonly jobId: pulumi.Input<string>;
  readonly targets: Targets;
  /** Number of the move that has brought its settings; another one brings other settings. @default it began here */
  readonly generation?: number;
  /** What has to be done before, such as a move that compares what Overseerr speaks to. @default nothing */
  readonly after?: readonly pulumi.Resource[];
}

/** Addresses by app, as Overseerr puts them together. */
export type Integrations = Readonly<Record<string, readonly string[]>>;

export interface TargetsReport {
  readonly before: Integrations;
  readonly after: Integrations;
}

/** Scripts of the project that this one stands on, and the script itself. */
const files = [
  "../../migrations/lib/common.sh",
  "../../migrations/overseerr/settings.sh",
  "../../migrations/overseerr/api.sh",
  "overseerr/targets.sh",
].map((file) => path.join(__dirname, file));

/** Overseerr's entries of Plex, Sonarr and Radarr, kept at the addresses of the config through its own API. */
export class OverseerrTargets extends pulumi.ComponentResource {
  /** What it spoke to before and what since, when that was last changed. */
  public readonly report: pulumi.Output<TargetsReport>;

  constructor(name: string, args: OverseerrTargetsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:nomad:OverseerrTargets", name, {}, opts);

    const { nomad, jobId, targets, generation, after = [] } = args;
    const { stdout } = allocScript(
      `${name}-targets`,
      {
        nomad,
        jobId,
        task: "litestream",
        files,
        values: {
          PLEX: targets.plex,
          SONARR: targets.sonarr,
          RADARR: targets.radarr,
          SONARR_KEY: targets.sonarrApiKey,
          RADARR_KEY: targets.radarrApiKey,
          SETTLE: "60",
          GENERATION: generation?.toString() ?? "",
        },
      },
      { parent: this, dependsOn: after },
    );

    // Secret where the script was told a key; it tells none of it.
    this.report = pulumi.unsecret(stdout).apply((text) => JSON.parse(text) as TargetsReport);
    this.registerOutputs({ report: this.report });
  }
}
