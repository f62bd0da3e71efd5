import type { Mount } from "../../components/kubernetes/pod";
import type { Site } from "../../components/kubernetes/web-app";

/** Surroundings of an app in tests; no value equals a default, so that a forgotten one shows. */
export const site: Site = {
  namespace: "test-media",
  identity: { puid: 568, pgid: 569, timezone: "Europe/Berlin" },
  ingress: { className: "test-class", tls: false },
};

export const stateMount: Mount = {
  volume: "state",
  source: { persistentVolumeClaim: { claimName: "test-claim" } },
};
