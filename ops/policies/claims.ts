/** Claims, the volumes behind them, and what holds data. */
import { idOf, type Fault, type Policy, type Resource } from "./finding";
import { among, at, isHidden, list, shown, text } from "./value";
import {
  claimNameOf,
  claimsOf,
  exists,
  isOneNodes,
  lookup,
  mountsAnyClaim,
  mountsOf,
  nameOf,
  objectName,
  ofKind,
  pods,
  qualified,
  volumes,
} from "./views";

const claims = "PersistentVolumeClaim";
const persistentVolumes = "PersistentVolume";

export const claimExists: Policy = (graph, setting) =>
  pods(graph).flatMap((pod) => {
    const known = exists(ofKind(graph, claims), setting.claims);
    return volumes(pod)
      .map(claimNameOf)
      .filter((name) => name !== undefined && !known(qualified(pod.namespace, name)))
      .map((name) => ({
        resource: idOf(pod.workload),
        message: `found the claim ${shown(name)}, expected one in the graph or among the known ones`,
        fix: "register the claim, or correct its name",
      }));
  });

/** Whether a claim is made for one volume, and no class makes one for it. */
function isStatic({ inputs }: Resource): boolean {
  return at(inputs, "spec", "storageClassName") === "";
}

export const claimHasItsVolume: Policy = (graph) => {
  const all = ofKind(graph, persistentVolumes);
  const known = among(all.map(nameOf));
  return ofKind(graph, claims)
    .filter((claim) => isStatic(claim) && !known(at(claim.inputs, "spec", "volumeName")))
    .map((claim) => ({
      resource: idOf(claim),
      message: `found volumeName ${shown(at(claim.inputs, "spec", "volumeName"))} and no class, expected a volume of the graph`,
      fix: "register a PersistentVolume and name it as volumeName",
    }));
};

export const volumeBelongsToItsClaim: Policy = (graph) => {
  const find = lookup(ofKind(graph, claims));
  return ofKind(graph, persistentVolumes).flatMap((volume) => {
    const spec = at(volume.inputs, "spec");
    const reference = at(spec, "claimRef");
    const name = qualified(at(reference, "namespace"), at(reference, "name"));
    if (isHidden(name)) return [];
    const claim = find(name);
    const fault = (message: string, fix: string): Fault => ({
      resource: idOf(volume),
      message,
      fix,
    });
    if (!claim) {
      const open = ofKind(graph, claims).some((each) => isHidden(objectName(each)));
      const found = reference === undefined ? "no claimRef" : `claimRef ${name}`;
      return open
        ? []
        : [
            fault(
              `found ${found}, expected a claim of the graph: any other may take the volume`,
              "set claimRef to the claim",
            ),
          ];
    }
    const pairs: [string, unknown, unknown][] = [
      ["name", nameOf(volume), at(claim.inputs, "spec", "volumeName")],
      [
        "size",
        at(spec, "capacity", "storage"),
        at(claim.inputs, "spec", "resources", "requests", "storage"),
      ],
      ["class", at(spec, "storageClassName"), at(claim.inputs, "spec", "storageClassName")],
      ["access modes", modes(volume), modes(claim)],
    ];
    return pairs
      .filter(([, mine, its]) => !isHidden(mine) && !isHidden(its) && mine !== its)
      .map(([what, mine, its]) =>
        fault(
          `found the ${what} ${shown(mine)}, expected ${shown(its)} as of its claim: the two don't bind`,
          `give volume and claim the same ${what}`,
        ),
      );
  });
};

function modes({ inputs }: Resource): unknown {
  const all = list(at(inputs, "spec", "accessModes"));
  return all.find(isHidden) ?? all.map(shown).sort().join(", ");
}

export const claimNamesItsClass: Policy = (graph, setting) => {
  const classes = ofKind(graph, "StorageClass").map(nameOf);
  const known = among([...classes, ...setting.storageClasses, ""]);
  return ofKind(graph, claims)
    .filter(({ inputs }) => !known(at(inputs, "spec", "storageClassName")))
    .map((claim) => ({
      resource: idOf(claim),
      message: `found the StorageClass ${shown(at(claim.inputs, "spec", "storageClassName"))}, expected one of the graph or a known one`,
      fix: "create the class, or tell the policies that it exists (ops/policies/setting.ts)",
    }));
};

export const noDynamicNfs: Policy = (graph) =>
  ofKind(graph, claims, "StorageClass")
    .map((resource) => ({
      resource,
      source: text(
        at(resource.inputs, "provisioner") ?? at(resource.inputs, "spec", "storageClassName"),
      ),
    }))
    .filter(({ source }) => source !== undefined && /nfs/i.test(source))
    .map(({ resource, source = "" }) => ({
      resource: idOf(resource),
      message: `found ${source}, expected a static volume: a dynamic one is a new, empty folder on the server`,
      fix: "make a PersistentVolume of the export, and a claim without a class",
    }));

export const readOnlyClaimStaysSo: Policy = (graph) => {
  const find = lookup(ofKind(graph, claims));
  return pods(graph).flatMap((pod) =>
    mountsOf(pod)
      .filter(({ spec }) => at(spec, "readOnly") !== true && !isHidden(at(spec, "readOnly")))
      .filter(({ volume }) => at(volume, "persistentVolumeClaim", "readOnly") !== true)
      .filter(({ volume }) => {
        const claim = find(qualified(pod.namespace, claimNameOf(volume)));
        return claim !== undefined && modes(claim) === "ReadOnlyMany";
      })
      .map(({ container, path }) => ({
        resource: idOf(pod.workload),
        message: `container ${container.name}: found ${shown(path)} writable, expected readOnly as its claim is`,
        fix: "mount it readOnly, or make the claim ReadWriteMany",
      })),
  );
};

const keepers = [
  `kubernetes:core/v1:${claims}`,
  `kubernetes:core/v1:${persistentVolumes}`,
  "nomad:index/csiVolume:CsiVolume",
];

export const dataIsKept: Policy = (graph, { throwAway }) =>
  graph
    .filter(({ type }) => !throwAway && keepers.includes(type))
    .filter(({ options }) => options.protect !== true || options.retainOnDelete !== true)
    .map((resource) => ({
      resource: idOf(resource),
      message: `found protect ${shown(resource.options.protect ?? false)} and retainOnDelete ${shown(resource.options.retainOnDelete ?? false)}, expected both: it holds data`,
      fix: "set protect and retainOnDelete (config: storage.protect)",
    }));

export const noClaimTemplates: Policy = (graph) =>
  ofKind(graph, "StatefulSet")
    .filter(({ inputs }) =>
      list(at(inputs, "spec", "volumeClaimTemplates")).some((template) => !isHidden(template)),
    )
    .map((workload) => ({
      resource: idOf(workload),
      message:
        "found volumeClaimTemplates, expected claims of their own: Kubernetes makes them, and nothing protects them",
      fix: "register the claims and mount them by name",
    }));

export const oneNodesClaimHasOnePod: Policy = (graph) =>
  pods(graph).flatMap((pod) => {
    const own = claimsOf(graph, pod).filter(isOneNodes);
    const { inputs } = pod.workload;
    const replicas = at(inputs, "spec", "replicas");
    const strategy = at(inputs, "spec", "strategy", "type");
    const rolling = pod.kind === "Deployment" && !isHidden(strategy) && strategy !== "Recreate";
    const several = typeof replicas === "number" && replicas > 1;
    return own.flatMap((claim): Fault[] => [
      ...(rolling
        ? [
            {
              resource: idOf(pod.workload),
              message: `found the strategy ${shown(strategy)}, expected Recreate: ${claim.name} can't be mounted by the old and the new pod`,
              fix: "set strategy: {type: Recreate}",
            },
          ]
        : []),
      ...(several
        ? [
            {
              resource: idOf(pod.workload),
              message: `found ${shown(replicas)} replicas, expected 1: ${claim.name} is mounted by one node at a time`,
              fix: "set replicas: 1",
            },
          ]
        : []),
    ]);
  });

/** What Kubernetes gives where nothing is said; less would cut off SQLite while it writes its log back. */
const leastGrace = 30;

export const timeToWriteBack: Policy = (graph) =>
  pods(graph)
    .filter(mountsAnyClaim)
    .map((pod) => ({ pod, seconds: at(pod.spec, "terminationGracePeriodSeconds") }))
    .filter(({ seconds }) => !isHidden(seconds))
    .filter(({ seconds }) => typeof seconds !== "number" || seconds < leastGrace)
    .map(({ pod, seconds }) => ({
      resource: idOf(pod.workload),
      message: `found terminationGracePeriodSeconds ${shown(seconds)}, expected at least ${leastGrace.toString()}: it writes to a claim`,
      fix: "set terminationGracePeriodSeconds: 120",
    }));
