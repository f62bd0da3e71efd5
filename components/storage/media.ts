/** The folders that the apps share, each under one path in every pod, so that links resolve in all. */
import type { Mount, Mounts } from "../kubernetes/pod";

export interface SharedPaths {
  /** Decypharr's file system. */
  readonly dfs: string;
  /** Symlink library. */
  readonly streaming: string;
  /** Permanent library. */
  readonly media: string;
  /** Plex's transcode directory. */
  readonly transcode: string;
}

/** Where Decypharr leaves finished downloads: in the symlink library, but outside all root folders. */
export function downloadFolder({ streaming }: Pick<SharedPaths, "streaming">): string {
  return `${streaming}/.downloads`;
}

/** The libraries as the *arr apps and Plex know them. */
export const sections = ["tv", "movies"] as const;
export type Section = (typeof sections)[number];

/** The two root folders of a library: streamed first, permanent second. */
export function rootFolders(paths: SharedPaths, section: Section): [string, string] {
  return [`${paths.streaming}/${section}`, `${paths.media}/${section}`];
}

/** Both libraries, handed out for reading or for writing. */
export interface MediaLibrary {
  readonly paths: SharedPaths;
  readonly streaming: Mount;
  readonly media: Mount;
}

/** The libraries as an app mounts them. */
export function libraryMounts(library: MediaLibrary, access: "read-only" | "read-write"): Mounts {
  const given = (mount: Mount): Mount =>
    access === "read-only" ? { ...mount, readOnly: true } : mount;
  return {
    [library.paths.streaming]: given(library.streaming),
    [library.paths.media]: given(library.media),
  };
}
