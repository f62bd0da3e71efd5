import * as fc from "fast-check";
import { podSpec, type Mount, type PodSpec } from "../../../components/kubernetes/pod";
import { httpGet } from "../../../components/kubernetes/probes";
import { linuxserver } from "../../../components/kubernetes/security";
import { site, stateMount } from "../../support/sites";

const spec: PodSpec = {
  image: "example/app:1.2.3",
  security: linuxserver(site.identity),
  ports: { http: 8080, metrics: 9090 },
  health: httpGet("/ping"),
  mounts: { "/config": stateMount },
  env: { MODE: "test" },
  resources: {
    requests: { cpu: "1m", memory: "1Mi" },
    limits: { cpu: "2m", memory: "2Mi" },
  },
};

const library: Mount = { volume: "library", source: { emptyDir: {} }, readOnly: true };

/** The parts of a pod that mounting decides. */
function mounting(mounts: PodSpec["mounts"]) {
  const pod = podSpec("app", { ...spec, mounts });
  const [container] = pod.containers as { volumeMounts: { name: string; mountPath: string }[] }[];
  return {
    volumes: pod.volumes as { name: string }[],
    volumeMounts: container?.volumeMounts ?? [],
  };
}

it("puts ports, environment and resources into the container", () => {
  expect(podSpec("app", spec).containers).toMatchObject([
    {
      name: "app",
      image: "example/app:1.2.3",
      ports: [
        { name: "http", containerPort: 8080 },
        { name: "metrics", containerPort: 9090 },
      ],
      env: [
        { name: "MODE", value: "test" },
        { name: "PGID", value: "569" },
        { name: "PUID", value: "568" },
        { name: "TZ", value: "Europe/Berlin" },
      ],
      resources: spec.resources,
    },
  ]);
});

it("keeps what the cluster would inject by itself out of the app", () => {
  expect(podSpec("app", spec)).toMatchObject({
    enableServiceLinks: false,
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 120,
  });
});

it("mounts each volume under its path and adds a scratch folder", () => {
  expect(mounting({ "/media": library, "/config": stateMount })).toEqual({
    volumeMounts: [
      { name: "state", mountPath: "/config" },
      { name: "library", mountPath: "/media", readOnly: true },
      { name: "tmp", mountPath: "/tmp" },
    ],
    volumes: [
      { name: "state", persistentVolumeClaim: { claimName: "test-claim" } },
      { name: "library", emptyDir: {} },
      { name: "tmp", emptyDir: {} },
    ],
  });
});

it("declares every mounted volume exactly once, whatever is mounted where", () => {
  const paths = fc.string({ minLength: 1 }).map((name) => `/${name}`);
  fc.assert(
    fc.property(fc.dictionary(paths, fc.constantFrom(library, stateMount)), (mounts) => {
      const { volumes, volumeMounts } = mounting(mounts);
      const declared = volumes.map(({ name }) => name);
      expect(declared).toHaveLength(new Set(declared).size);
      expect(new Set(volumeMounts.map(({ name }) => name))).toEqual(new Set(declared));
    }),
  );
});
