/** All that the doctor looks at. */
import type { Check } from "../check";
import type { Asked } from "../command";
import { clusterChecks } from "./cluster";
import { configPlans, configValid, secretsReadable } from "./config";
import { migrationChecks } from "./migration";
import { nodeChecks } from "./nodes";
import { nomadChecks } from "./nomad";
import { storageChecks } from "./storage";
import { workstationChecks } from "./workstation";

/** A check stands after those that it needs. */
export function doctorChecks({ platform, only }: Asked): Check[] {
  const { common, secrets, k3s, nomad } = workstationChecks;
  return [
    ...common,
    ...(platform === "k3s" ? k3s : []),
    ...(platform === "nomad" ? nomad : []),
    configValid,
    configPlans,
    ...secrets,
    secretsReadable,
    ...(platform === "k3s" ? [...clusterChecks, ...nodeChecks, ...storageChecks] : []),
    ...(platform === "nomad" ? nomadChecks : []),
    ...migrationChecks.always,
    ...(only === "migration" ? migrationChecks.asked : []),
  ];
}
