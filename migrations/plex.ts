import * as pulumi from "@pulumi/pulumi";
import type { ClusterAccess } from "../components/kubernetes/pod-script";
import type { Mount, Mounts } from "../components/kubernetes/pod";
import type { Site } from "../components/kubernetes/web-app";
import { importerManifests } from "./importer";
import { moveReport, reportMarkdown, type MoveReport, type StepResult } from "./report";
import { step } from "./step";

/** The host of the old server, and how Plex runs there. */
export interface PlexSource {
  readonly host: string;
  readonly port: number;
  /** Root, or a user that may use sudo without a password. */
  readonly user: string;
  /** Public key of the host as `type base64`; whoever shows another one is not spoken to. */
  readonly hostKey: string;
  /** Private key to log in with. @default what ssh tries by itself */
  readonly identityFile?: string;
  /** Addresses or networks (CIDR) that the importer may come from, beside those of the nodes and its own. */
  readonly clusterAddresses: readonly string[];
  readonly service: { readonly kind: "systemd" | "docker"; readonly name: string };
  /** The folder named Library. */
  readonly library: string;
  /** Where the archive is made and kept. */
  readonly backupDir: string;
}

export interface PlexMoveArgs {
  readonly site: Site;
  readonly cluster: ClusterAccess;
  /** Name of the stack, for the commands that people are told to type. */
  readonly stack: string;
  /** Steps run once for each. */
  readonly generation: number;
  /** done: only what a move may have left behind is removed; the claim is what it is. */
  readonly phase: "move" | "done";
  readonly source: PlexSource;
  /** The claim that is filled, as an app would mount it. */
  readonly state: Mount;
  /** Image of the new server; its version has to be the old one's. Throws where the tag names none. */
  readonly image: string;
  readonly nodes: "storage" | "gpu-and-storage";
  /** Media that the new server will find, by path. */
  readonly media: Mounts;
  /** Prefixes of the sections' folders that the new server finds elsewhere; none: they stay as they are. */
  readonly paths: readonly { readonly from: string; readonly to: string }[];
  readonly followLinks: boolean;
  /** Whether a library that lies on the claim already may be put aside. */
  readonly replace: boolean;
  readonly allowEmpty: boolean;
  /** Longest forecast that is accepted, in hours. */
  readonly maxHours: number;
  /** Minutes without a word after which the old server starts again by itself. */
  readonly switchMinutes: number;
}

/**
 * The move of an old Plex server's library onto a claim, in steps each of which is a resource of its own. The
 * order is data: every step takes the result of the one before. Before `state` resolves the library has arrived
 * whole, and the old server has given it up.
 */
export class PlexMove extends pulumi.ComponentResource {
  /** The claim with the library on it; only what mounts it so waits for the move. */
  public readonly state: Mount;
  /** Number of the move, known once the library has arrived; what is made only then takes it. */
  public readonly generation: pulumi.Output<string>;
  /** What the move has found out; nothing where it is over. */
  public readonly report: pulumi.Output<MoveReport> | undefined;

  constructor(name: string, args: PlexMoveArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:migrations:PlexMove", name, {}, opts);
    const prefix = `${name}-g${args.generation.toString()}`;
    const common = commonValues(args);
    const run = (stepName: string, values: Readonly<Record<string, pulumi.Input<string>>>) =>
      step(
        `${prefix}-${stepName}`,
        { script: `plex/steps/${stepName}.sh`, values: { ...common, ...values } },
        { parent: this },
      ).stdout;

    if (args.phase === "done") {
      run("clean-up", {});
      this.state = args.state;
      this.generation = pulumi.output(args.generation.toString());
      this.registerOutputs({});
      return;
    }

    const check = run("check", {});
    const found = check.apply((text) => parsed(text).found);
    const known = {
      IDENTITY: found.apply((facts) => String(facts.identity)),
      CLAIMED: found.apply((facts) => String(facts.claimed)),
    };
    const preCopy = run("pre-copy", { ...known, AFTER: check });
    const stop = run("stop", { ...known, AFTER: preCopy });
    const archive = run("archive", { ...known, AFTER: stop });
    const transfer = run("transfer", { ...known, AFTER: archive });
    const verify = run("verify", { ...known, AFTER: transfer });
    const promote = run("promote", { ...known, AFTER: verify });
    const release = run("release", { ...known, AFTER: promote });
    // It waits for the server by itself, which is made at the same time: should that never become ready, it is
    // this step that puts the old one back into service.
    const cutOver = run("cut-over", { ...known, AFTER: release });

    this.state = after(args.state, release);
    this.generation = release.apply(() => args.generation.toString());
    const steps = [check, preCopy, stop, archive, transfer, verify, promote, release, cutOver];
    this.report = pulumi
      .all(steps)
      .apply((results) => moveReport(args.generation, results.map(parsed)));
    step(
      `${prefix}-report`,
      {
        script: "lib/report.sh",
        values: {
          REPORT: this.report.apply(reportMarkdown),
          REPORT_FILE: `reports/${args.stack}-${prefix}.md`,
        },
      },
      { parent: this },
    );
    this.registerOutputs({ report: this.report });
  }
}

/** Prefixes by tab, a pair a line. */
function lines(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => row.join("\t")).join("\n");
}

/** What every script of the move knows. */
function commonValues(args: PlexMoveArgs): Record<string, pulumi.Input<string>> {
  const { site, cluster, source, generation, media } = args;
  const { puid, pgid } = site.identity;
  const folders = (readOnly: boolean) =>
    Object.entries(media).filter(([, mount]) => (mount.readOnly ?? false) === readOnly);
  return {
    STACK: args.stack,
    KUBE_CONTEXT: cluster.context,
    KUBE_CONFIG: cluster.kubeconfig ?? "",
    NAMESPACE: site.namespace,
    SOURCE_HOST: source.host,
    SOURCE_PORT: source.port.toString(),
    SOURCE_USER: source.user,
    HOST_KEY: source.hostKey,
    IDENTITY_FILE: source.identityFile ?? "",
    FROM_TOO: source.clusterAddresses.join(","),
    KIND: source.service.kind,
    SERVICE: source.service.name,
    LIBRARY: source.library,
    BACKUP_DIR: source.backupDir,
    GENERATION: generation.toString(),
    VERSION: plexVersion(args.image),
    // Who the new server runs as: what arrives is theirs from the first byte.
    OWNER: `${puid.toString()}:${pgid.toString()}`,
    FOLLOW: args.followLinks.toString(),
    REPLACE: args.replace.toString(),
    ALLOW_EMPTY: args.allowEmpty.toString(),
    // Every file is compared by content while the old server still serves.
    CHECKED: "true",
    MAX_HOURS: args.maxHours.toString(),
    // Seconds without a word until the old server starts again.
    WINDOW: (args.switchMinutes * 60).toString(),
    // Seconds that the new one may take: it may rebuild its database first.
    START_LIMIT: "1800",
    PATHS: lines(args.paths.map(({ from, to }) => [from, to])),
    MEDIA: lines(folders(true).map(([folder]) => [folder])),
    WRITABLE: lines(folders(false).map(([folder]) => [folder])),
    MANIFESTS: pulumi.jsonStringify(
      importerManifests({ ...args, serverImage: args.image, source }),
    ),
  };
}

/** Plex's own version out of an image's tag, such as 1.43.0.10492-121068a07. Throws where it names none. */
export function plexVersion(image: string): string {
  const tag = image.slice(image.lastIndexOf(":") + 1);
  const [, version] = /^(?:version-)?(\d+\.\d+\.\d+\.\d+-[0-9a-f]+)(?:-ls\d+)?$/.exec(tag) ?? [];
  if (version) return version;
  throw new pulumi.RunError(
    `the image ${image} names no exact version of Plex, which a migration needs\n    fix: pulumi config set --path media-homelab:plex.tag version-1.43.3.10828-00f62d37d`,
  );
}

/** The claim, for whoever has to wait. */
function after(state: Mount, done: pulumi.Output<string>): Mount {
  const claim = pulumi.output(state.source.persistentVolumeClaim);
  const claimName = pulumi.all([claim, done]).apply(([of]) => of?.claimName ?? "");
  return { ...state, source: { persistentVolumeClaim: { claimName } } };
}

function parsed(text: string): StepResult {
  return JSON.parse(text) as StepResult;
}
