/** The apps of the k3s stack, as a verification tells them apart. */
import type { Expected, ExpectedWorkload } from "../expected";
import type { Answer } from "../world";

/** Part of the stack that is verified together. */
export type Tier = "foundation" | "arr" | "decypharr" | "plex";

const tiers: Readonly<Record<string, Tier>> = {
  sonarr: "arr",
  radarr: "arr",
  prowlarr: "arr",
  profilarr: "arr",
  pulsarr: "arr",
  decypharr: "decypharr",
  plex: "plex",
  "clusterplex-orchestrator": "plex",
  "clusterplex-worker": "plex",
  "intel-gpu-plugin": "plex",
};

/** The tier of an app; what belongs to none of them holds up all of them. */
export function tierOf(app: string): Tier {
  return tiers[app] ?? "foundation";
}

/** How an app shows that it is itself, without a key. */
export interface Identity {
  readonly path: string;
  readonly isIt: (answer: Answer) => boolean;
}

const says = (pattern: RegExp) => (answer: Answer) =>
  answer.status === 200 && pattern.test(answer.body);
const ping: Identity = { path: "/ping", isIt: says(/"status": *"OK"/) };

/** By app; the endpoints that its probes ask. */
export const identities: Readonly<Record<string, Identity>> = {
  sonarr: ping,
  radarr: ping,
  prowlarr: ping,
  // Nothing of it answers without signing in but the page that asks for that.
  profilarr: {
    path: "/",
    isIt: ({ status, body, location }) =>
      status < 400 && (/profilarr/i.test(body) || /auth|login|setup/.test(location ?? "")),
  },
  pulsarr: { path: "/health", isIt: says(/"status"/) },
  decypharr: { path: "/version", isIt: says(/"version"/) },
  plex: { path: "/identity", isIt: says(/machineIdentifier="/) },
  "clusterplex-orchestrator": { path: "/health", isIt: ({ status }) => status === 200 },
};

export const workloadOf = ({ workloads }: Expected, app: string): ExpectedWorkload | undefined =>
  workloads.find(({ metadata }) => metadata.name === app);
