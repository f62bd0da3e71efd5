import { exec, httpGet, probes, tcpConnect } from "../../../components/kubernetes/probes";

it.each([
  ["a GET", httpGet("/ping"), { httpGet: { path: "/ping", port: "http" } }],
  ["a GET on another port", httpGet("/", "ui"), { httpGet: { path: "/", port: "ui" } }],
  ["a connection", tcpConnect(), { tcpSocket: { port: "http" } }],
  ["a connection to another port", tcpConnect("nfs"), { tcpSocket: { port: "nfs" } }],
  ["a command", exec("stat", "/a b"), { exec: { command: ["stat", "/a b"] } }],
])("checks with %s", (_, health, check) => {
  expect(health).toEqual(check);
});

it("makes three probes of one check", () => {
  const check = { httpGet: { path: "/ping", port: "http" } };
  expect(probes({ health: httpGet("/ping") })).toEqual({
    startupProbe: { ...check, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 60 },
    readinessProbe: { ...check, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
    livenessProbe: { ...check, periodSeconds: 30, timeoutSeconds: 10, failureThreshold: 5 },
  });
});

it("keeps the three apart where they are given apart", () => {
  const given = probes({
    health: httpGet("/version"),
    readiness: exec("ready"),
    liveness: exec("alive"),
  });
  expect(given).toMatchObject({
    startupProbe: httpGet("/version"),
    readinessProbe: exec("ready"),
    livenessProbe: exec("alive"),
  });
  expect(given.readinessProbe).not.toHaveProperty("httpGet");
  expect(given.livenessProbe).not.toHaveProperty("httpGet");
});

it("gives a slow starter at least the seconds it asks for", () => {
  const { startupProbe } = probes({ health: httpGet("/identity"), startupSeconds: 601 });
  expect(startupProbe).toMatchObject({ periodSeconds: 5, failureThreshold: 121 });
});

it.each([
  [30, 10, 3],
  [60, 10, 6],
  [61, 10, 7],
  [150, 30, 5],
  [151, 30, 6],
])("restarts after %i s without life: every %i s, %i times", (patienceSeconds, period, times) => {
  const { livenessProbe } = probes({ health: tcpConnect(), patienceSeconds });
  expect(livenessProbe).toMatchObject({ periodSeconds: period, failureThreshold: times });
});
