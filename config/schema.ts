/** What a stack file may say: that of either stack, told apart by `platform`. */
import { z } from "zod";
import { homelabConfig, type HomelabConfig } from "./homelab";
import { nomadConfig, type NomadConfig } from "./nomad";

export const stackConfig = z.discriminatedUnion("platform", [homelabConfig, nomadConfig]);

export { homelabConfig, nomadConfig };
export type { HomelabConfig, NomadConfig };
export type StackConfig = z.infer<typeof stackConfig>;
