/** The Nomad stack: Overseerr. */
import * as nomad from "@pulumi/nomad";
import { images } from "../components/images";
import { Overseerr } from "../components/nomad/overseerr";
import type { NomadConfig } from "../config/schema";
import { stackOutputs, type StackOutputs } from "./outputs";

export function nomadStack(config: NomadConfig): StackOutputs {
  const { address, region, datacenters } = config.nomad;
  const cluster = new nomad.Provider("cluster", {
    address,
    ...(region && { region }),
    // A shell set up for another cluster must not redirect this stack.
    ignoreEnvVars: { NOMAD_NAMESPACE: true, NOMAD_REGION: true },
  });

  const overseerr = new Overseerr(
    "overseerr",
    { ...config.overseerr, datacenters },
    { providers: { nomad: cluster } },
  );

  return stackOutputs({ overseerr: { url: overseerr.url, image: images.overseerr } }, [
    `Overseerr: sign in with Plex at ${overseerr.url}`,
  ]);
}
