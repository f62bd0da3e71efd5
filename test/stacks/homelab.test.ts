import { only } from "../support/children";
import { shippedStack } from "../support/stacks";

const claim = "kubernetes:core/v1:PersistentVolumeClaim";

it("tells the addresses, images, keys and next steps", async () => {
  expect((await shippedStack("homelab")).outputs).toEqual({
    urls: { sonarr: "http://sonarr.homelab" },
    loadBalancers: {},
    images: { sonarr: "lscr.io/linuxserver/sonarr:4.0.17.2952-ls305" },
    secrets: { sonarrApiKey: "[secret]" },
    nextSteps: [
      "Sonarr: open http://sonarr.homelab and add a root folder under Settings, Media Management",
    ],
  });
});

it("is tied to the named cluster", async () => {
  const kubernetes = { context: "home", kubeconfig: "/home/me/kubeconfig" };
  const recording = await shippedStack("homelab", { kubernetes });
  expect(only(recording, "pulumi:providers:kubernetes").inputs).toEqual({
    ...kubernetes,
    clusterIdentifier: "home",
    enableServerSideApply: "true",
  });
});

it("waits with everything for the namespace", async () => {
  const { resources } = await shippedStack("homelab");
  const namespace = resources.find(({ type }) => type === "kubernetes:core/v1:Namespace");
  const placed = resources.filter(
    ({ type }) => type.startsWith("kubernetes:") && type !== namespace?.type,
  );
  expect(placed.length).toBeGreaterThan(0);
  for (const { dependencies } of placed) expect(dependencies).toContain(namespace?.urn);
});

it("starts an app after its claim", async () => {
  const recording = await shippedStack("homelab");
  const deployment = only(recording, "kubernetes:apps/v1:Deployment");
  expect(deployment.dependencies).toContain(only(recording, claim).urn);
});

it("drops protection only where the config says so", async () => {
  const shipped = await shippedStack("homelab");
  expect(only(shipped, claim).options).toMatchObject({ protect: true });
  const throwAway = await shippedStack("homelab", { storage: { protect: false } });
  expect(only(throwAway, claim).options).not.toHaveProperty("protect");
});

it("leaves a disabled app out without a trace", async () => {
  const { resources, outputs } = await shippedStack("homelab", {
    apps: { sonarr: { enabled: false } },
  });
  expect(JSON.stringify({ resources, outputs })).not.toContain("sonarr");
});

it("serves an app under the host that the config names", async () => {
  const apps = { sonarr: { host: "tv.home.arpa" } };
  const { outputs } = await shippedStack("homelab", { apps });
  expect(outputs).toMatchObject({ urls: { sonarr: "http://tv.home.arpa" } });
});
