import * as pulumi from "@pulumi/pulumi";
import { images } from "../../components/images";
import { place } from "../../components/kubernetes/placement";
import { importerManifests, type ImporterArgs } from "../../migrations/importer";
import { record } from "../../ops/recorder";
import { library, site, stateMount } from "../support/sites";

const args: ImporterArgs = {
  site,
  generation: 7,
  state: stateMount,
  media: {
    "/media/films": { ...library.media, readOnly: true },
    "/mnt/old": { ...library.media, readOnly: true, subPath: "of/old" },
    "/media/small": library.streaming,
  },
  serverImage: "registry.test/plex:1",
  nodes: "storage",
  source: { host: "old-plex.test", port: 2222 },
};

/** What the cluster is asked for. */
async function manifests(more: Partial<ImporterArgs> = {}): Promise<unknown> {
  const { outputs } = await record(() => ({
    manifests: pulumi.output(importerManifests({ ...args, ...more })),
  }));
  return outputs.manifests;
}

const metadata = {
  name: "plex-importer",
  namespace: "test-media",
  labels: {
    "app.kubernetes.io/name": "plex-importer",
    "app.kubernetes.io/managed-by": "pulumi",
    "media-homelab/generation": "7",
  },
};

const container = {
  command: ["sleep", "infinity"],
  securityContext: {
    runAsUser: 0,
    allowPrivilegeEscalation: false,
    capabilities: {
      drop: ["ALL"],
      add: ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID"],
    },
  },
  volumeMounts: [
    { name: "keys", mountPath: "/keys" },
    { name: "state", mountPath: "/config" },
    { name: "media", mountPath: "/media/films", readOnly: true },
    { name: "media", mountPath: "/mnt/old", readOnly: true, subPath: "of/old" },
    { name: "streaming", mountPath: "/media/small" },
  ],
};

const pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata,
  spec: {
    ...place({ nodes: "storage" }),
    securityContext: {
      fsGroup: 569,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    restartPolicy: "Always",
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        ...container,
        name: "importer",
        image: images.importer,
        resources: { requests: { cpu: "250m", memory: "256Mi" }, limits: { memory: "2Gi" } },
      },
      {
        ...container,
        name: "plex",
        image: "registry.test/plex:1",
        resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "1Gi" } },
      },
    ],
    volumes: [
      { name: "keys", emptyDir: { medium: "Memory" } },
      { name: "state", persistentVolumeClaim: { claimName: "test-claim" } },
      { name: "media", persistentVolumeClaim: { claimName: "test-titles" } },
      { name: "streaming", persistentVolumeClaim: { claimName: "test-streaming" } },
    ],
  },
};

const policy = {
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata,
  spec: {
    podSelector: { matchLabels: { "app.kubernetes.io/name": "plex-importer" } },
    policyTypes: ["Ingress", "Egress"],
    egress: [
      { ports: [{ port: 2222, protocol: "TCP" }] },
      { ports: [{ port: 53, protocol: "UDP" }] },
    ],
  },
};

it("is a pod that mounts what the server will, and a policy that lets it reach SSH servers and names only; nothing else", async () => {
  expect(await manifests()).toEqual({ apiVersion: "v1", kind: "List", items: [pod, policy] });
});

it("runs where the server may run, so that the claim's volume is bound to no other node", async () => {
  const { affinity, tolerations } = place({ nodes: "gpu-and-storage" });
  expect(await manifests({ nodes: "gpu-and-storage" })).toEqual({
    apiVersion: "v1",
    kind: "List",
    items: [{ ...pod, spec: { ...pod.spec, affinity, tolerations } }, policy],
  });
});

it("is told apart from that of another generation", async () => {
  const labels = { "media-homelab/generation": "8" };
  expect(await manifests({ generation: 8 })).toMatchObject({
    items: [{ metadata: { labels } }, { metadata: { labels } }],
  });
});

it("asks for the port on which the old host listens, and no other", async () => {
  const source = { host: "old-plex.test", port: 22 };
  expect(await manifests({ source })).toEqual({
    apiVersion: "v1",
    kind: "List",
    items: [
      pod,
      {
        ...policy,
        spec: {
          ...policy.spec,
          egress: [
            { ports: [{ port: 22, protocol: "TCP" }] },
            { ports: [{ port: 53, protocol: "UDP" }] },
          ],
        },
      },
    ],
  });
});

it("mounts the claim alone where there is no media to find", async () => {
  const volumeMounts = container.volumeMounts.slice(0, 2);
  const volumes = pod.spec.volumes.slice(0, 2);
  const containers = pod.spec.containers.map((each) => ({ ...each, volumeMounts }));
  expect(await manifests({ media: {} })).toEqual({
    apiVersion: "v1",
    kind: "List",
    items: [{ ...pod, spec: { ...pod.spec, containers, volumes } }, policy],
  });
});
