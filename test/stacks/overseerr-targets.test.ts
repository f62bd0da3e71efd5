import * as pulumi from "@pulumi/pulumi";
import type { Targets } from "../../components/nomad/overseerr-targets";
import { overseerrTargets } from "../../stacks/overseerr-targets";

const outputs = {
  mediaServer: { loadBalancerUrl: "http://10.0.0.41:32400" },
  urls: { sonarr: "http://sonarr.cellar", radarr: "http://radarr.cellar" },
  secrets: { sonarrApiKey: "sonarr-key", radarrApiKey: "radarr-key" },
};

/** What an `up` makes of a config beside a stack "cellar" with these outputs, and which of it is secret. */
async function pointed(config: Parameters<typeof overseerrTargets>[0], told: object) {
  const call = ({ token, inputs }: { token: string; inputs: object }) => {
    expect([token, inputs]).toEqual([
      "pulumi:pulumi:readStackOutputs",
      { name: "organization/media-homelab/cellar" },
    ]);
    return { outputs: told };
  };
  const mocks = { newResource: () => ({ id: "", state: {} }), call };
  await pulumi.runtime.setMocks(mocks, "media-homelab", "nomad", false, "organization");
  const targets = Object.entries(await overseerrTargets(config)) as [keyof Targets, string][];
  const known = targets.map(async ([name, value]) => {
    const output = pulumi.output(value);
    const [text, secret] = [await promised(output), await pulumi.isSecret(output)];
    return [name, secret ? `secret ${text}` : text];
  });
  return Object.fromEntries(await Promise.all(known)) as Record<keyof Targets, string>;
}

/** Its value, or what it fails with. */
function promised(output: pulumi.Output<string>): Promise<string> {
  return (output as unknown as { promise(): Promise<string> }).promise();
}

describe("in an up", () => {
  it("a URL of the config goes before what the stack tells; its keys are secret", async () => {
    const config = { homelab: "cellar", sonarr: "http://tv.home/s" };
    expect(await pointed(config, outputs)).toEqual({
      plex: "http://10.0.0.41:32400",
      sonarr: "http://tv.home/s",
      radarr: "http://radarr.cellar",
      sonarrApiKey: "secret sonarr-key",
      radarrApiKey: "secret radarr-key",
    });
  });

  it("an app that the stack does not run is left as it is", async () => {
    const { mediaServer } = outputs;
    expect(await pointed({ homelab: "cellar" }, { mediaServer })).toMatchObject({
      ...{ plex: "http://10.0.0.41:32400", sonarr: "", radarr: "", sonarrApiKey: "secret " },
    });
  });

  it("without a stack only what the config names is set, and no key", async () => {
    expect(await pointed({ radarr: "http://films.home" }, {})).toEqual({
      ...{ plex: "", sonarr: "", radarr: "http://films.home" },
      ...{ sonarrApiKey: "", radarrApiKey: "" },
    });
  });

  it.each([
    ["has no outputs yet", {}, "it tells of no Plex, Sonarr or Radarr"],
    [
      "has no address for Plex yet",
      { ...outputs, mediaServer: { loadBalancerUrl: "http://pending:32400" } },
      "its Plex has no address yet",
    ],
  ])("a stack that %s is refused by name, with what to do", async (_, told, reason) => {
    const error = `✗ overseerr.targets.homelab: found "cellar": ${reason}; expected a stack of this project that runs Plex, Sonarr and Radarr\n    fix: pulumi up --stack cellar`;
    await expect(pointed({ homelab: "cellar" }, told)).rejects.toThrow(new pulumi.RunError(error));
  });

  it("Plex needs no address from the stack if the config has one", async () => {
    const told = { ...outputs, mediaServer: { loadBalancerUrl: "http://pending:32400" } };
    const config = { homelab: "cellar", plex: "https://plex.home:32400" };
    expect(await pointed(config, told)).toMatchObject({ plex: "https://plex.home:32400" });
  });
});
