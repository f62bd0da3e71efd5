/** The k3s stack as people see it: what they ask for goes from the left to the right, and comes out as films and series. */
import type { HomelabConfig } from "../../config/schema";
import type { Asking } from "./gather";
import {
  together,
  unasked,
  type AppStatus,
  type Box,
  type Lane,
  type Live,
  type Picture,
  type VolumeStatus,
} from "./model";

export function homelabPicture(
  { outputs, seen }: Pick<Asking, "outputs" | "seen">,
  config: HomelabConfig,
  apps: readonly AppStatus[],
  volumes: readonly VolumeStatus[],
): Picture {
  const { ingress, paths, storage, plex, transcoding, gpu } = config;
  const app = (name: string, title: string, ...lines: string[]): Box[] =>
    apps.filter((each) => each.name === name).map(({ live }) => ({ title, lines, live }));
  const volume = (name: string) => volumes.find((each) => each.name === name);
  const decypharr = app("decypharr", "Decypharr", "debrid and Usenet as files");
  const links = volume("symlink-library");
  const { media } = storage;
  const { loadBalancers = {} } = outputs;

  const server = app("plex", "Plex", ...addressOf(loadBalancers.plex, ":32400"), ...single(config));
  const orchestrator = app(
    "clusterplex-orchestrator",
    "ClusterPlex orchestrator",
    ...addressOf(loadBalancers.clusterplexOrchestrator),
  );
  const workers = app(
    "clusterplex-worker",
    "ClusterPlex workers",
    `${transcoding.workers.toString()}, on ${gpu?.resource ?? "the CPU"}`,
  );
  const lanes: Lane[] = [
    {
      id: "wishes",
      title: "Wishes",
      boxes: [
        ...app("pulsarr", "Pulsarr", "watchlists"),
        ...app("prowlarr", "Prowlarr", "indexers"),
        ...app("profilarr", "Profilarr", "quality profiles"),
      ],
    },
    {
      id: "libraries",
      title: "Libraries",
      boxes: [...app("sonarr", "Sonarr", "series"), ...app("radarr", "Radarr", "films")],
    },
    { id: "streams", title: "Streams", boxes: decypharr },
    {
      id: "files",
      title: "Files",
      boxes: [
        ...(decypharr.length > 0
          ? [
              {
                title: "Decypharr's files",
                lines: [
                  `${paths.dfs}, ${config.apps.decypharr.access === "nfs" ? "over NFS" : "on its node"}`,
                ],
                live: seen("decypharr/mount"),
              },
            ]
          : []),
        ...(links
          ? [
              {
                title: "Symlink library",
                lines: [`${links.kind}, ${links.capacity ?? links.size}`],
                live: links.live,
              },
            ]
          : []),
        {
          title: media.kind === "nfs" ? "NAS" : "Folder of the node",
          lines: [`${media.server === undefined ? "" : `${media.server}:`}${media.path}`],
          live: plex.enabled ? seen("plex/media") : unasked,
        },
      ],
    },
    {
      id: "playing",
      title: "Playing",
      boxes: chained([...server, ...orchestrator, ...workers], "jobs"),
    },
    ...(server.length > 0
      ? [
          {
            id: "family",
            title: "Family",
            boxes: [{ title: "TVs and phones", lines: ["Plex's own apps"] }],
          },
        ]
      : []),
  ].filter(({ boxes }) => boxes.length > 0);

  const there = new Set(lanes.map(({ id }) => id));
  const arrows = [
    { from: "wishes", to: "libraries", label: "requests" },
    { from: "libraries", to: "streams", label: "grabs" },
    { from: "libraries", to: "files", label: "links and imports" },
    { from: "streams", to: "files", label: "files" },
    { from: "files", to: "playing", label: "media" },
    { from: "playing", to: "family", label: "plays" },
  ].filter(({ from, to }) => there.has(from) && there.has(to));
  const pages = ["wishes", "libraries", "streams", "playing"].filter((id) => there.has(id));
  return {
    entrance: {
      title: capital(ingress.className),
      lines: [`*.${ingress.domain}`, "leads you to every page"],
      live: reached([seen("arr/ingress"), seen("decypharr/ingress"), seen("plex/ingress")]),
      to: pages,
    },
    lanes,
    arrows,
  };
}

const capital = (word: string) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;

/** Where it can be reached past the ingress; nothing where it has no address yet. */
function addressOf(address: string | undefined, port = ""): string[] {
  return address === undefined ? [] : [`${address.replace(/^https?:\/\//, "")}${port}`];
}

function single({ transcoding, gpu }: HomelabConfig): string[] {
  return transcoding.mode === "single-gpu" && gpu ? [`on ${gpu.resource}`] : [];
}

function chained(boxes: readonly Box[], next: string): Box[] {
  return boxes.map((box, index) => (index < boxes.length - 1 ? { ...box, next } : box));
}

/** Who leads to one app is up, whatever is behind the others. */
function reached(seen: readonly Live[]): Live {
  return seen.find(({ state }) => state === "ok") ?? together(seen);
}
