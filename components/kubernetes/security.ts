import type { types } from "@pulumi/kubernetes";
import type { Env } from "./env";

/** Who owns the apps' files, and the clock they show. */
export interface Identity {
  readonly puid: number;
  readonly pgid: number;
  /** IANA name. */
  readonly timezone: string;
}

/** What one kind of image needs to run: the pod's and the container's context and its environment. */
export interface SecurityProfile {
  readonly pod: types.input.core.v1.PodSecurityContext;
  readonly container: types.input.core.v1.SecurityContext;
  readonly env: Env;
}

/**
 * linuxserver.io images, and others made alike: init starts as root, prepares the container and drops
 * to PUID:PGID. The root file system stays writable, because init writes the user into /etc/passwd.
 */
export function linuxserver(identity: Identity): SecurityProfile {
  return {
    pod: {
      fsGroup: identity.pgid,
      // Not "Always": that walks through the whole volume at each start.
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
    container: {
      allowPrivilegeEscalation: false,
      capabilities: {
        drop: ["ALL"],
        add: [
          "CHOWN", // hand /config and /run to the user
          "DAC_OVERRIDE", // reach into folders that the user has closed
          "FOWNER", // set modes on files that the user owns
          "KILL", // stop the app, which runs as another user
          "SETGID", // drop to PGID
          "SETUID", // drop to PUID
        ],
      },
    },
    env: {
      PUID: identity.puid.toString(),
      PGID: identity.pgid.toString(),
      TZ: identity.timezone,
    },
  };
}

/** Programs that need no root at all: they run as the apps' user, with nothing to gain. */
export function unprivileged({ puid, pgid, timezone }: Identity): SecurityProfile {
  return {
    pod: {
      runAsNonRoot: true,
      fsGroup: pgid,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
    container: {
      runAsUser: puid,
      runAsGroup: pgid,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
    },
    env: { TZ: timezone },
  };
}

/**
 * A container that mounts a FUSE file system for others: Kubernetes hands a mount on to the node
 * (Bidirectional) only from a privileged container. https://kubernetes.io/docs/concepts/storage/volumes/#mount-propagation
 */
export function fuseMounter(identity: Identity): SecurityProfile {
  const { pod, env } = linuxserver(identity);
  return {
    pod: { ...pod, seccompProfile: { type: "Unconfined" } },
    container: { privileged: true },
    env,
  };
}

/** The profile with one more group, such as the one that owns a device. */
export function inGroup(profile: SecurityProfile, group: number | undefined): SecurityProfile {
  return group === undefined
    ? profile
    : { ...profile, pod: { ...profile.pod, supplementalGroups: [group] } };
}
