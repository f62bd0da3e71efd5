import * as fc from "fast-check";
import { place } from "../../../components/kubernetes/placement";
import {
  podSpec,
  scratch,
  type ContainerSpec,
  type Mount,
  type PodSpec,
  type ServerSpec,
} from "../../../components/kubernetes/pod";
import { exec, httpGet, probes, tcpConnect } from "../../../components/kubernetes/probes";
import { fuseMounter, linuxserver, unprivileged } from "../../../components/kubernetes/security";
import { site, stateMount } from "../../support/sites";

const resources = {
  requests: { cpu: "1m", memory: "1Mi" },
  limits: { cpu: "2m", memory: "2Mi" },
};

const spec: PodSpec = {
  image: "example/app:1.2.3",
  security: linuxserver(site.identity),
  placement: { nodes: "gpu" },
  ports: { http: 8080, metrics: 9090 },
  health: httpGet("/ping"),
  mounts: { "/config": stateMount },
  env: { MODE: "test" },
  resources,
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

it("is the given container, and nothing that the cluster would inject by itself", () => {
  expect(podSpec("app", spec)).toEqual({
    ...place({ nodes: "gpu" }),
    securityContext: spec.security.pod,
    enableServiceLinks: false,
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 120,
    containers: [
      {
        name: "app",
        image: "example/app:1.2.3",
        securityContext: spec.security.container,
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
        resources,
        volumeMounts: [
          { name: "state", mountPath: "/config" },
          { name: "tmp", mountPath: "/tmp" },
        ],
        ...probes(spec),
      },
    ],
    volumes: [
      { name: "state", persistentVolumeClaim: { claimName: "test-claim" } },
      { name: "tmp", emptyDir: {} },
    ],
  });
});

it("lets an app's own variable win over its profile's", () => {
  const { containers } = podSpec("app", { ...spec, env: { TZ: "UTC" } });
  expect(containers).toMatchObject([
    {
      env: [
        { name: "PGID", value: "569" },
        { name: "PUID", value: "568" },
        { name: "TZ", value: "UTC" },
      ],
    },
  ]);
});

it("runs another command than the image's, and one before it is stopped", () => {
  const { containers } = podSpec("app", {
    ...spec,
    command: ["sleep", "infinity"],
    preStop: ["umount", "/mnt"],
  });
  expect(containers).toMatchObject([
    {
      command: ["sleep", "infinity"],
      lifecycle: { preStop: { exec: { command: ["umount", "/mnt"] } } },
    },
  ]);
});

it("asks for devices as limits, beside memory and CPU, as the cluster gives them back", () => {
  const { containers } = podSpec("app", { ...spec, devices: { "gpu.intel.com/i915": 1 } });
  expect(containers).toMatchObject([
    {
      resources: {
        requests: resources.requests,
        limits: { ...resources.limits, "gpu.intel.com/i915": "1" },
      },
    },
  ]);
});

const step: ContainerSpec = {
  image: "example/step:1.0.0",
  security: fuseMounter(site.identity),
  command: ["sh", "/files/step.sh"],
  mounts: { "/files": library, "/app": stateMount },
  resources,
};

it("runs its steps in their own order, before everything else and unprobed", () => {
  const { initContainers } = podSpec("app", { ...spec, steps: { wait: step, prepare: step } });
  const expected = {
    image: "example/step:1.0.0",
    command: ["sh", "/files/step.sh"],
    securityContext: { privileged: true },
    env: [
      { name: "PGID", value: "569" },
      { name: "PUID", value: "568" },
      { name: "TZ", value: "Europe/Berlin" },
    ],
    resources,
    volumeMounts: [
      { name: "state", mountPath: "/app" },
      { name: "library", mountPath: "/files", readOnly: true },
      { name: "tmp", mountPath: "/tmp" },
    ],
  };
  expect(initContainers).toEqual([
    { name: "wait", ...expected },
    { name: "prepare", ...expected },
  ]);
});

const sidecar: ServerSpec = {
  image: "example/sidecar:1.0.0",
  security: unprivileged(site.identity),
  ports: { nfs: 2049 },
  health: tcpConnect("nfs"),
  mounts: { "/shared": library },
  resources,
};

it("runs sidecars with profiles and probes of their own, after the app and by name", () => {
  const pod = podSpec("app", { ...spec, sidecars: { second: sidecar, first: sidecar } });
  const expected = {
    image: "example/sidecar:1.0.0",
    securityContext: sidecar.security.container,
    ports: [{ name: "nfs", containerPort: 2049 }],
    env: [{ name: "TZ", value: "Europe/Berlin" }],
    resources,
    volumeMounts: [
      { name: "library", mountPath: "/shared", readOnly: true },
      { name: "tmp", mountPath: "/tmp" },
    ],
    ...probes(sidecar),
  };
  expect(pod.containers).toEqual([
    expect.objectContaining({ name: "app" }),
    { name: "first", ...expected },
    { name: "second", ...expected },
  ]);
  expect(pod.securityContext).toEqual(spec.security.pod);
});

it("declares the volumes of all its containers, each once", () => {
  const pod = podSpec("app", { ...spec, steps: { wait: step }, sidecars: { nfs: sidecar } });
  expect(pod.volumes).toEqual([
    { name: "state", persistentVolumeClaim: { claimName: "test-claim" } },
    { name: "tmp", emptyDir: {} },
    { name: "library", emptyDir: {} },
  ]);
});

it("hands the app's probes on as they are", () => {
  const health = { readiness: exec("ready"), patienceSeconds: 30, startupSeconds: 10 };
  expect(podSpec("app", { ...spec, ...health }).containers).toMatchObject([
    probes({ ...spec, ...health }),
  ]);
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

it.each<[Partial<Mount>, object]>([
  [{ subPath: "nfs-handles" }, { subPath: "nfs-handles" }],
  [{ propagation: "HostToContainer" }, { mountPropagation: "HostToContainer" }],
  [{ propagation: "Bidirectional" }, { mountPropagation: "Bidirectional" }],
  [{ readOnly: true }, { readOnly: true }],
  [{ readOnly: false }, {}],
])("mounts with %j", (given, expected) => {
  const { volumeMounts } = mounting({ "/data": { ...scratch("data"), ...given } });
  expect(volumeMounts[0]).toEqual({ name: "data", mountPath: "/data", ...expected });
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
