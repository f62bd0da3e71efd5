/** What stands between the apps and those who ask them: the cluster's DNS, its ingress controller, its policies. */
import { reasonOf } from "../ask";
import { absent, judged, type Check, type Finding } from "../check";
import { expectedObjects, holds } from "../expected";
import { addressOf, type KubeIngress, type NetworkPolicy } from "../kubernetes";
import { takeBack } from "../stack";
import type { World } from "../world";
import { placeOf, run } from "./streaming";
import { own } from "./workloads";

/** A Service that every cluster has. */
const everywhere = "kubernetes.default";

export const dns: Check = {
  id: "cluster/dns",
  meaning: "the cluster's DNS answers the apps, who find each other by name",
  look: `kubectl exec deployment/sonarr -- getent hosts ${everywhere}`,
  needs: ["arr/pods"],
  run: async (world) => {
    const expected = await expectedObjects(world);
    const [place] = ["sonarr", "radarr", "prowlarr"].flatMap((app) => placeOf(expected, app) ?? []);
    if (!place) return absent;
    const said = await run(place, world, { file: "names.sh", values: { NAMES: everywhere } });
    if (said === "") return {};
    const { name } = place.workload.metadata;
    const found = `no address of ${said}`;
    const fix =
      "look at CoreDNS: kubectl get pods --all-namespaces --selector k8s-app=kube-dns; with k3s: kubectl rollout restart deployment/coredns --namespace kube-system";
    return judged([{ about: name, found, expected: "the API server's", fix }]);
  },
};

export const controller: Check = {
  id: "cluster/ingress",
  meaning: "the ingress controller answers at the address that it publishes",
  look: "kubectl get ingresses",
  needs: ["cluster/ingress-class", "config/plans", "foundation/up"],
  run: async (world) => {
    const { ingresses } = await expectedObjects(world);
    if (ingresses.length === 0) return absent;
    const names = ingresses.map(({ metadata }) => metadata.name);
    const found = (await own<KubeIngress>(world, "ingresses")).filter(({ metadata }) =>
      names.includes(metadata.name),
    );
    // One without an address is told where its app is looked at.
    const urls = found.flatMap((each) => {
      const address = addressOf(each);
      return address === undefined ? [] : [`${each.spec.tls ? "https" : "http"}://${address}/`];
    });
    const asked = [...new Set(urls)];
    const findings = await Promise.all(asked.map((url) => unanswered(world, url)));
    return judged(findings.flat(), asked.join(", "));
  },
};

/** Whatever it answers, for no host that it knows, is an answer. */
async function unanswered(world: World, url: string): Promise<Finding[]> {
  try {
    await world.http(url);
    return [];
  } catch (error) {
    const found = reasonOf(error);
    const fix =
      "does the controller run, and does MetalLB announce it? kubectl get pods,services --all-namespaces --selector app.kubernetes.io/name=traefik";
    return [{ found, expected: "an answer", fix }];
  }
}

export const policies: Check = {
  id: "foundation/network-policies",
  meaning: "who may reach Decypharr is limited as planned",
  look: "kubectl describe networkpolicies",
  needs: ["cluster/reachable", "config/plans", "foundation/up"],
  run: async (world) => {
    const { networkPolicies } = await expectedObjects(world);
    if (networkPolicies.length === 0) return absent;
    const found = await own<NetworkPolicy>(world, "networkpolicies");
    const findings = networkPolicies.flatMap(({ metadata, spec }): Finding[] => {
      const about = `networkpolicy/${metadata.name}`;
      const policy = found.find((each) => each.metadata.name === metadata.name);
      if (policy && holds(policy.spec, spec)) return [];
      const expected = "the planned one";
      return policy
        ? [{ about, found: "another one", expected, fix: takeBack(world.stack) }]
        : [
            {
              about,
              found: "no such policy",
              expected,
              fix: `pulumi up --refresh --stack ${world.stack}`,
            },
          ];
    });
    return judged(findings, networkPolicies.map(({ metadata }) => metadata.name).join(", "));
  },
};
