/** Statuses of the shipped stacks, for what shows them. */
import { gatherStatus } from "../../ops/status/gather";
import type { Status } from "../../ops/status/model";
import { healthyCluster } from "./cluster";
import { healthyNomad } from "./nomad";
import { plannedStack, recordedWorld, type Answers, type Stack } from "./world";

/** When all of them are made. */
export const now = new Date("2027-01-31T12:00:00Z");

const patches = {
  homelab: {},
  nomad: { overseerr: { targets: { plex: "http://192.168.1.241:32400" } } },
};

/** What a healthy stack answers, changed where a test wants it so. */
export async function statusOf(
  name: Stack["name"],
  change: (answers: Answers) => Answers = (answers) => answers,
): Promise<Status> {
  const stack = await plannedStack(name, patches[name]);
  const healthy = name === "homelab" ? await healthyCluster(stack) : await healthyOverseerr();
  const answers = { ...healthy, outputs: { ...stack.plan.outputs, ...addresses[name] } };
  return gatherStatus(recordedWorld(stack, change(answers)), stack.config.platform, now);
}

/** What the plan does not know yet. */
const addresses = {
  homelab: {
    loadBalancers: {
      plex: "192.168.100.100",
      clusterplexOrchestrator: "http://192.168.100.101:3500",
    },
  },
  nomad: {},
};

function healthyOverseerr(): Promise<Answers> {
  const volume = { PluginID: "glusterfs", Schedulable: true, Capacity: 2 ** 30 };
  const nomad = {
    ...healthyNomad.nomad,
    "/v1/volume/csi/glusterfs_overseerr_config": volume,
  };
  return Promise.resolve({ ...healthyNomad, nomad });
}
