/** The cluster, before anything is made in it: who answers, what may be done, what has to be there. */
import { inPool } from "../../../config/addresses";
import { absent, judged, type Check, type Finding } from "../check";
import { expectedObjects, pluralOf } from "../expected";
import { addressOf, type KubeNode, type KubeService, type Meta } from "../kubernetes";
import { isAtLeast, isMade, majorMinor } from "../stack";
import { configOf, type Items, type Rights, type World } from "../world";

interface Named {
  readonly metadata: Meta;
}

export async function nodesOf(world: World): Promise<readonly KubeNode[]> {
  return (await world.kube<Items<KubeNode>>("nodes")).items;
}

export const clusterReachable: Check = {
  id: "cluster/reachable",
  meaning: "the cluster answers, at the context of the config",
  look: "kubectl get nodes",
  needs: ["config/valid"],
  run: async (world) => {
    try {
      const nodes = await nodesOf(world);
      return { said: nodes.map(({ metadata }) => metadata.name).join(", ") };
    } catch (error) {
      const { context } = (await configOf(world, "k3s")).kubernetes;
      const contexts = await contextsOf(world);
      const [first] = contexts;
      if (first === undefined || contexts.includes(context)) throw error;
      const found = `${context}, which the kubeconfig doesn't have`;
      const fix = `pulumi config set --path kubernetes.context ${first}`;
      const expected = `one of ${contexts.join(", ")}`;
      return judged([{ about: "kubernetes.context", found, expected, fix }]);
    }
  },
};

/** Names of the kubeconfig's contexts; none where it can't be read. */
async function contextsOf(world: World): Promise<string[]> {
  const { kubeconfig } = (await configOf(world, "k3s")).kubernetes;
  const file = kubeconfig === undefined ? [] : ["--kubeconfig", kubeconfig];
  const list = ["config", "get-contexts", "--output=name", ...file];
  const text = await world.tool("kubectl", ...list).catch(() => "");
  return text.split("\n").filter((name) => name !== "");
}

/** Tried with, or known to have all that is used: sidecars none, server-side apply and EndpointSlices all. */
const oldest: readonly [number, number] = [1, 28];

const version: Check = {
  id: "cluster/version",
  meaning: "Kubernetes is 1.28 or later, and kubectl at most one version away",
  look: "kubectl version",
  needs: ["cluster/reachable", "workstation/kubectl"],
  run: async (world) => {
    const { server, client } = await versions(world);
    const findings: Finding[] = [];
    if (!isAtLeast(server, oldest))
      findings.push({
        found: server,
        expected: `v${oldest.join(".")} or later`,
        fix: "upgrade the cluster, one minor version at a time: https://docs.k3s.io/upgrades",
      });
    if (Math.abs(majorMinor(server)[1] - majorMinor(client)[1]) > 1)
      findings.push({
        about: "kubectl",
        found: client,
        expected: `within one minor version of ${server}`,
        fix: "install another: https://kubernetes.io/docs/tasks/tools/",
        warning: true,
      });
    return judged(findings, server);
  },
};

async function versions(world: World): Promise<{ server: string; client: string }> {
  const [node] = await nodesOf(world);
  const text = await world.tool("kubectl", "version", "--client", "--output=json");
  const { clientVersion } = JSON.parse(text) as { clientVersion: { gitVersion: string } };
  const { status } = node as unknown as { status: { nodeInfo: { kubeletVersion: string } } };
  return { server: status.nodeInfo.kubeletVersion, client: clientVersion.gitVersion };
}

const verbs = ["get", "list", "watch", "create", "patch", "delete"];

const rights: Check = {
  id: "cluster/rights",
  meaning: "this user may make, change and watch all that the plan holds",
  look: "kubectl auth can-i --list",
  needs: ["cluster/reachable", "config/plans"],
  run: async (world) => {
    const { namespace } = await configOf(world, "k3s");
    const review = await world.rights(namespace.name);
    const { kinds } = await expectedObjects(world);
    const asked = [
      ...kinds.map(({ kind, group }) => ({ group, resource: pluralOf(kind), verbs })),
      { group: "", resource: "pods/exec", verbs: ["create"] },
    ];
    const lacking = asked.flatMap(({ group, resource, verbs }) => {
      const missing = verbs.filter((verb) => !isAllowed(review, verb, group, resource));
      return missing.length > 0 ? [{ resource, missing }] : [];
    });
    return judged(
      lacking.map(({ resource, missing }) => ({
        about: resource,
        found: `no right to ${missing.join(", ")}`,
        expected: `${verbs.join(", ")} in ${namespace.name}`,
        fix: "use a context with the rights of cluster-admin (kubernetes.context), or have them granted",
        // It may know of more than it lists.
        ...(review.incomplete && { warning: true }),
      })),
    );
  },
};

function isAllowed({ resourceRules }: Rights, verb: string, group: string, resource: string) {
  const has = (list: readonly string[] | undefined, value: string) =>
    list?.some((each) => each === "*" || each === value) ?? false;
  return resourceRules.some(
    (rule) =>
      !rule.resourceNames?.length &&
      has(rule.verbs, verb) &&
      has(rule.apiGroups, group) &&
      (has(rule.resources, resource) || has(rule.resources, resource.replace(/^.*\//, "*/"))),
  );
}

const namespace: Check = {
  id: "cluster/namespace",
  meaning: "the namespace exists, or not, as namespace.mode says",
  look: "kubectl get namespaces",
  needs: ["cluster/reachable", "workstation/stack"],
  run: async (world) => {
    const { name, mode } = (await configOf(world, "k3s")).namespace;
    const { items } = await world.kube<Items<Named>>("namespaces");
    const exists = items.some(({ metadata }) => metadata.name === name);
    const made = await isMade(world, "kubernetes:core/v1:Namespace");
    const set = (to: string) => `pulumi config set --path namespace.mode ${to}`;
    if (exists ? mode === "create" && !made : mode !== "create" || made) {
      const found = exists ? `${name}, which this stack has not made` : `no namespace ${name}`;
      const expected = made ? "the one that this stack has made" : `namespace.mode to fit ${mode}`;
      const fix = exists ? set("adopt") : made ? "pulumi up --refresh" : set("create");
      return judged([{ found, expected, fix }]);
    }
    return { said: `${name}, ${exists ? "there" : "to be made"}` };
  },
};

const storageClasses: Check = {
  id: "cluster/storage-classes",
  meaning: "the StorageClasses exist, or not, as storage.block.mode and storage.shared.mode say",
  look: "kubectl get storageclasses",
  needs: ["cluster/reachable", "workstation/stack"],
  run: async (world) => {
    const { block, shared } = (await configOf(world, "k3s")).storage;
    const { items } = await world.kube<Items<Named>>("storageclasses");
    const there = items.map(({ metadata }) => metadata.name);
    const findings = await Promise.all(
      Object.entries({ block, shared }).map(async ([key, of]): Promise<Finding[]> => {
        const made = await isMade(world, "kubernetes:storage.k8s.io/v1:StorageClass", key);
        const about = `storage.${key}`;
        if (there.includes(of.class))
          return of.mode === "create" && !made
            ? [
                {
                  about,
                  found: `${of.class}, which this stack has not made`,
                  expected: "none, because mode is create",
                  fix: `pulumi config set --path storage.${key}.mode reference`,
                },
              ]
            : [];
        if (of.mode === "create" && !made) return [];
        return [
          {
            about,
            found: there.length > 0 ? `only ${there.join(", ")}` : "no StorageClass",
            expected: of.class,
            fix: made
              ? "pulumi up --refresh"
              : `pulumi config set --path storage.${key}.class ${there[0] ?? of.class}, or mode create where there is Longhorn`,
          },
        ];
      }),
    );
    return judged(findings.flat(), `${block.class}, ${shared.class}`);
  },
};

export const ingressClass: Check = {
  id: "cluster/ingress-class",
  meaning: "the IngressClass of the config exists",
  look: "kubectl get ingressclasses",
  needs: ["cluster/reachable"],
  run: async (world) => {
    const { className } = (await configOf(world, "k3s")).ingress;
    const { items } = await world.kube<Items<Named>>("ingressclasses");
    const there = items.map(({ metadata }) => metadata.name);
    if (there.includes(className)) return { said: className };
    const found = there.length > 0 ? `only ${there.join(", ")}` : "no IngressClass";
    const fix = there[0]
      ? `pulumi config set --path ingress.className ${there[0]}, then pulumi up; or give the controller back the class ${className}`
      : "install an ingress controller, such as k3s' own Traefik";
    return judged([{ found, expected: className, fix }]);
  },
};

interface Pool extends Named {
  readonly spec: { readonly addresses?: readonly string[] };
}

const pools: Check = {
  id: "cluster/address-pools",
  meaning: "MetalLB has addresses to hand out",
  look: "kubectl get ipaddresspools.metallb.io --all-namespaces",
  needs: ["cluster/reachable", "config/plans"],
  run: async (world) => {
    const { services } = await expectedObjects(world);
    if (!services.some(({ spec }) => spec.type === "LoadBalancer")) return absent;
    const ranges = await poolRanges(world);
    if (ranges.length > 0) return { said: ranges.join(", ") };
    const fix = "make an IPAddressPool: https://metallb.io/configuration/";
    return judged([{ found: "no pool", expected: "at least one", fix }]);
  },
};

/** Throws where the cluster doesn't know MetalLB's kinds. */
async function poolRanges(world: World): Promise<string[]> {
  const { items } = await world.kube<Items<Pool>>("ipaddresspools.metallb.io", "--all-namespaces");
  return items.flatMap(({ spec }) => spec.addresses ?? []);
}

const addresses: Check = {
  id: "cluster/addresses",
  meaning: "the fixed LoadBalancer addresses lie in a pool, and are nobody else's",
  look: "kubectl get services --all-namespaces",
  needs: ["cluster/address-pools"],
  run: async (world) => {
    const { plex, transcoding, namespace } = await configOf(world, "k3s");
    const fixed = [
      { key: "plex.address", address: plex.address, name: "plex" },
      {
        key: "transcoding.address",
        address: transcoding.address,
        name: "clusterplex-orchestrator",
      },
    ].filter((each): each is typeof each & { address: string } => each.address !== undefined);
    if (fixed.length === 0) return absent;
    const ranges = (await poolRanges(world)).map((range) => range.replaceAll(" ", ""));
    const { items } = await world.kube<Items<KubeService>>("services", "--all-namespaces");
    const findings = fixed.flatMap(({ key, address, name }): Finding[] => {
      const fix = `pulumi config set --path ${key} to an address of the pool that is free`;
      const holder = items.find(
        (service) =>
          addressOf(service) === address &&
          !(service.metadata.name === name && service.metadata.namespace === namespace.name),
      );
      if (holder) {
        const found = `${address} at ${holder.metadata.namespace ?? ""}/${holder.metadata.name}`;
        return [{ about: key, found, expected: "it to be free", fix }];
      }
      // An IPv6 range holds none of these.
      if (ranges.some((range) => !range.includes(":") && inPool(address, range))) return [];
      return [{ about: key, found: address, expected: `one of ${ranges.join(", ")}`, fix }];
    });
    return judged(findings, fixed.map(({ address }) => address).join(", "));
  },
};

export const clusterChecks = [
  clusterReachable,
  version,
  rights,
  namespace,
  storageClasses,
  ingressClass,
  pools,
  addresses,
];
