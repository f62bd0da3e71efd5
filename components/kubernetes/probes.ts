import type { types } from "@pulumi/kubernetes";

type Container = types.input.core.v1.Container;

/** How an app shows that it is alive; all three probes are made from it. */
export type Health = Pick<types.input.core.v1.Probe, "httpGet" | "tcpSocket" | "exec">;

/** Healthy when a GET of `path` on the named port succeeds. */
export function httpGet(path: string, port = "http"): Health {
  return { httpGet: { path, port } };
}

/**
 * Start-up, readiness and liveness from one check. Until the start-up probe has passed, nothing
 * restarts the app: a database migration after an upgrade must not be shot half-way.
 */
export function probes(
  health: Health,
  startupSeconds = 300,
): Pick<Container, "startupProbe" | "readinessProbe" | "livenessProbe"> {
  const startupPeriod = 5;
  return {
    startupProbe: {
      ...health,
      periodSeconds: startupPeriod,
      timeoutSeconds: 5,
      failureThreshold: Math.ceil(startupSeconds / startupPeriod),
    },
    readinessProbe: { ...health, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
    livenessProbe: { ...health, periodSeconds: 30, timeoutSeconds: 10, failureThreshold: 5 },
  };
}
