/** Everything that doctor, verify and a drill may look at. */
import type { Check } from "../../ops/checks/check";
import { doctorChecks } from "../../ops/checks/doctor";
import { drillChecks, possible, type Course } from "../../ops/checks/drill/checks";
import { platforms } from "../../ops/checks/drill/command";
import { verifyChecks } from "../../ops/checks/verify";

/** A list for each platform and command, with all options. */
export const checkLists: readonly (readonly Check[])[] = (["k3s", "nomad"] as const).flatMap(
  (platform) => [
    doctorChecks({ platform, only: "migration", active: false }),
    verifyChecks({ platform, only: undefined, active: true }),
    drilled(platform),
  ],
);

function drilled(platform: "k3s" | "nomad"): Check[] {
  const passive = verifyChecks({ platform, only: undefined, active: false });
  const before = possible(platforms[platform], passive, undefined, () => undefined);
  return [...passive, before, ...drillChecks(platforms[platform], passive, () => ({}) as Course)];
}
