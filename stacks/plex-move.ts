/** Moving an old Plex server's library into the k3s stack, as its config asks for it. */
import * as pulumi from "@pulumi/pulumi";
import type { Site } from "../components/kubernetes/web-app";
import { movedFolders } from "../config/plex-migration";
import type { HomelabConfig } from "../config/schema";
import { PlexMove } from "../migrations/plex";
import type { HomelabStorage } from "./homelab-storage";

export interface PlexMoveSurroundings {
  readonly site: Site;
  /** Of the new server. */
  readonly image: string;
  readonly storage: HomelabStorage;
}

/** The move, if one is asked for. */
export function plexMove(
  { plex, kubernetes, gpu, transcoding }: HomelabConfig,
  { site, image, storage }: PlexMoveSurroundings,
  opts: pulumi.ComponentResourceOptions,
): PlexMove | undefined {
  const { migration } = plex;
  if (!plex.enabled || !migration) return undefined;
  const { source, pathChange } = migration;
  const { identityFile, ...host } = source;
  return new PlexMove(
    "plex",
    {
      ...migration,
      site,
      cluster: kubernetes,
      stack: pulumi.getStack(),
      source: { ...host, ...(identityFile !== undefined && { identityFile }) },
      state: storage.states.plex,
      image,
      nodes:
        transcoding.mode === "single-gpu" && gpu?.onStorageNode ? "gpu-and-storage" : "storage",
      media: storage.migrated,
      paths: pathChange === "edit" ? movedFolders(migration) : [],
    },
    opts,
  );
}
