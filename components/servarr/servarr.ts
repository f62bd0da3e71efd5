/** What Sonarr, Radarr and Prowlarr have in common. https://wiki.servarr.com/ */
import type * as pulumi from "@pulumi/pulumi";
import type { SecretRef } from "../kubernetes/env";
import type { Mount, Resources } from "../kubernetes/pod";
import { httpGet } from "../kubernetes/probes";
import { linuxserver } from "../kubernetes/security";
import { webApp, type Site, type WebApp } from "../kubernetes/web-app";
import { readsDfs, type Dfs } from "../storage/dfs";
import { libraryMounts, type MediaLibrary } from "../storage/media";

/** What the stack gives to each of them. */
export interface ServarrArgs {
  readonly site: Site;
  /** Database and settings. */
  readonly state: Mount;
  /** Key of its API. */
  readonly apiKey: SecretRef;
  /** Host name of the Ingress. */
  readonly host: string;
}

/** What the stack gives to those that file media. */
export interface LibrarianArgs extends ServarrArgs {
  readonly library: MediaLibrary;
  /** Decypharr's file system, into which the symlink library points. @default none */
  readonly dfs?: Dfs;
}

/** What sets one of them apart. */
export interface ServarrKind {
  /** How the names of its environment variables begin. */
  readonly prefix: string;
  readonly component: string;
  readonly image: string;
  readonly port: number;
  readonly resources: Resources;
}

/** Registers one of them under the calling component. Its SQLite state allows exactly one replica. */
export function servarr(
  name: string,
  args: ServarrArgs & Partial<LibrarianArgs>,
  { prefix, component, image, port, resources }: ServarrKind,
  opts: { readonly parent: pulumi.ComponentResource },
): WebApp {
  const { site, state, apiKey, host, library, dfs } = args;
  const spec = {
    site,
    component,
    image,
    security: linuxserver(site.identity),
    placement: { nodes: "storage" as const },
    ports: { http: port },
    host,
    health: httpGet("/ping"),
    mounts: { "/config": state, ...(library && libraryMounts(library, "read-write")) },
    env: {
      // https://wiki.servarr.com/sonarr/environment-variables
      [`${prefix}__AUTH__APIKEY`]: apiKey,
      // Signing in is left to what stands before the Ingress; the API still asks for its key.
      [`${prefix}__AUTH__METHOD`]: "External",
    },
    resources,
  };
  return webApp(name, readsDfs(spec, `http://127.0.0.1:${port.toString()}/ping`, dfs), opts);
}
