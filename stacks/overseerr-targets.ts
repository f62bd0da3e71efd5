/** The Plex, Sonarr and Radarr that Overseerr is to speak to, as its config names them. */
import * as pulumi from "@pulumi/pulumi";
import type { Targets } from "../components/nomad/overseerr-targets";
import type { NomadConfig } from "../config/schema";

type Config = NonNullable<NomadConfig["overseerr"]["targets"]>;

/** What a k3s stack tells of them; an app that it does not run is missing. */
interface Told {
  readonly mediaServer?: { readonly loadBalancerUrl?: string };
  readonly urls?: { readonly sonarr?: string; readonly radarr?: string };
  readonly secrets?: { readonly sonarrApiKey?: string; readonly radarrApiKey?: string };
}

/**
 * A URL of the config goes before what the stack tells. A preview goes on without that stack, which a StackReference
 * would not; an `up` is refused.
 */
export async function overseerrTargets({ homelab, ...given }: Config): Promise<Targets> {
  const told = pulumi.output(homelab === undefined ? {} : await toldBy(homelab, given));
  const key = (name: "sonarrApiKey" | "radarrApiKey") =>
    homelab === undefined ? "" : pulumi.secret(told.apply(({ secrets }) => secrets?.[name] ?? ""));
  return {
    plex: given.plex ?? told.apply(({ mediaServer }) => mediaServer?.loadBalancerUrl ?? ""),
    sonarr: given.sonarr ?? told.apply(({ urls }) => urls?.sonarr ?? ""),
    radarr: given.radarr ?? told.apply(({ urls }) => urls?.radarr ?? ""),
    sonarrApiKey: key("sonarrApiKey"),
    radarrApiKey: key("radarrApiKey"),
  };
}

async function toldBy(stack: string, given: Config): Promise<Told> {
  try {
    return sound(await outputsOf(stack), given);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const found = `overseerr.targets.homelab: found ${JSON.stringify(stack)}: ${reason}`;
    if (!pulumi.runtime.isDryRun())
      throw new pulumi.RunError(
        `✗ ${found}; expected a stack of this project that runs Plex, Sonarr and Radarr\n    fix: pulumi up --stack ${stack}`,
      );
    void pulumi.log.warn(
      `${found}; planned without what Overseerr is to speak to, which an up would need`,
    );
    // Nobody knows them yet: an Output of it is unknown.
    return pulumi.unknown;
  }
}

async function outputsOf(stack: string): Promise<Told> {
  const name = `${pulumi.getOrganization()}/${pulumi.getProject()}/${stack}`;
  const { outputs } = (await pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", { name })) as {
    outputs: Told;
  };
  return outputs;
}

function sound(told: Told, given: Config): Told {
  const { mediaServer, urls } = told;
  if (!mediaServer && !urls?.sonarr && !urls?.radarr)
    throw new Error("it tells of no Plex, Sonarr or Radarr");
  // As long as the cluster has not given its Service an address.
  if (given.plex === undefined && mediaServer?.loadBalancerUrl?.startsWith("http://pending:"))
    throw new Error("its Plex has no address yet");
  return told;
}
