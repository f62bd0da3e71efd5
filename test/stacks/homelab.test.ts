import { parse } from "yaml";
import { images } from "../../components/images";
import type { Recording, RecordedResource } from "../../ops/recorder";
import { only } from "../support/children";
import { shippedStack } from "../support/stacks";

const claimType = "kubernetes:core/v1:PersistentVolumeClaim";

const ofType = ({ resources }: Recording, type: string) =>
  resources.filter((resource) => resource.type === type);

function named({ resources }: Recording, type: string, name: string): RecordedResource {
  const found = resources.find(
    (resource) => resource.type.endsWith(`:${type}`) && resource.name === name,
  );
  if (!found) throw new Error(`no ${type} ${name}`);
  return found;
}

describe("the outputs", () => {
  let outputs: Record<string, unknown>;
  beforeAll(async () => {
    ({ outputs } = await shippedStack("homelab"));
  });

  it("tell an address for each app, and the LoadBalancers' own", () => {
    expect(outputs.urls).toEqual({
      clusterplexOrchestrator: "http://pending:3500",
      decypharr: "http://decypharr.homelab",
      plex: "http://plex.homelab",
      profilarr: "http://profilarr.homelab",
      prowlarr: "http://prowlarr.homelab",
      pulsarr: "http://pulsarr.homelab",
      radarr: "http://radarr.homelab",
      sonarr: "http://sonarr.homelab",
    });
    expect(outputs.loadBalancers).toEqual({
      clusterplexOrchestrator: "http://pending:3500",
      plex: "pending",
    });
  });

  it("tell what runs, and the generated keys as secrets", () => {
    expect(outputs.images).toMatchObject({ plex: images.plex, decypharr: images.decypharr });
    expect(outputs.secrets).toEqual({
      prowlarrApiKey: "[secret]",
      radarrApiKey: "[secret]",
      sonarrApiKey: "[secret]",
    });
  });

  it("give the exact values that the apps' own settings ask for", () => {
    const arr = (app: string, port: number, section: string) => ({
      url: `http://${app}.media:${port.toString()}`,
      apiKey: `${app}ApiKey`,
      rootFolders: [`/mnt/streaming-media/${section}`, `/mnt/media/${section}`],
      copyUsingHardlinks: false,
      skipFreeSpaceCheckWhenImporting: true,
      downloadClient: {
        name: "Decypharr",
        host: "decypharr.media",
        port: 8282,
        username: `http://${app}.media:${port.toString()}`,
        password: `${app}ApiKey`,
        category: app,
        priority: 1,
        tags: ["streaming"],
      },
    });
    const application = (name: string, port: number) => ({
      name,
      prowlarrUrl: "http://prowlarr.media:9696",
      baseUrl: `http://${name.toLowerCase()}.media:${port.toString()}`,
      apiKey: `${name.toLowerCase()}ApiKey`,
      syncLevel: "fullSync",
    });
    expect(outputs.wiring).toEqual({
      prowlarr: [application("Sonarr", 8989), application("Radarr", 7878)],
      sonarr: arr("sonarr", 8989, "tv"),
      radarr: arr("radarr", 7878, "movies"),
      plex: {
        tv: ["/mnt/streaming-media/tv", "/mnt/media/tv"],
        movies: ["/mnt/streaming-media/movies", "/mnt/media/movies"],
      },
      downloads: "/mnt/streaming-media/.downloads",
    });
  });

  it("describe Plex as a media server for others", () => {
    expect(outputs.mediaServer).toEqual({
      apiUrl: "http://plex.media:32400",
      loadBalancerUrl: "http://pending:32400",
      type: "plex",
      name: "plex",
    });
  });

  it("hand out the compose file of an external worker", () => {
    const compose = parse(outputs.externalWorker as string) as {
      services: Record<string, { image: string; environment: Record<string, string> }>;
    };
    expect(compose.services["clusterplex-worker"]).toMatchObject({
      image: images.plex,
      environment: { DOCKER_MODS: images.clusterplexWorkerMod },
    });
  });

  it("name a next step for each app that a person has to finish", () => {
    const steps = outputs.nextSteps as string[];
    for (const app of ["Decypharr", "Sonarr", "Radarr", "Prowlarr", "Profilarr", "Plex"]) {
      expect(steps.filter((step) => step.startsWith(`${app}:`))).not.toEqual([]);
    }
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

it("waits with everything in the namespace for the namespace", async () => {
  const { resources } = await shippedStack("homelab");
  const namespace = resources.find(({ type }) => type === "kubernetes:core/v1:Namespace");
  const placed = resources.filter(
    ({ inputs }) => (inputs.metadata as { namespace?: string } | undefined)?.namespace === "media",
  );
  expect(placed.length).toBeGreaterThan(30);
  for (const { dependencies } of placed) expect(dependencies).toContain(namespace?.urn);
});

it("keeps the plan's order by data: claims, keys, Decypharr's export, then what reads it", async () => {
  const recording = await shippedStack("homelab");
  const edge = (from: [string, string], to: [string, string]) => {
    expect(named(recording, ...from).dependencies).toContain(named(recording, ...to).urn);
  };
  edge(["Deployment", "sonarr"], ["PersistentVolumeClaim", "config-sonarr"]);
  edge(["Deployment", "sonarr"], ["Secret", "arr-api-keys"]);
  edge(["StatefulSet", "decypharr"], ["Secret", "arr-api-keys"]);
  edge(["PersistentVolume", "decypharr-dfs"], ["Service", "decypharr-nfs"]);
  for (const reader of [
    ["Deployment", "sonarr"],
    ["Deployment", "radarr"],
    ["StatefulSet", "plex"],
    ["StatefulSet", "clusterplex-worker"],
  ] as [string, string][]) {
    edge(reader, ["PersistentVolumeClaim", "decypharr-dfs"]);
  }
  edge(["StatefulSet", "plex"], ["Service", "clusterplex-orchestrator"]);
  edge(["StatefulSet", "clusterplex-worker"], ["Service", "clusterplex-orchestrator"]);
  edge(["Command", "plex-set-up"], ["StatefulSet", "plex"]);
});

it("sizes the claims as the plan does", async () => {
  const recording = await shippedStack("homelab");
  const sizes = ofType(recording, claimType).map(({ name, inputs }) => [
    name,
    (inputs.spec as { resources: { requests: { storage: string } } }).resources.requests.storage,
  ]);
  expect(Object.fromEntries(sizes)).toEqual({
    "config-decypharr": "5Gi",
    "config-plex": "50Gi",
    "config-profilarr": "2Gi",
    "config-prowlarr": "5Gi",
    "config-pulsarr": "1Gi",
    "config-radarr": "10Gi",
    "config-sonarr": "10Gi",
    "decypharr-dfs": "1Gi",
    "media-library": "100Gi",
    "symlink-library": "10Gi",
    "symlink-library-nfs": "10Gi",
    "transcode-cache": "500Gi",
  });
});

it("protects and retains every claim but those that hold nothing of their own", async () => {
  const claims = ofType(await shippedStack("homelab"), claimType);
  const free = claims.filter(({ options }) => !options.protect).map(({ name }) => name);
  expect(free).toEqual(["decypharr-dfs", "symlink-library-nfs"]);
  expect(claims.filter(({ options }) => !options.retainOnDelete).map(({ name }) => name)).toEqual(
    free,
  );
});

it("drops protection only where the config says so, and still retains", async () => {
  const recording = await shippedStack("homelab", { storage: { protect: false } });
  const { options } = named(recording, "PersistentVolumeClaim", "config-plex");
  expect(options).toEqual({ retainOnDelete: true });
});

it("takes over the claims that an earlier stack has left", async () => {
  const recording = await shippedStack("homelab", { storage: { claims: "adopt" } });
  expect(named(recording, "PersistentVolumeClaim", "config-plex").options).toMatchObject({
    import: "media/config-plex",
    ignoreChanges: ["*"],
  });
  expect(named(recording, "PersistentVolume", "media-library").options).toMatchObject({
    import: "media-media-library",
  });
});

describe.each(["sonarr", "radarr", "prowlarr", "profilarr", "pulsarr", "decypharr"])(
  "without %s",
  (app) => {
    it("leaves it out without a dangling reference", async () => {
      const { resources, outputs } = await shippedStack("homelab", {
        apps: { [app]: { enabled: false, keepState: false } },
      });
      // Its key stays: one Secret holds those of all, and a key that goes would roll the other apps.
      const rest = resources.filter(
        ({ name }) => !name.endsWith("api-key") && name !== "arr-api-keys",
      );
      const text = JSON.stringify({ rest, outputs: { ...outputs, nextSteps: [] } });
      // The category "sonarr" and the like are names of others' settings.
      expect(text).not.toMatch(new RegExp(`"(config-)?${app}"|${app}\\.media|${app}\\.homelab`));
    });
  },
);

it("keeps the claim of an app that is left out for a while", async () => {
  const recording = await shippedStack("homelab", { apps: { sonarr: { enabled: false } } });
  const names = recording.resources.map(({ name }) => name);
  expect(names.filter((name) => name.includes("sonarr"))).toEqual([
    "sonarr-api-key",
    "config-sonarr",
    "config-sonarr",
  ]);
});

it("without Plex there is no transcoder and no set-up", async () => {
  const recording = await shippedStack("homelab", {
    plex: { enabled: false, keepState: false },
    transcoding: { mode: "none" },
  });
  const names = recording.resources.map(({ name }) => name);
  expect(names.filter((name) => name.includes("plex"))).toEqual([]);
});

describe.each(["none", "single-gpu", "clusterplex"])("transcoding mode %s", (mode) => {
  it("runs exactly what it needs", async () => {
    const recording = await shippedStack("homelab", {
      transcoding: { mode },
      gpu: { longhorn: true },
    });
    const names = recording.resources.map(({ name }) => name);
    const cluster = mode === "clusterplex";
    expect(names.includes("clusterplex-orchestrator")).toBe(cluster);
    expect(names.includes("clusterplex-worker")).toBe(cluster);
    const plex = JSON.stringify(named(recording, "StatefulSet", "plex").inputs);
    expect(plex.includes('"claimName":"transcode-cache"')).toBe(cluster);
    expect(plex.includes("gpu.intel.com/i915")).toBe(mode === "single-gpu");
  });
});

it("serves an app under the host that the config names", async () => {
  const apps = { sonarr: { host: "tv.home.arpa" } };
  const { outputs } = await shippedStack("homelab", { apps });
  expect(outputs).toMatchObject({ urls: { sonarr: "http://tv.home.arpa" } });
});
