import type { types } from "@pulumi/kubernetes";

type Container = types.input.core.v1.Container;

/** How an app shows that it is alive. */
export type Health = Pick<types.input.core.v1.Probe, "httpGet" | "tcpSocket" | "exec">;

/** Healthy when a GET of `path` on the named port succeeds. */
export function httpGet(path: string, port = "http"): Health {
  return { httpGet: { path, port } };
}

/** Healthy when the named port accepts a connection. */
export function tcpConnect(port = "http"): Health {
  return { tcpSocket: { port } };
}

/** Healthy when a command in the container succeeds. */
export function exec(...command: string[]): Health {
  return { exec: { command } };
}

export interface ProbeSpec {
  readonly health: Health;
  /** @default health */
  readonly readiness?: Health;
  /** @default health */
  readonly liveness?: Health;
  /** Seconds that the start may take. @default 300 */
  readonly startupSeconds?: number;
  /** Seconds without life after which the container is restarted. @default 150 */
  readonly patienceSeconds?: number;
}

/**
 * Start-up, readiness and liveness from one check. Until the start-up probe has passed, nothing
 * restarts the app: a database migration after an upgrade must not be shot half-way.
 */
export function probes({
  health,
  readiness = health,
  liveness = health,
  startupSeconds = 300,
  patienceSeconds = 150,
}: ProbeSpec): Pick<Container, "startupProbe" | "readinessProbe" | "livenessProbe"> {
  const startupPeriod = 5;
  const livePeriod = patienceSeconds < 150 ? 10 : 30;
  return {
    startupProbe: {
      ...health,
      periodSeconds: startupPeriod,
      timeoutSeconds: 5,
      failureThreshold: Math.ceil(startupSeconds / startupPeriod),
    },
    readinessProbe: { ...readiness, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
    livenessProbe: {
      ...liveness,
      periodSeconds: livePeriod,
      timeoutSeconds: 10,
      failureThreshold: Math.ceil(patienceSeconds / livePeriod),
    },
  };
}
