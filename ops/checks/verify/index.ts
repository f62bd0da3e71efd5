/** All that a verification looks at, tier by tier. */
import type { Check } from "../check";
import type { Asked } from "../command";
import { clusterReachable, ingressClass } from "../doctor/cluster";
import { configPlans, configValid } from "../doctor/config";
import { nomadReachable, nomadToken } from "../doctor/nomad";
import { workstationChecks } from "../doctor/workstation";
import { activeChecks } from "./active";
import { arrChecks } from "./arr";
import { foundationChecks } from "./foundation";
import { controller, dns, policies } from "./network";
import { nomadTier } from "./nomad";
import { nomadJobChecks } from "./nomad-job";
import { decypharrChecks, integrationChecks, plexChecks } from "./streaming";
import { tierChecks } from "./workloads";

/** A check stands after those that it needs. */
export function verifyChecks({ platform, active }: Asked): Check[] {
  const { common, k3s, nomad } = workstationChecks;
  // What keeps everything else from being asked is asked as the doctor does.
  const first = [...common, ...(platform === "nomad" ? nomad : k3s), configValid, configPlans];
  if (platform === "nomad")
    return [
      ...first,
      nomadReachable,
      nomadToken,
      ...foundationChecks.slice(0, 1),
      ...nomadTier.passive,
      ...nomadJobChecks,
      ...(active ? nomadTier.active : []),
    ];
  if (platform !== "k3s") return first;
  return [
    ...first,
    clusterReachable,
    ingressClass,
    ...foundationChecks,
    policies,
    controller,
    ...tierChecks("foundation"),
    ...tierChecks("arr"),
    dns,
    ...arrChecks,
    ...tierChecks("decypharr"),
    ...tierChecks("plex"),
    ...decypharrChecks,
    ...plexChecks,
    ...integrationChecks,
    ...(active ? activeChecks : []),
  ];
}
