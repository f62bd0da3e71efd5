/** Decypharr's file system, the symlink library, and Plex with those who transcode for it. */
import { sections, rootFolders } from "../../../components/storage/media";
import { absent, judged, type Check, type Finding } from "../check";
import {
  expectedObjects,
  variableOf,
  workloadName,
  type Expected,
  type ExpectedWorkload,
} from "../expected";
import { addressOf, type ContainerSpec, type KubeService } from "../kubernetes";
import { wiring } from "../../../stacks/wiring";
import { takeBack } from "../stack";
import { configOf, type Script, type World } from "../world";
import { workloadOf } from "./apps";
import { askIdentity, own } from "./workloads";

interface Place {
  readonly workload: ExpectedWorkload;
  readonly container: ContainerSpec;
}

/** A script, in a container of the plan. */
export async function run(
  { workload, container }: Place,
  world: World,
  script: Script,
): Promise<string> {
  return (await world.inPod(workloadName(workload), container.name, script)).trim();
}

/** The containers that read Decypharr's file system: those that are told where it is. */
export function readers({ workloads }: Expected): Place[] {
  return workloads.flatMap((workload) =>
    workload.pod.containers
      .filter((container) => variableOf(container, "DFS") !== undefined)
      .map((container) => ({ workload, container })),
  );
}

export function placeOf(expected: Expected, app: string): Place | undefined {
  const workload = workloadOf(expected, app);
  const container = workload?.pod.containers.find(({ name }) => name === app);
  return workload && container && { workload, container };
}

async function lookAtDfs(place: Place, world: World, fix: string): Promise<Finding[]> {
  const { paths } = await configOf(world, "k3s");
  const said = await run(place, world, { file: "look-at-dfs.sh", values: { DFS: paths.dfs } });
  if (said.startsWith("alive ")) return [];
  const found = said.replace(/^dead /, "");
  return [{ about: workloadName(place.workload), found, expected: `files at ${paths.dfs}`, fix }];
}

const mount: Check = {
  id: "decypharr/mount",
  meaning: "Decypharr's file system is mounted in its own pod",
  look: "kubectl exec statefulset/decypharr --container decypharr -- cat /mnt/dfs/version.txt",
  needs: ["decypharr/pods"],
  run: async (world) => {
    const place = placeOf(await expectedObjects(world), "decypharr");
    if (!place) return absent;
    const fix =
      "kubectl logs statefulset/decypharr --container decypharr --tail 50; is the account's key still valid?";
    return judged(await lookAtDfs(place, world, fix));
  },
};

const readable: Check = {
  id: "decypharr/readers",
  meaning: "Sonarr, Radarr, Plex and the workers read it, too",
  look: "kubectl exec deployment/sonarr -- cat /mnt/dfs/version.txt",
  needs: ["decypharr/mount", "arr/pods", "plex/pods"],
  run: async (world) => {
    const places = readers(await expectedObjects(world));
    if (places.length === 0) return absent;
    const findings = await Promise.all(
      places.map((place) =>
        lookAtDfs(
          place,
          world,
          `wait a minute: its own probe restarts it; then kubectl rollout restart ${workloadName(place.workload)}`,
        ),
      ),
    );
    return judged(findings.flat(), places.map(({ workload }) => workload.metadata.name).join(", "));
  },
};

const address: Check = {
  id: "plex/addresses",
  meaning:
    "the LoadBalancer addresses are those of the config, and lead to Plex and the orchestrator",
  look: "kubectl get services",
  needs: ["plex/endpoints"],
  run: async (world) => {
    const { services } = await expectedObjects(world);
    const expected = services.filter(({ spec }) => spec.type === "LoadBalancer");
    if (expected.length === 0) return absent;
    const found = await own<KubeService>(world, "services");
    const findings = await Promise.all(
      expected.map(async ({ metadata, spec }): Promise<Finding[]> => {
        const about = `service/${metadata.name}`;
        const wanted = metadata.annotations?.["metallb.io/loadBalancerIPs"];
        const service = found.find((each) => each.metadata.name === metadata.name);
        const type = service?.spec.type ?? "ClusterIP";
        if (service && type !== spec.type)
          return [
            {
              about,
              found: `type ${type}`,
              expected: "type LoadBalancer",
              fix: takeBack(world.stack),
            },
          ];
        const given = service && addressOf(service);
        const fix = `npm run doctor -- ${world.stack} --only cluster; kubectl describe ${about}`;
        if (given === undefined || (wanted !== undefined && given !== wanted))
          return [
            { about, found: given ?? "no address", expected: wanted ?? "one of the pool", fix },
          ];
        const port = spec.ports?.find(({ name }) => name === "http")?.port ?? 0;
        return askIdentity(world, metadata.name, `http://${given}:${port.toString()}`);
      }),
    );
    return judged(findings.flat(), expected.map(({ metadata }) => metadata.name).join(", "));
  },
};

/** Address and port of a LoadBalancer, where it has one. */
async function loadBalancer(world: World, name: string): Promise<string | undefined> {
  const all = await own<KubeService>(world, "services");
  const service = all.find(({ metadata }) => metadata.name === name);
  return service && addressOf(service);
}

const claimed: Check = {
  id: "plex/claimed",
  meaning: "the server belongs to a Plex account",
  look: "curl http://<Plex's address>:32400/identity",
  needs: ["plex/addresses"],
  run: async (world) => {
    const { plex } = await configOf(world, "k3s");
    const given = await loadBalancer(world, "plex");
    if (!plex.enabled || given === undefined) return absent;
    const { body } = await world.http(`http://${given}:32400/identity`);
    if (body.includes('claimed="1"')) return {};
    // Where the program was not told to, it is for a person to do.
    const expected = plex.claim || plex.migration ? "a claimed one" : "a claimed one, some day";
    const fix = plex.claim
      ? `is the secret plexToken still valid? then pulumi up --refresh --stack ${world.stack}`
      : "sign in at its web page, or: pulumi config set --path plex.claim true";
    const warning = !plex.claim && !plex.migration;
    return judged([{ found: "an unclaimed server", expected, fix, warning }]);
  },
};

const libraries: Check = {
  id: "plex/libraries",
  meaning: "Plex has a library with both folders, streamed and permanent, for films and for series",
  look: "pulumi stack output wiring",
  needs: ["plex/pods"],
  run: async (world) => {
    const { paths } = await configOf(world, "k3s");
    const place = placeOf(await expectedObjects(world), "plex");
    if (!place) return absent;
    const text = await run(place, world, { file: "plex-sections.sh" });
    const found = [...text.matchAll(/<Directory [\s\S]*?<\/Directory>/g)].map(([directory]) =>
      [...directory.matchAll(/<Location [^>]*path="([^"]*)"/g)].map(([, path = ""]) => path),
    );
    const findings = sections.flatMap((section): Finding[] => {
      const wanted = rootFolders(paths, section);
      if (found.some((folders) => wanted.every((folder) => folders.includes(folder)))) return [];
      const fix = `in Plex: Settings, Libraries, Add (or Edit): ${wanted.join(" and ")}`;
      return [
        {
          about: section,
          found: "no such library",
          expected: wanted.join(" and "),
          fix,
          warning: true,
        },
      ];
    });
    return judged(findings, `${found.length.toString()} libraries`);
  },
};

const media: Check = {
  id: "plex/media",
  meaning: "Plex and its workers can read every folder that is mounted for them",
  look: "kubectl exec statefulset/plex -- ls /mnt/media",
  needs: ["plex/pods"],
  run: async (world) => {
    const { paths } = await configOf(world, "k3s");
    const expected = await expectedObjects(world);
    const places = ["plex", "clusterplex-worker"].flatMap((app) => placeOf(expected, app) ?? []);
    if (places.length === 0) return absent;
    const findings = await Promise.all(
      places.map(async (place): Promise<Finding[]> => {
        const { volumeMounts = [] } = place.container;
        const folders = volumeMounts
          .map(({ mountPath }) => mountPath)
          // Decypharr's is asked for by decypharr/readers.
          .filter((folder) => isMedia(folder) && folder !== paths.dfs);
        const said = await run(place, world, {
          file: "folders.sh",
          values: { FOLDERS: folders.join("\n") },
        });
        return lines(said).map((line) => ({
          about: workloadName(place.workload),
          found: line,
          expected: "a folder that it can read",
          fix: `is the NAS up, and its export open to the nodes? kubectl rollout restart ${workloadName(place.workload)}`,
        }));
      }),
    );
    return judged(findings.flat(), places.map(({ workload }) => workload.metadata.name).join(", "));
  },
};

const isMedia = (path: string) => path.startsWith("/mnt/") || path.startsWith("/media/");
const lines = (text: string) => text.split("\n").filter((line) => line !== "");

const workers: Check = {
  id: "plex/workers",
  meaning: "the orchestrator lists the workers",
  look: "curl http://<the orchestrator's address>:3500/metrics",
  needs: ["plex/addresses", "cluster/dns"],
  run: async (world) => {
    const worker = workloadOf(await expectedObjects(world), "clusterplex-worker");
    const given = await loadBalancer(world, "clusterplex-orchestrator");
    if (!worker || given === undefined) return absent;
    const { body } = await world.http(`http://${given}:3500/metrics`);
    const active = Number(/^workers_active(?:\{[^}]*\})? (\d+)/m.exec(body)?.[1] ?? 0);
    if (active >= worker.replicas) return { said: `${active.toString()} active` };
    const fix =
      "kubectl logs statefulset/clusterplex-worker --tail 50; kubectl rollout restart statefulset/clusterplex-worker";
    const expected = worker.replicas.toString();
    return judged([{ found: `${active.toString()} active workers`, expected, fix }]);
  },
};

const devices: Check = {
  id: "plex/gpu",
  meaning: "whoever transcodes on a GPU was given its device",
  look: "kubectl exec statefulset/clusterplex-worker -- ls /dev/dri",
  needs: ["plex/pods"],
  run: async (world) => {
    const { workloads } = await expectedObjects(world);
    const places = workloads.flatMap((workload) =>
      workload.pod.containers
        .filter(({ resources }) =>
          Object.keys(resources?.limits ?? {}).some((name) => name.includes("/")),
        )
        .map((container) => ({ workload, container })),
    );
    if (places.length === 0) return absent;
    const findings = await Promise.all(
      places.map(async (place): Promise<Finding[]> => {
        const about = workloadName(place.workload);
        if (await run(place, world, { file: "devices.sh" })) return [];
        const fix = `is the GPU passed on to the node, and the driver loaded there? ls /dev/dri on the node; then kubectl rollout restart ${about}`;
        // It transcodes all the same, in software.
        return [{ about, found: "no /dev/dri/renderD*", expected: "one", fix, warning: true }];
      }),
    );
    return judged(findings.flat(), places.map(({ workload }) => workload.metadata.name).join(", "));
  },
};

const reach: Check = {
  id: "integration/reach",
  meaning: "the apps reach each other at the addresses that they are told",
  look: "pulumi stack output wiring",
  needs: ["arr/endpoints", "decypharr/endpoints", "cluster/dns"],
  run: async (world) => {
    const expected = await expectedObjects(world);
    const { prowlarr, sonarr, radarr } = wiring(await configOf(world, "k3s"));
    const client = (of: typeof sonarr) =>
      of?.downloadClient
        ? [`http://${of.downloadClient.host}:${of.downloadClient.port.toString()}/version`]
        : [];
    const asked: Record<string, string[]> = {
      sonarr: client(sonarr),
      radarr: client(radarr),
      prowlarr: (prowlarr ?? []).map(({ baseUrl }) => `${baseUrl}/ping`),
    };
    const findings = await Promise.all(
      Object.entries(asked).map(async ([app, urls]): Promise<Finding[]> => {
        const place = placeOf(expected, app);
        if (!place || urls.length === 0) return [];
        const said = await run(place, world, {
          file: "reach.sh",
          values: { URLS: urls.join(" ") },
        });
        return lines(said)
          .filter((line) => !line.endsWith(" 200"))
          .map((line) => ({
            about: app,
            found: line.replace(/ 000$/, " without an answer"),
            expected: "status 200",
            fix: `kubectl get networkpolicies,services; kubectl exec deployment/${app} -- curl -v ${line.split(" ")[0] ?? ""}`,
          }));
      }),
    );
    return judged(findings.flat());
  },
};

const links: Check = {
  id: "integration/links",
  meaning: "links of the symlink library lead to their files in Plex and in a worker",
  look: "kubectl exec statefulset/plex -- find /mnt/streaming-media -type l",
  needs: ["decypharr/readers"],
  run: async (world) => {
    const { paths } = await configOf(world, "k3s");
    const expected = await expectedObjects(world);
    const home = placeOf(expected, "decypharr");
    if (!home) return absent;
    const found = await run(home, world, {
      file: "links.sh",
      values: { LIBRARY: paths.streaming },
    });
    if (found === "") return { said: "there is none yet" };
    const script = { file: "resolve.sh", values: { LINKS: found } };
    // One that leads nowhere in Decypharr itself has left the cache; its own repair fetches it again.
    const expired = lines(await run(home, world, script)).map((line): Finding => {
      const fix = "Decypharr fetches it again at 4 o'clock; at once: its page, Repair";
      return { about: "Decypharr", found: line, expected: "a file behind it", fix, warning: true };
    });
    if (expired.length > 0) return judged(expired);
    const places = readers(expected).filter(({ workload }) =>
      workload.metadata.name.includes("plex"),
    );
    const broken = await Promise.all(
      places.map(async (place) =>
        lines(await run(place, world, script)).map((line): Finding => {
          const about = workloadName(place.workload);
          return {
            about,
            found: line,
            expected: "its file",
            fix: `kubectl rollout restart ${about}`,
          };
        }),
      ),
    );
    return judged(broken.flat(), `${lines(found).length.toString()} followed`);
  },
};

export const decypharrChecks = [mount, readable];
export const plexChecks = [address, claimed, libraries, media, workers, devices];
export const integrationChecks = [reach, links];
