/** What has to be there before claims are made or taken over, and room for them. */
import { absent, judged, type Check, type Finding } from "../check";
import { expectedObjects, pluralOf } from "../expected";
import {
  bytes,
  gibibytes,
  isTrue,
  type Condition,
  type KubeClaim,
  type Meta,
  type StorageClass,
} from "../kubernetes";
import { configOf, type Items, type World } from "../world";

interface Named {
  readonly metadata: Meta;
}

const adopted: Check = {
  id: "storage/adopted",
  meaning: "the claims and volumes that are to be taken over are there",
  look: "kubectl get persistentvolumeclaims,persistentvolumes",
  needs: ["cluster/reachable", "config/plans"],
  run: async (world) => {
    const { namespace } = await configOf(world, "k3s");
    const { adopted } = await expectedObjects(world);
    const wanted = adopted.filter(({ kind }) => kind.startsWith("PersistentVolume"));
    if (wanted.length === 0) return absent;
    const [claims, volumes] = await Promise.all([
      world.kube<Items<Named>>("persistentvolumeclaims", "--all-namespaces"),
      world.kube<Items<Named>>("persistentvolumes"),
    ]);
    const findings = wanted.flatMap(({ kind, metadata }): Finding[] => {
      const isClaim = kind === "PersistentVolumeClaim";
      const there = isClaim
        ? claims.items.some(
            (each) =>
              each.metadata.name === metadata.name && each.metadata.namespace === namespace.name,
          )
        : volumes.items.some((each) => each.metadata.name === metadata.name);
      if (there) return [];
      const fix =
        "pulumi config set --path storage.claims create, if it never was; else make it again from its volume or its backup";
      return [
        {
          about: metadata.name,
          found: `no such ${pluralOf(kind).replace(/s$/, "")}`,
          expected: "the one of an earlier stack",
          fix,
        },
      ];
    });
    return judged(findings, wanted.length.toString());
  },
};

/** https://longhorn.io/docs/1.9.0/references/examples/ */
interface LonghornNode extends Named {
  readonly spec: { readonly allowScheduling?: boolean };
  readonly status: {
    readonly conditions?: readonly Condition[];
    readonly diskStatus?: Readonly<
      Record<
        string,
        {
          readonly storageMaximum?: number;
          readonly storageScheduled?: number;
          readonly conditions?: readonly Condition[];
        }
      >
    >;
  };
}

const driver = "driver.longhorn.io";

/** The classes of the plan's claims that are Longhorn's: those that exist, and those that are to be made. */
export async function longhornClasses(world: World): Promise<StorageClass[]> {
  const { claims, classes } = await expectedObjects(world);
  const there = await world.kube<Items<StorageClass>>("storageclasses");
  const used = new Set(claims.map(({ spec }) => spec.storageClassName));
  const known = new Map([...classes, ...there.items].map((each) => [each.metadata.name, each]));
  return [...known.values()].filter(
    ({ metadata, provisioner }) => used.has(metadata.name) && provisioner === driver,
  );
}

const longhorn: Check = {
  id: "storage/longhorn",
  meaning: "Longhorn has a node for each replica, and room for the claims that are yet to be made",
  look: "kubectl get nodes.longhorn.io --namespace longhorn-system",
  needs: ["cluster/storage-classes", "config/plans"],
  run: async (world) => {
    const classes = await longhornClasses(world);
    if (classes.length === 0) return absent;
    const { items } = await world.kube<Items<LonghornNode>>(
      "nodes.longhorn.io",
      "--namespace=longhorn-system",
    );
    const able = items.filter(
      ({ spec, status }) => spec.allowScheduling !== false && isTrue(status.conditions, "Ready"),
    );
    const names = able.map(({ metadata }) => metadata.name).join(", ") || "none";
    const rooms = able.map(room).sort((a, b) => b - a);
    const findings = await Promise.all(
      classes.map(async ({ metadata, parameters }): Promise<Finding[]> => {
        const replicas = Number(parameters?.numberOfReplicas ?? 3);
        const about = metadata.name;
        if (able.length < replicas)
          return [
            {
              about,
              found: `${able.length.toString()} nodes that take replicas (${names})`,
              expected: `${replicas.toString()}, one for each replica`,
              fix: "allow scheduling on another node (Longhorn, Node), or label it: kubectl label node NODE node.longhorn.io/create-default-disk=true",
            },
          ];
        const needed = await yetToBeMade(world, metadata.name);
        const free = rooms[replicas - 1] ?? 0;
        if (free >= needed) return [];
        const found = `room for ${gibibytes(free)} on ${replicas.toString()} nodes`;
        const fix =
          "give Longhorn more disk, or make the claims smaller: apps.<app>.size, storage.symlinks";
        return [{ about, found, expected: gibibytes(needed), fix }];
      }),
    );
    return judged(findings.flat(), names);
  },
};

/** What a node's disks may still be given, by Longhorn's own account. */
function room({ status }: LonghornNode): number {
  return Object.values(status.diskStatus ?? {})
    .filter(({ conditions }) => isTrue(conditions, "Schedulable"))
    .reduce((sum, disk) => sum + (disk.storageMaximum ?? 0) - (disk.storageScheduled ?? 0), 0);
}

async function yetToBeMade(world: World, storageClass: string): Promise<number> {
  const { namespace } = await configOf(world, "k3s");
  const { claims } = await expectedObjects(world);
  const there = await world.kube<Items<KubeClaim>>("persistentvolumeclaims", "--all-namespaces");
  const names = new Set(
    there.items
      .filter(({ metadata }) => metadata.namespace === namespace.name)
      .map(({ metadata }) => metadata.name),
  );
  return claims
    .filter(
      ({ spec, metadata }) => spec.storageClassName === storageClass && !names.has(metadata.name),
    )
    .reduce((sum, { spec }) => sum + bytes(spec.resources.requests.storage), 0);
}

const enforce = "pod-security.kubernetes.io/enforce";

const privileges: Check = {
  id: "privileges/namespace",
  meaning: "the namespace lets Decypharr's pod be privileged, which alone may hand on a mount",
  look: "kubectl get namespaces --show-labels",
  needs: ["cluster/reachable", "config/plans"],
  run: async (world) => {
    const { namespace } = await configOf(world, "k3s");
    const { workloads } = await expectedObjects(world);
    const privileged = workloads.filter(
      ({ pod }) =>
        pod.containers.some(({ securityContext }) => securityContext?.privileged) ||
        pod.volumes?.some(({ hostPath }) => hostPath !== undefined),
    );
    if (privileged.length === 0) return absent;
    const { items } = await world.kube<Items<Named>>("namespaces");
    const found = items.find(({ metadata }) => metadata.name === namespace.name);
    const level = found?.metadata.labels?.[enforce];
    if (level === undefined || level === "privileged")
      return { said: level ?? "nothing is enforced" };
    const fix = `kubectl label namespace ${namespace.name} ${enforce}=privileged --overwrite`;
    const names = privileged.map(({ metadata }) => metadata.name).join(", ");
    return judged([{ about: names, found: `${enforce}=${level}`, expected: "privileged", fix }]);
  },
};

export const storageChecks = [adopted, longhorn, privileges];
