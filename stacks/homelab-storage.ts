/** The k3s stack's volumes: an app's own state, and the folders that the apps share. */
import type * as pulumi from "@pulumi/pulumi";
import { scratch, type Mount, type Mounts } from "../components/kubernetes/pod";
import type { Site } from "../components/kubernetes/web-app";
import type { Keeping } from "../components/storage/claim";
import { LonghornClass } from "../components/storage/longhorn-class";
import type { MediaLibrary } from "../components/storage/media";
import { NfsBridge } from "../components/storage/nfs-bridge";
import { SharedClaim } from "../components/storage/shared-claim";
import { StateClaim } from "../components/storage/state-claim";
import { StaticVolume, type Folder } from "../components/storage/static-volume";
import { movedFolders } from "../config/plex-migration";
import type { HomelabConfig } from "../config/schema";

type StatefulApp = keyof HomelabConfig["apps"] | "plex";
type FolderConfig = NonNullable<HomelabConfig["storage"]["library"]>;

/** What a pod needs to play and to transcode. */
export interface PlayerVolumes {
  readonly library: MediaLibrary;
  /** Plex's transcode directory. */
  readonly transcode: Mount;
}

export interface HomelabStorage extends PlayerVolumes {
  /** Claims of the apps' state, those of apps that are left out for a while included. */
  readonly states: Readonly<Record<StatefulApp, Mount>>;
  /** Media of a migrated Plex, by path. */
  readonly migrated: Mounts;
  /** The same volumes, for the GPU node. */
  readonly onGpuNode: () => PlayerVolumes;
}

export function homelabStorage(
  config: HomelabConfig,
  site: Site,
  opts: pulumi.ComponentResourceOptions,
): HomelabStorage {
  const { storage, paths, transcoding, gpu } = config;
  const siteName = config.namespace.name;
  const keeping: Keeping = {
    protect: storage.protect,
    ...(storage.claims === "adopt" && { adoptFrom: siteName }),
  };
  const common = { namespace: site.namespace, ...keeping };

  const classNamed = (
    name: string,
    { class: of, mode }: { class: string; mode: "create" | "reference" },
    shared: boolean,
  ) => new LonghornClass(name, { name: of, mode, shared }, opts).name;
  const block = classNamed("block", storage.block, false);
  const shared = classNamed("shared", storage.shared, true);

  const folder = (name: string, of: FolderConfig, readOnly: boolean) =>
    new StaticVolume(
      name,
      { ...common, site: siteName, size: of.size, folder: folderOf(of), readOnly },
      opts,
    ).mount;
  const sharedClaim = (name: string, size: string) =>
    new SharedClaim(name, { ...common, storageClass: shared, size }, opts);

  const symlinks = sharedClaim("symlink-library", storage.symlinks);
  const library: MediaLibrary = {
    paths,
    streaming: symlinks.mount,
    media: folder("media-library", storage.media, false),
  };

  // One server transcodes where it likes; ClusterPlex's workers have to see what Plex asks for.
  const { kind, size, path = "" } = storage.transcode;
  const cluster = transcoding.mode === "clusterplex";
  const transcodeClaim =
    cluster && kind === "shared" ? sharedClaim("transcode-cache", size) : undefined;
  const transcodeFolder =
    kind === "shared"
      ? undefined
      : folder("transcode-cache", { ...storage.transcode, kind, path }, false);
  const sharedTranscode = transcodeClaim?.mount ?? transcodeFolder;
  const transcode = (cluster ? sharedTranscode : undefined) ?? scratch("transcode");

  const stateful = Object.entries({ ...config.apps, plex: config.plex });
  const states = Object.fromEntries(
    stateful
      .filter(([, { enabled, keepState }]) => enabled || keepState)
      .map(([app, { size }]) => [
        app,
        new StateClaim(`config-${app}`, { ...common, storageClass: block, size }, opts).mount,
      ]),
  ) as Record<StatefulApp, Mount>;

  const migrated = {
    ...(storage.library && {
      "/media/library": folder("migrated-library", storage.library, true),
    }),
    ...(storage.optimized && {
      "/media/optimized": folder("migrated-optimized", storage.optimized, false),
    }),
  };

  return {
    library,
    transcode,
    states,
    migrated: {
      ...migrated,
      ...oldPaths(config, { ...migrated, [paths.media]: { ...library.media, readOnly: true } }),
    },
    onGpuNode: () => {
      if (gpu?.longhorn !== false) return { library, transcode };
      const bridge = (name: string, claim: SharedClaim, size: string, readOnly: boolean) =>
        new NfsBridge(name, { site, siteName, claim, size, readOnly }, opts).mount;
      const streaming = bridge("symlink-library-nfs", symlinks, storage.symlinks, true);
      return {
        library: { ...library, streaming },
        transcode: transcodeClaim
          ? bridge("transcode-cache-nfs", transcodeClaim, size, false)
          : transcode,
      };
    },
  };
}

/** The same media under the paths that the old server knew, where its sections are to keep them. */
function oldPaths({ plex: { migration } }: HomelabConfig, mounts: Mounts): Mounts {
  if (migration?.pathChange !== "keep") return {};
  return Object.fromEntries(
    movedFolders(migration).flatMap(({ from, to }) => {
      const found = Object.entries(mounts).find(
        ([folder]) => to === folder || to.startsWith(`${folder}/`),
      );
      if (!found) return [];
      const [folder, mount] = found;
      const subPath = to.slice(folder.length + 1);
      return [[from, { ...mount, ...(subPath && { subPath }) }]];
    }),
  );
}

function folderOf({ kind, server, path }: FolderConfig): Folder {
  if (kind === "hostPath") return { kind, path };
  if (server === undefined) throw new Error(`${path}: kind nfs without a server`);
  return { kind, server, path };
}
