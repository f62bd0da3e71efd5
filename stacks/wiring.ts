/** What is left for people to enter in the apps' own UIs, with the exact values. */
import * as pulumi from "@pulumi/pulumi";
import { downloadFolder, rootFolders, sections } from "../components/storage/media";
import type { HomelabConfig } from "../config/schema";
import { Prowlarr } from "../components/apps/prowlarr";
import { Radarr } from "../components/apps/radarr";
import { Sonarr } from "../components/apps/sonarr";

/** One *arr app: what belongs into its settings. Keys are named, never shown: see the output `secrets`. */
export interface ArrWiring {
  readonly url: string;
  /** Key of the output `secrets`. */
  readonly apiKey: string;
  /** Settings > Media Management: streamed first, permanent second. */
  readonly rootFolders: readonly string[];
  /** Settings > Media Management: links can't be hard, they point into another file system. */
  readonly copyUsingHardlinks: false;
  /** Settings > Media Management: the streamed folder is small and never fills up. */
  readonly skipFreeSpaceCheckWhenImporting: true;
  /** Settings > Download Clients, of the kind qBittorrent. */
  readonly downloadClient?: {
    readonly name: string;
    readonly host: string;
    readonly port: number;
    readonly username: string;
    /** Key of the output `secrets` whose value is the password. */
    readonly password: string;
    readonly category: string;
    readonly priority: number;
    /** A series or film with this tag comes through this client. */
    readonly tags: readonly string[];
  };
}

export interface Wiring {
  /** Prowlarr > Settings > Apps. */
  readonly prowlarr?: readonly {
    readonly name: string;
    readonly prowlarrUrl: string;
    readonly baseUrl: string;
    readonly apiKey: string;
    readonly syncLevel: "fullSync";
  }[];
  readonly sonarr?: ArrWiring;
  readonly radarr?: ArrWiring;
  /** Plex > Settings > Libraries: the folders of each. */
  readonly plex?: Readonly<Record<string, readonly string[]>>;
  /** Where Decypharr leaves finished downloads. */
  readonly downloads?: string;
}

const arrApps = [
  { app: "sonarr", title: "Sonarr", port: Sonarr.port, section: "tv" },
  { app: "radarr", title: "Radarr", port: Radarr.port, section: "movies" },
] as const;

const url = (config: HomelabConfig, app: string, port: number) =>
  `http://${app}.${config.namespace.name}:${port.toString()}`;

/** The values that connect the apps with each other, as their settings call them. */
export function wiring(config: HomelabConfig): Wiring {
  const { apps, plex, paths } = config;
  const enabled = arrApps.filter(({ app }) => apps[app].enabled);
  const clients = enabled.map(({ app, port, section }): [string, ArrWiring] => {
    const own = url(config, app, port);
    const wired: ArrWiring = {
      url: own,
      apiKey: `${app}ApiKey`,
      rootFolders: rootFolders(paths, section),
      copyUsingHardlinks: false,
      skipFreeSpaceCheckWhenImporting: true,
      ...(apps.decypharr.enabled && {
        downloadClient: {
          name: "Decypharr",
          host: `decypharr.${config.namespace.name}`,
          port: 8282,
          username: own,
          password: `${app}ApiKey`,
          category: app,
          priority: 1,
          tags: ["streaming"],
        },
      }),
    };
    return [app, wired];
  });
  return {
    ...(apps.prowlarr.enabled && {
      prowlarr: enabled.map(({ app, title, port }) => ({
        name: title,
        prowlarrUrl: url(config, "prowlarr", Prowlarr.port),
        baseUrl: url(config, app, port),
        apiKey: `${app}ApiKey`,
        syncLevel: "fullSync" as const,
      })),
    }),
    ...Object.fromEntries(clients),
    ...(plex.enabled && {
      plex: Object.fromEntries(sections.map((section) => [section, rootFolders(paths, section)])),
    }),
    ...(apps.decypharr.enabled && { downloads: downloadFolder(paths) }),
  };
}

/** What to do after the first `up`, in order; each step names its values. */
export function nextSteps(config: HomelabConfig): string[] {
  const { apps, plex, ingress, paths } = config;
  const scheme = ingress.tls ? "https" : "http";
  const at = (app: string, host?: string) => `${scheme}://${host ?? `${app}.${ingress.domain}`}`;
  const keys = "pulumi stack output secrets --show-secrets";
  const steps: string[] = [];

  if (apps.decypharr.enabled)
    steps.push(`Decypharr: create its sign-in at ${at("decypharr", apps.decypharr.host)}`);
  for (const { app, title, section } of arrApps.filter(({ app }) => apps[app].enabled)) {
    const [streamed, permanent] = rootFolders(paths, section);
    steps.push(
      `${title}: at ${at(app, apps[app].host)} add the root folders ${streamed} and ${permanent}, switch off ` +
        "Use Hardlinks instead of Copy and on Skip Free Space Check (Settings, Media Management)",
    );
    if (apps.decypharr.enabled)
      steps.push(
        `${title}: add the download client qBittorrent named Decypharr: host decypharr.${config.namespace.name}, ` +
          `port 8282, username ${wiring(config)[app]?.url ?? ""}, password = ${app}ApiKey of \`${keys}\`, category ${app}, ` +
          "tag streaming; further clients get the tag downloads",
      );
  }
  if (apps.prowlarr.enabled)
    steps.push(
      `Prowlarr: at ${at("prowlarr", apps.prowlarr.host)} add your indexers, and under Settings, Apps what ` +
        "`pulumi stack output wiring` lists, Full Sync; then press Sync App Indexers",
    );
  if (apps.profilarr.enabled)
    steps.push(
      `Profilarr: at ${at("profilarr", apps.profilarr.host)} link a profile database and the *arr apps; pull its ` +
        "changes every month",
    );
  if (plex.enabled) {
    // A library that is moved brings its account with it.
    if (!plex.claim && !plex.migration)
      steps.push("Plex: sign in at its address and claim the server, or set plex.claim");
    const folders = sections.map(
      (section) => `${section}: ${rootFolders(paths, section).join(" and ")}`,
    );
    steps.push(`Plex: add the libraries, each with both folders: ${folders.join("; ")}`);
  }
  return steps;
}

/** How to go back, by what went wrong. */
export function rollbackHints({ kubernetes, namespace, plex }: HomelabConfig): string[] {
  const kubectl = `kubectl --context ${kubernetes.context} --namespace ${namespace.name}`;
  return [
    "a new version of an app: put the old tag back in components/images.yaml, then pulumi up",
    ...(plex.enabled && plex.migration
      ? [`the move of Plex: npm run rollback -- ${pulumi.getStack()} plex`]
      : []),
    ...(plex.enabled
      ? [`Plex has to stand still: ${kubectl} scale statefulset/plex --replicas=0`]
      : []),
    "the stack was destroyed: its claims are still there; set namespace.mode and storage.claims to adopt, then pulumi up",
  ];
}
