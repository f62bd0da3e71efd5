import { httpGet, probes } from "../../../components/kubernetes/probes";

it("makes three probes of one check", () => {
  const check = { httpGet: { path: "/ping", port: "http" } };
  expect(probes(httpGet("/ping"))).toEqual({
    startupProbe: { ...check, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 60 },
    readinessProbe: { ...check, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
    livenessProbe: { ...check, periodSeconds: 30, timeoutSeconds: 10, failureThreshold: 5 },
  });
});

it("gives a slow starter at least the seconds it asks for", () => {
  expect(probes(httpGet("/identity"), 601).startupProbe).toMatchObject({ failureThreshold: 121 });
});
