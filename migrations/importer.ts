import { images } from "../components/images";
import { place } from "../components/kubernetes/placement";
import type { Mount, Mounts } from "../components/kubernetes/pod";
import { linuxserver } from "../components/kubernetes/security";
import type { Site } from "../components/kubernetes/web-app";

export interface ImporterArgs {
  readonly site: Site;
  readonly generation: number;
  /** The claim that is filled. */
  readonly state: Mount;
  /** Media that the new server will find, by path. */
  readonly media: Mounts;
  /** Image of the server that will read what is brought. */
  readonly serverImage: string;
  /** Where the server may run, so that a volume bound to the importer's node is no other. */
  readonly nodes: "storage" | "gpu-and-storage";
  readonly source: { readonly host: string; readonly port: number };
}

/** Resources that only exist while data are moved; the scripts make and remove them, so that a finished migration leaves nothing. */
export function importerManifests(args: ImporterArgs): object {
  const { site, generation, state, media, serverImage, source } = args;
  const labels = {
    "app.kubernetes.io/name": name,
    "app.kubernetes.io/managed-by": "pulumi",
    "media-homelab/generation": generation.toString(),
  };
  const metadata = { name, namespace: site.namespace, labels };
  const { pod, container } = linuxserver(site.identity);
  const mounts: Mounts = { "/config": state, ...media };
  const keys = { name: "keys", mountPath: "/keys" };
  const common = {
    // Root within its few capabilities: what arrives gets its final owner at once.
    securityContext: { ...container, runAsUser: 0 },
    // It waits to be told what to do.
    command: ["sleep", "infinity"],
    volumeMounts: [
      keys,
      ...Object.entries(mounts).map(([mountPath, { volume, readOnly, subPath }]) => ({
        name: volume,
        mountPath,
        ...(readOnly && { readOnly }),
        ...(subPath && { subPath }),
      })),
    ],
  };
  const volumes = new Map(Object.values(mounts).map(({ volume, source }) => [volume, source]));
  return {
    apiVersion: "v1",
    kind: "List",
    items: [
      {
        apiVersion: "v1",
        kind: "Pod",
        metadata,
        spec: {
          ...place({ nodes: args.nodes }),
          securityContext: pod,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          restartPolicy: "Always",
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              ...common,
              name: "importer",
              image: images.importer,
              resources: resources("250m", "256Mi", "2Gi"),
            },
            {
              // Its SQLite is the one that will read the databases.
              ...common,
              name: "plex",
              image: serverImage,
              resources: resources("100m", "128Mi", "1Gi"),
            },
          ],
          volumes: [
            // The private keys never touch a disk.
            { name: keys.name, emptyDir: { medium: "Memory" } },
            ...[...volumes].map(([volume, source]) => ({ name: volume, ...source })),
          ],
        },
      },
      {
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata,
        spec: {
          podSelector: { matchLabels: { "app.kubernetes.io/name": name } },
          policyTypes: ["Ingress", "Egress"],
          egress: [
            { ports: [{ port: source.port, protocol: "TCP" }] },
            { ports: [{ port: 53, protocol: "UDP" }] },
          ],
        },
      },
    ],
  };
}

const name = "plex-importer";

function resources(cpu: string, memory: string, limit: string) {
  return { requests: { cpu, memory }, limits: { memory: limit } };
}
