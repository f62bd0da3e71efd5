import { ApiKeys } from "../../../components/foundation/api-keys";
import { generatedSecret, record } from "../../../ops/recorder";
import { identities, only } from "../../support/children";

const apps = ["sonarr", "radarr"];
const keyType = "random:index/randomPassword:RandomPassword";

const recorded = () =>
  record(() => {
    const keys = new ApiKeys("keys", { namespace: "test-media", apps });
    return { sonarr: keys.of("sonarr"), radarr: keys.of("radarr") };
  });

it("is a key for each app in one Secret, and nothing else was created", async () => {
  expect(identities(await recorded())).toEqual([
    "kubernetes:core/v1:Secret::keys",
    `${keyType}::radarr-api-key`,
    `${keyType}::sonarr-api-key`,
  ]);
});

it.each(apps)("has a key of 32 hexadecimal digits for %s", async (app) => {
  expect(only(await recorded(), keyType, `${app}-api-key`).inputs).toEqual({
    length: 32,
    lower: false,
    upper: false,
    numeric: true,
    special: true,
    overrideSpecial: "abcdef",
  });
});

it("shows no key in clear", async () => {
  const recording = await recorded();
  expect(only(recording, "kubernetes:core/v1:Secret").inputs).toMatchObject({
    metadata: { namespace: "test-media" },
    immutable: true,
    stringData: "[secret]",
  });
  expect(JSON.stringify(recording)).not.toContain(generatedSecret);
});

it("gives each app its own key, by value and by reference", async () => {
  const key = (app: string) => ({
    value: "[secret]",
    ref: { secret: "keys-autonamed", key: `${app}-api-key` },
  });
  expect((await recorded()).outputs).toEqual({ sonarr: key("sonarr"), radarr: key("radarr") });
});

it("refuses an app that it has made no key for", async () => {
  const asked = record(() => {
    new ApiKeys("keys", { namespace: "test-media", apps }).of("plex");
  });
  await expect(asked).rejects.toThrow("no API key was made for plex, only for sonarr, radarr");
});
