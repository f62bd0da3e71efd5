import type { SecretRef } from "../../components/kubernetes/env";
import type { Mount } from "../../components/kubernetes/pod";
import type { Site } from "../../components/kubernetes/web-app";
import type { Dfs } from "../../components/storage/dfs";
import type { MediaLibrary } from "../../components/storage/media";

/** Surroundings of an app in tests; no value equals a default, so that a forgotten one shows. */
export const site: Site = {
  namespace: "test-media",
  identity: { puid: 568, pgid: 569, timezone: "Europe/Berlin" },
  ingress: { className: "test-class", tls: false },
};

export const stateMount: Mount = claimed("state", "test-claim");

export const library: MediaLibrary = {
  paths: {
    dfs: "/pool/debrid",
    streaming: "/pool/links",
    media: "/nas/titles",
    transcode: "/fast/transcode",
  },
  streaming: claimed("streaming", "test-streaming"),
  media: claimed("media", "test-titles"),
};

export const transcode: Mount = claimed("transcode", "test-transcode");

/** Decypharr's file system as it is handed out over NFS. */
export const dfs: Dfs = {
  path: library.paths.dfs,
  mount: { ...claimed("dfs", "test-dfs"), readOnly: true },
  scripts: { volume: "scripts", source: { configMap: { name: "test-scripts" } }, readOnly: true },
  nearness: "preferred",
};

export const apiKey: SecretRef = { secret: "test-keys", key: "test-api-key" };

function claimed(volume: string, claimName: string): Mount {
  return { volume, source: { persistentVolumeClaim: { claimName } } };
}
