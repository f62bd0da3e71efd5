import { Sonarr } from "../../../components/apps/sonarr";
import { images } from "../../../components/images";
import { record } from "../../../ops/recorder";
import { children, only } from "../../support/children";
import { site, stateMount } from "../../support/sites";

function recorded() {
  return record(() => {
    const args = { site, state: stateMount, host: "tv.test" };
    const { url, publicUrl, apiKey } = new Sonarr("sonarr", args);
    return { url, publicUrl, apiKey };
  });
}

it("is a web app with a generated key, and nothing else was created", async () => {
  const names = children(await recorded()).map(({ type, name }) => `${type}::${name}`);
  expect(names).toEqual([
    "kubernetes:apps/v1:Deployment::sonarr",
    "kubernetes:core/v1:Secret::sonarr-api-key",
    "kubernetes:core/v1:Service::sonarr",
    "kubernetes:networking.k8s.io/v1:Ingress::sonarr",
    "random:index/randomPassword:RandomPassword::sonarr-api-key",
  ]);
});

it("runs the pinned image on the plan's port, health check and resources", async () => {
  const { inputs } = only(await recorded(), "kubernetes:apps/v1:Deployment");
  const check = { httpGet: { path: "/ping", port: "http" } };
  expect(inputs).toMatchObject({
    metadata: { name: "sonarr", namespace: "test-media" },
    spec: {
      template: {
        spec: {
          containers: [
            {
              image: images.sonarr,
              ports: [{ name: "http", containerPort: 8989 }],
              startupProbe: check,
              readinessProbe: check,
              livenessProbe: check,
              resources: {
                requests: { cpu: "100m", memory: "512Mi" },
                limits: { cpu: "500m", memory: "2Gi" },
              },
              volumeMounts: [
                { name: "state", mountPath: "/config" },
                { name: "tmp", mountPath: "/tmp" },
              ],
            },
          ],
        },
      },
    },
  });
});

it("starts with its key from the Secret and leaves signing in to the Ingress", async () => {
  const { inputs } = only(await recorded(), "kubernetes:apps/v1:Deployment");
  const spec = inputs as {
    spec: { template: { spec: { containers: [{ env: { name: string }[] }] } } };
  };
  const env = spec.spec.template.spec.containers[0].env;
  expect(env.filter(({ name }) => name.startsWith("SONARR__"))).toEqual([
    {
      name: "SONARR__AUTH__APIKEY",
      valueFrom: { secretKeyRef: { name: "sonarr-api-key-autonamed", key: "api-key" } },
    },
    { name: "SONARR__AUTH__METHOD", value: "External" },
  ]);
});

it("has a key of 32 hexadecimal digits in an immutable Secret without a fixed name", async () => {
  const recording = await recorded();
  expect(only(recording, "random:index/randomPassword:RandomPassword").inputs).toEqual({
    length: 32,
    lower: false,
    upper: false,
    numeric: true,
    special: true,
    overrideSpecial: "abcdef",
  });
  expect(only(recording, "kubernetes:core/v1:Secret").inputs).toMatchObject({
    metadata: { namespace: "test-media" },
    immutable: true,
    stringData: "[secret]",
  });
});

it("tells its addresses, and its key as a secret", async () => {
  expect((await recorded()).outputs).toEqual({
    url: "http://sonarr.test-media:8989",
    publicUrl: "http://tv.test",
    apiKey: "[secret]",
  });
});
