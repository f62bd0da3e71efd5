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
 * linuxserver.io images: init starts as root, prepares the container and drops to PUID:PGID.
 * The root file system stays writable, because init writes the user into /etc/passwd.
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
