/** What everything else stands on: the last `up`, the nodes, the claims. */
import { absent, judged, type Check, type Finding } from "../check";
import { expectedObjects, workloadName } from "../expected";
import { bytes, obstacle, type KubeClaim, type KubePod } from "../kubernetes";
import { nodesOf } from "../doctor/cluster";
import { own, podsOf } from "./workloads";

export const broughtUp: Check = {
  id: "foundation/up",
  meaning: "the stack was brought up, to its end",
  look: "pulumi stack output",
  needs: ["workstation/stack"],
  run: async (world) => {
    const { urls } = await world.outputs();
    if (urls !== undefined) return { said: Object.keys(urls as object).join(", ") };
    const fix = `pulumi up --stack ${world.stack}`;
    return judged([{ found: "no outputs", expected: "those of a finished `up`", fix }]);
  },
};

const placement: Check = {
  id: "foundation/placement",
  meaning: "every pod sits on a node that it may be on",
  look: "kubectl get pods --output wide",
  needs: ["cluster/reachable", "config/plans", "foundation/up"],
  run: async (world) => {
    const { workloads } = await expectedObjects(world);
    const [nodes, pods] = await Promise.all([nodesOf(world), own<KubePod>(world, "pods")]);
    const findings = workloads.flatMap((workload) =>
      podsOf(workload, pods).flatMap(({ spec }): Finding[] => {
        const node = nodes.find(({ metadata }) => metadata.name === spec.nodeName);
        const problem = node && obstacle(workload.pod, node);
        // What a node is like at the moment is not where the pod belongs.
        if (problem?.kind !== "labels") return [];
        const lacking = problem.labels.join(" and ");
        const { name } = node?.metadata ?? { name: "" };
        return [
          {
            about: workloadName(workload),
            found: `${name}, which lacks the label ${lacking}`,
            expected: "a node with it",
            fix: `kubectl label node ${name} ${problem.labels.join(" ")} --overwrite`,
          },
        ];
      }),
    );
    return judged(findings, nodes.map(({ metadata }) => metadata.name).join(", "));
  },
};

const claims: Check = {
  id: "foundation/claims",
  meaning: "every claim is bound, of its class and its size",
  look: "kubectl get persistentvolumeclaims",
  needs: ["cluster/reachable", "config/plans", "foundation/up"],
  run: async (world) => {
    const { claims, workloads } = await expectedObjects(world);
    if (claims.length === 0) return absent;
    const found = await own<KubeClaim>(world, "persistentvolumeclaims");
    const used = new Set(
      workloads.flatMap(({ pod }) =>
        (pod.volumes ?? []).flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []),
      ),
    );
    const findings = claims.flatMap((expected): Finding[] => {
      const { name } = expected.metadata;
      const about = `claim ${name}`;
      const claim = found.find(({ metadata }) => metadata.name === name);
      if (!claim) {
        const fix = `pulumi up --refresh --stack ${world.stack}`;
        return [{ about, found: "no such claim", expected: "the planned one", fix }];
      }
      const { phase = "unknown", capacity } = claim.status ?? {};
      if (phase !== "Bound")
        // A class may wait for the first pod, and what is switched off has none.
        return phase === "Pending" && !used.has(name)
          ? []
          : [{ about, found: phase, expected: "Bound", fix: `kubectl describe pvc ${name}` }];
      // Taken over as found: its class and size may be others.
      return expected.adopted ? [] : differences(about, expected, claim, capacity?.storage);
    });
    return judged(findings, `${claims.length.toString()} of them`);
  },
};

function differences(
  about: string,
  { spec }: KubeClaim,
  found: KubeClaim,
  capacity = "0",
): Finding[] {
  const findings: Finding[] = [];
  const storageClass = found.spec.storageClassName ?? "";
  if (storageClass !== (spec.storageClassName ?? ""))
    findings.push({
      about,
      found: `class ${storageClass || "none"}`,
      expected: `class ${spec.storageClassName ?? "none"}`,
      fix: `a claim keeps its class: pulumi config set --path storage.${spec.accessModes?.includes("ReadWriteOnce") ? "block" : "shared"}.class ${storageClass}`,
    });
  const size = spec.resources.requests.storage;
  if (bytes(capacity) < bytes(size))
    findings.push({
      about,
      found: capacity,
      expected: size,
      fix: "pulumi up; if it stays so, does the class allow expansion? kubectl get storageclasses",
    });
  return findings;
}

export const foundationChecks = [broughtUp, placement, claims];
