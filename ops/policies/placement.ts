/** Where pods may run: nodes, their labels and taints, and other pods. */
import { idOf, type Policy, type Resource } from "./finding";
import type { NodeFacts, Setting } from "./setting";
import { at, fields, includes, isHidden, isReadable, list, shown, text } from "./value";
import { claimsOf, containers, pods, volumes, type Pod } from "./views";

/** One condition of a selector: the label must have one of these values, or any if there are none. */
interface Condition {
  readonly key: string;
  readonly values: readonly string[];
}

/** Conditions of a term, where they can be read; those that exclude nodes draw a pod to none. */
function conditions(expressions: unknown): Condition[] {
  return list(expressions).flatMap((each) => {
    const key = text(at(each, "key"));
    const values = list(at(each, "values"));
    const draws = ["In", "Exists"].includes(text(at(each, "operator")) ?? "");
    if (key === undefined || !draws || values.some(isHidden)) return [];
    return [{ key, values: values.map(shown) }];
  });
}

function labelConditions(labels: unknown): Condition[] {
  return Object.entries(fields(labels)).flatMap(([key, value]) => {
    const known = text(value);
    return known === undefined ? [] : [{ key, values: [known] }];
  });
}

const required = "requiredDuringSchedulingIgnoredDuringExecution";
const preferred = "preferredDuringSchedulingIgnoredDuringExecution";

/** The terms of which a node must meet one; each holds the nodeSelector as well. Empty: any node will do. */
function requiredTerms({ spec }: Pod): Condition[][] {
  const selector = labelConditions(at(spec, "nodeSelector"));
  const terms = list(at(spec, "affinity", "nodeAffinity", required, "nodeSelectorTerms")).map(
    (term) => [...conditions(at(term, "matchExpressions")), ...selector],
  );
  return (terms.length > 0 ? terms : [selector]).filter((term) => term.length > 0);
}

function preferredConditions({ spec }: Pod): Condition[] {
  return list(at(spec, "affinity", "nodeAffinity", preferred)).flatMap((each) =>
    conditions(at(each, "preference", "matchExpressions")),
  );
}

function meets({ labels }: NodeFacts, { key, values }: Condition): boolean {
  const label = labels[key];
  return label !== undefined && (values.length === 0 || values.includes(label));
}

/** Whether anything of what a pod asks of its node can't be read. */
function isUnclear({ spec }: Pod): boolean {
  return !isReadable([at(spec, "affinity", "nodeAffinity"), at(spec, "nodeSelector")]);
}

/** The nodes on which a pod may run by its labels: none if it doesn't say. */
function nodesOf(pod: Pod, { nodes }: Setting): NodeFacts[] {
  return nodes.filter((node) =>
    requiredTerms(pod).some((term) => term.every((condition) => meets(node, condition))),
  );
}

export const nodeLabelIsKnown: Policy = (graph, setting) =>
  pods(graph).flatMap((pod) =>
    [...requiredTerms(pod).flat(), ...preferredConditions(pod)]
      .filter((condition) => !setting.nodes.some((node) => meets(node, condition)))
      .map(({ key, values }) => ({
        resource: idOf(pod.workload),
        message: `found ${[key, ...values].join("=")} asked of its node, expected a label of one: ${labelsOf(setting)}`,
        fix: "select nodes by a label that is kept on them (components/kubernetes/placement.ts)",
      })),
  );

function labelsOf({ nodes }: Setting): string {
  const all = nodes.flatMap(({ labels }) => Object.entries(labels).map((label) => label.join("=")));
  return [...new Set(all)].sort().join(", ");
}

function tolerates(toleration: unknown, key: string, value: string): boolean {
  const effect = at(toleration, "effect");
  if (effect !== undefined && !isHidden(effect) && effect !== "NoSchedule") return false;
  const operator = at(toleration, "operator");
  const entries =
    operator === "Exists" || isHidden(operator)
      ? { key: at(toleration, "key") ?? key }
      : { key: at(toleration, "key"), value: at(toleration, "value") };
  return includes({ key, value }, entries);
}

/** Asks for a GPU, or is the plugin that announces it to the kubelet. */
function worksOnGpu(pod: Pod): boolean {
  const asks = containers(pod).some(({ spec }) => {
    const limits = at(spec, "resources", "limits");
    return (
      isHidden(limits) ||
      Object.keys(fields(limits)).some((name) => name.startsWith("gpu.intel.com/"))
    );
  });
  const announces = volumes(pod).some((volume) => {
    const path = at(volume, "hostPath", "path");
    return isHidden(path) || path === "/var/lib/kubelet/device-plugins";
  });
  return asks || announces;
}

/** Of the nodes that a pod may run on, those that are not kept for work on a GPU; if there are such. */
function nodesMeantFor(pod: Pod, setting: Setting): NodeFacts[] {
  const all = nodesOf(pod, setting);
  const others = all.filter(({ taints }) => worksOnGpu(pod) || taints.gpu === undefined);
  return others.length > 0 ? others : all;
}

export const taintIsTolerated: Policy = (graph, setting) =>
  pods(graph)
    .filter((pod) => !isUnclear(pod))
    .flatMap((pod) => {
      const tolerations = list(at(pod.spec, "tolerations"));
      const taints = nodesMeantFor(pod, setting).flatMap(({ taints }) => Object.entries(taints));
      const missing = new Map(
        taints.filter(([key, value]) => !tolerations.some((each) => tolerates(each, key, value))),
      );
      return [...missing].map(([key, value]) => ({
        resource: idOf(pod.workload),
        message: `found no toleration of ${key}=${value}:NoSchedule, expected one: the nodes that it asks for have this taint`,
        fix: `tolerate {key: ${key}, operator: Equal, value: "${value}", effect: NoSchedule}`,
      }));
    });

/** What the API server sets on nodes by itself: https://kubernetes.io/docs/reference/labels-annotations-taints/ */
const ofLostNodes = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

export const tolerationIsNeeded: Policy = (graph, setting) =>
  pods(graph)
    .filter((pod) => !isUnclear(pod))
    .flatMap((pod) => {
      const taints = nodesOf(pod, setting).flatMap(({ taints }) => Object.entries(taints));
      return list(at(pod.spec, "tolerations"))
        .filter(
          (each) => !isHidden(at(each, "key")) && !ofLostNodes.includes(shown(at(each, "key"))),
        )
        .filter((each) => !taints.some(([key, value]) => tolerates(each, key, value)))
        .map((each) => ({
          resource: idOf(pod.workload),
          message: `found a toleration of ${shown(at(each, "key") ?? "every taint")}, expected none: nothing sends it to a node with this taint`,
          fix: "remove the toleration, or require the node's label",
        }));
    });

export const gpuNodeForGpuWork: Policy = (graph) =>
  pods(graph)
    .filter((pod) => !worksOnGpu(pod))
    .filter(({ spec }) => list(at(spec, "tolerations")).some((each) => at(each, "key") === "gpu"))
    .map(({ workload }) => ({
      resource: idOf(workload),
      message: "found a toleration of gpu, expected it only where a GPU is asked for",
      fix: "ask for gpu.intel.com/i915, or leave the GPU node to those that do",
    }));

/** Claims that Longhorn's driver mounts: those of a class. A static volume needs no driver of its own. */
function longhornClaims(graph: readonly Resource[], pod: Pod): Resource[] {
  return claimsOf(graph, pod).filter(({ inputs }) => {
    const storageClass = text(at(inputs, "spec", "storageClassName"));
    return storageClass !== undefined && storageClass !== "";
  });
}

export const storagePodOnStorageNode: Policy = (graph, setting) =>
  pods(graph)
    .filter((pod) => !isUnclear(pod) && longhornClaims(graph, pod).length > 0)
    .flatMap((pod) => {
      const unable = nodesOf(pod, setting).filter(({ longhorn }) => !longhorn);
      if (requiredTerms(pod).length > 0 && unable.length === 0) return [];
      const found = unable.map(({ name }) => name).join(", ") || "any node";
      const [claim] = longhornClaims(graph, pod);
      return [
        {
          resource: idOf(pod.workload),
          message: `found that it may run on ${found}, expected only nodes that can mount ${shown(claim?.name)}`,
          fix: "require node.longhorn.io/storage=enabled",
        },
      ];
    });

/** With Kubernetes' own 300 seconds a lost node takes its apps away for over five minutes. */
const patience = 30;

/**
 * Seconds for which a pod may stay on a lost node. Its successor in a StatefulSet starts only when the pod's time
 * to end is over as well, since Longhorn waits for that; both have to fit.
 */
function longestStay(pod: Pod): number {
  const grace = at(pod.spec, "terminationGracePeriodSeconds");
  const waits = pod.workload.type.endsWith(":StatefulSet") && typeof grace === "number";
  return waits ? Math.max(patience - grace, 0) : patience;
}

export const leavesLostNode: Policy = (graph) =>
  pods(graph)
    .filter((pod) => longhornClaims(graph, pod).length > 0)
    .flatMap((pod) => {
      const tolerations = list(at(pod.spec, "tolerations"));
      const unclear = [
        at(pod.spec, "terminationGracePeriodSeconds"),
        ...tolerations.flatMap((each) => [at(each, "key"), at(each, "tolerationSeconds")]),
      ].some(isHidden);
      const longest = longestStay(pod);
      const tooLong = (seconds: unknown) => typeof seconds !== "number" || seconds > longest;
      return ofLostNodes
        .map((key) => ({ key, own: tolerations.find((each) => at(each, "key") === key) }))
        .filter(({ own }) => !unclear && tooLong(at(own, "tolerationSeconds")))
        .map(({ key, own }) => ({
          resource: idOf(pod.workload),
          message: `found tolerationSeconds ${shown(at(own, "tolerationSeconds"))} for ${key}, expected at most ${longest.toString()}`,
          fix: `tolerate {key: ${key}, operator: Exists, effect: NoExecute, tolerationSeconds: ${longest.toString()}}`,
        }));
    });

export const affinityFindsPods: Policy = (graph) => {
  const all = pods(graph);
  return all.flatMap((pod) => {
    const terms = ["podAffinity", "podAntiAffinity"].flatMap((kind) => {
      const affinity = at(pod.spec, "affinity", kind);
      const soft = list(at(affinity, preferred)).map((each) => at(each, "podAffinityTerm"));
      return [...list(at(affinity, required)), ...soft];
    });
    return terms
      .map((term) => at(term, "labelSelector"))
      .flatMap((selector) => [
        ...conditions(at(selector, "matchExpressions")),
        ...labelConditions(at(selector, "matchLabels")),
      ])
      .flatMap(({ key, values }) => values.map((value) => ({ key, value })))
      .filter(({ key, value }) => !all.some(({ labels }) => includes(labels, { [key]: value })))
      .map(({ key, value }) => ({
        resource: idOf(pod.workload),
        message: `found affinity to pods with ${key}=${value}, expected a label that some pod has`,
        fix: "take label and affinity from one constant (components/kubernetes/placement.ts)",
      }));
  });
};
