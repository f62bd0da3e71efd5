/** The nodes: whether each pod of the plan finds one, and what a GPU's pods find there. */
import { absent, judged, type Check, type Finding } from "../check";
import { expectedObjects, workloadName, type ExpectedWorkload } from "../expected";
import {
  obstacle,
  requiredTerms,
  type KubeNode,
  type KubeWorkload,
  type Obstacle,
} from "../kubernetes";
import { configOf, type Items, type World } from "../world";
import { nodesOf } from "./cluster";

/** Workloads that ask the same of their node. */
function byPlacement(workloads: readonly ExpectedWorkload[]): ExpectedWorkload[][] {
  const groups = new Map<string, ExpectedWorkload[]>();
  for (const workload of workloads) {
    const own = (workload.pod.tolerations ?? []).filter(
      ({ key }) => !key?.startsWith("node.kubernetes.io/"),
    );
    const asked = JSON.stringify([requiredTerms(workload.pod), own]);
    groups.set(asked, [...(groups.get(asked) ?? []), workload]);
  }
  return [...groups.values()];
}

const placement: Check = {
  id: "nodes/placement",
  meaning: "each kind of pod finds a node with the labels it asks for, ready and open to it",
  look: "kubectl get nodes --show-labels",
  needs: ["cluster/reachable", "config/plans"],
  run: async (world) => {
    const { workloads } = await expectedObjects(world);
    const nodes = await nodesOf(world);
    const findings = byPlacement(workloads).flatMap((group): Finding[] => {
      const [{ pod }] = group as [ExpectedWorkload];
      const seen = nodes.map((node) => ({ name: node.metadata.name, in: obstacle(pod, node) }));
      if (seen.some((each) => each.in === undefined)) return [];
      // The node that comes nearest: one that only isn't ready has the labels already.
      const [nearest] = seen.sort((a, b) => distance(a.in) - distance(b.in));
      return [
        {
          about: group.map(workloadName).join(", "),
          found: nearest ? `${nearest.name} ${words(nearest.in)}, and no other node` : "no node",
          expected: `a node with ${labelsOf(group)}`,
          fix: nearest ? fixOf(nearest.name, nearest.in) : "add a node to the cluster",
        },
      ];
    });
    return judged(findings, nodes.map(({ metadata }) => metadata.name).join(", "));
  },
};

function labelsOf([first]: readonly ExpectedWorkload[]): string {
  const [term = []] = first ? requiredTerms(first.pod) : [];
  return term.map((label) => label.join("=")).join(" and ");
}

function distance(of: Obstacle | undefined): number {
  return of?.kind === "labels" ? of.labels.length : 0;
}

/** What keeps a node from taking a pod, as the end of a sentence about it. */
export function words(of: Obstacle | undefined): string {
  switch (of?.kind) {
    case "labels":
      return `lacks the label ${of.labels.join(" and ")}`;
    case "taint":
      return `has the taint ${of.taint}, which they don't tolerate`;
    case "cordoned":
      return "is cordoned";
    default:
      return "is not ready";
  }
}

function fixOf(node: string, of: Obstacle | undefined): string {
  switch (of?.kind) {
    case "labels":
      return `kubectl label node ${node} ${of.labels.join(" ")} --overwrite`;
    case "taint":
      return `kubectl taint node ${node} ${of.taint}-`;
    case "cordoned":
      return `kubectl uncordon ${node}`;
    default:
      return `look at its kubelet: kubectl describe node ${node}`;
  }
}

/** Devices that the pods of a workload ask for, all replicas together. */
export function devicesOf({ pod, replicas }: ExpectedWorkload): [string, number][] {
  return pod.containers.flatMap(({ resources }) =>
    Object.entries(resources?.limits ?? {})
      .filter(([name]) => name.includes("/"))
      .map(([name, count]): [string, number] => [name, Number(count) * replicas]),
  );
}

const gpu: Check = {
  id: "nodes/gpu",
  meaning: "the nodes announce the GPUs that the pods ask for",
  look: "kubectl get nodes --output custom-columns=NAME:.metadata.name,ALLOCATABLE:.status.allocatable",
  needs: ["nodes/placement"],
  run: async (world) => {
    const { gpu } = await configOf(world, "k3s");
    const { workloads } = await expectedObjects(world);
    const asking = workloads.flatMap((workload) =>
      devicesOf(workload).map(([resource, count]) => ({ workload, resource, count })),
    );
    if (!gpu || asking.length === 0) return absent;
    if (gpu.plugin === "install" && !(await pluginRuns(world)))
      return { said: "not yet: the program installs the plugin that announces them" };
    const nodes = await nodesOf(world);
    const findings = asking.flatMap(({ workload, resource, count }): Finding[] => {
      const able = nodes.filter((node) => obstacle(workload.pod, node) === undefined);
      const there = able.reduce((sum, node) => sum + announced(node, resource), 0);
      if (there >= count) return [];
      const names = able.map(({ metadata }) => metadata.name).join(", ");
      return [
        {
          about: workloadName(workload),
          found: `${there.toString()} ${resource} on ${names}`,
          expected: count.toString(),
          fix:
            there > 0
              ? `pulumi config set --path gpu.shared ${count.toString()}, then pulumi up`
              : `does the node have /dev/dri, and is gpu.resource right? then look at the plugin: kubectl logs daemonset/intel-gpu-plugin`,
        },
      ];
    });
    return judged(findings, asking.map(({ resource }) => resource).join(", "));
  },
};

export function announced(node: KubeNode, resource: string): number {
  return Number(node.status.allocatable?.[resource] ?? 0);
}

async function pluginRuns(world: World): Promise<boolean> {
  const { items } = await world.kube<Items<KubeWorkload>>("daemonsets", "--all-namespaces");
  return items.some(({ metadata }) => metadata.name === "intel-gpu-plugin");
}

export const nodeChecks = [placement, gpu];
