/** What must hold between the concerns of the k3s stack's config; each broken rule is one sentence. */
import { posix } from "node:path";
import { firstAddress, inPool } from "./addresses";
import { homelabConfig, type HomelabConfig } from "./homelab";
import type { RuleFault } from "./rules";

/** The concerns that are well-formed: a rule about a faulty one waits until that is corrected. */
type Sound = Partial<HomelabConfig>;

/** Every broken rule of a config of which some concerns may be faulty. */
export function homelabFaults(given: Readonly<Record<string, unknown>>): RuleFault[] {
  const sound: Record<string, unknown> = {};
  for (const [concern, schema] of Object.entries(homelabConfig.shape)) {
    const result = schema.safeParse(given[concern]);
    if (result.success) sound[concern] = result.data;
  }
  const rules = [hostNames, addresses, folders, sharedPaths, dfsAccess, transcoders];
  return rules.flatMap((rule) => rule(sound));
}

function hostNames({ apps, plex, ingress }: Sound): RuleFault[] {
  if (!apps || !plex || !ingress) return [];
  const all = [
    ...Object.entries(apps).map(([app, { enabled, host }]) => ({
      app,
      path: ["apps", app, "host"],
      enabled,
      host,
    })),
    { app: "plex", path: ["plex", "host"], enabled: plex.enabled && plex.ingress, host: plex.host },
  ];
  // Defaults first: who was given a name that is taken has to give way.
  const served = all
    .filter(({ enabled }) => enabled)
    .sort((a, b) => Number(a.host !== undefined) - Number(b.host !== undefined))
    .map((entry) => ({ ...entry, name: entry.host ?? `${entry.app}.${ingress.domain}` }));
  return served.flatMap(({ app, path, name }, index): RuleFault[] => {
    const first = served.findIndex((other) => other.name === name);
    const owner = served[first];
    if (first === index || !owner) return [];
    const expected = `a host name of its own; ${owner.path.slice(0, -1).join(".")} has this one`;
    return [{ path, found: name, expected, fix: `${app}.${ingress.domain}` }];
  });
}

function addresses({ metallb, plex, transcoding }: Sound): RuleFault[] {
  const fixed = [
    { path: ["plex", "address"], value: plex?.address },
    { path: ["transcoding", "address"], value: transcoding?.address },
  ].filter((entry): entry is { path: string[]; value: string } => entry.value !== undefined);
  const pools = metallb?.pools;
  const outside = fixed
    .filter(({ value }) => pools && !pools.some((pool) => inPool(value, pool)))
    .map(({ path, value }) => ({
      path,
      found: value,
      expected: `an address of metallb.pools (${pools?.join(", ") ?? ""})`,
      fix: pools?.[0] && firstAddress(pools[0]),
    }));
  const [one, two] = fixed;
  const twice =
    one && two?.value === one.value
      ? [
          {
            path: two.path,
            found: two.value,
            expected: `an address of its own; ${one.path.join(".")} has this one`,
            fix: undefined,
          },
        ]
      : [];
  return [...outside, ...twice];
}

function folders({ storage }: Sound): RuleFault[] {
  if (!storage) return [];
  const { media, transcode, library, optimized } = storage;
  return Object.entries({ media, transcode, library, optimized }).flatMap(([key, folder]) => {
    if (!folder) return [];
    const path = ["storage", key];
    const faults: RuleFault[] = [];
    if (folder.kind === "nfs" && !folder.server)
      faults.push({ path: [...path, "server"], expected: "the NFS server of kind nfs" });
    if (folder.kind !== "nfs" && folder.server)
      faults.push({
        path: [...path, "server"],
        found: folder.server,
        expected: `nothing: kind ${folder.kind} has no server`,
        remove: true,
      });
    if (folder.kind !== "shared" && !folder.path)
      faults.push({ path: [...path, "path"], expected: `the folder of kind ${folder.kind}` });
    return faults;
  });
}

/** Where the shared folders may lie with respect to each other. */
function sharedPaths({ paths }: Sound): RuleFault[] {
  if (!paths) return [];
  const all = Object.entries(paths);
  // A mount below another one would depend on the order in which a runtime mounts them.
  const nested = all.flatMap(([key, path], index): RuleFault[] => {
    const outer = all.find(
      ([, folder], other) => path.startsWith(`${folder}/`) || (path === folder && other < index),
    );
    if (!outer) return [];
    const expected = `a folder outside paths.${outer[0]} (${outer[1]})`;
    return [{ path: ["paths", key], found: path, expected }];
  });
  // Decypharr mounts the parent of its file system, and links the library beside it.
  const parent = posix.dirname(paths.dfs);
  const rooted: RuleFault[] =
    parent === "/"
      ? [{ path: ["paths", "dfs"], found: paths.dfs, expected: "a folder that has one above it" }]
      : [];
  const apart: RuleFault[] =
    posix.dirname(paths.streaming) === parent
      ? []
      : [
          {
            path: ["paths", "streaming"],
            found: paths.streaming,
            expected: `a folder beside paths.dfs, in ${parent}`,
            fix: `${parent === "/" ? "" : parent}/streaming-media`,
          },
        ];
  return [...nested, ...rooted, ...apart];
}

function dfsAccess({ apps, transcoding, plex, gpu }: Sound): RuleFault[] {
  if (!apps?.decypharr.enabled) return [];
  const { access, nfsClients, cacheSize, size } = apps.decypharr;
  const path = ["apps", "decypharr"];
  const faults: RuleFault[] = [];
  if (mebibytes(cacheSize) >= mebibytes(size))
    faults.push({
      path: [...path, "cacheSize"],
      found: cacheSize,
      expected: `less than apps.decypharr.size (${size}): the cache lies on that claim`,
    });
  if (access === "nfs" && nfsClients.length === 0)
    faults.push({
      path: [...path, "nfsClients"],
      found: nfsClients,
      expected: "the nodes' networks, or access hostPath: nobody could read the NFS export",
      fixPath: [...path, "nfsClients", 0],
      fix: "192.168.1.0/24",
    });
  const onGpuNode = plex?.enabled && transcoding && transcoding.mode !== "none";
  if (access === "hostPath" && onGpuNode && gpu && !gpu.onStorageNode)
    faults.push({
      path: [...path, "access"],
      found: access,
      expected: `nfs, because transcoding.mode ${transcoding.mode} reads its files from the GPU node`,
      fix: "nfs",
    });
  return faults;
}

function transcoders(sound: Sound): RuleFault[] {
  const { transcoding, plex, gpu, storage } = sound;
  // A faulty GPU node isn't a missing one.
  if (!transcoding || !plex || !("gpu" in sound)) return [];
  const path = ["transcoding", "mode"];
  const { mode } = transcoding;
  const faults: RuleFault[] = [];
  if (mode !== "none" && !plex.enabled)
    faults.push({
      path,
      found: mode,
      expected: "none, because plex.enabled is false",
      fix: "none",
    });
  if (mode !== "none" && !gpu)
    faults.push({
      path: ["gpu"],
      expected: `the GPU node that transcoding.mode ${mode} needs, or mode none`,
      fixPath: path,
      fix: "none",
    });
  if (mode === "single-gpu" && gpu && !gpu.longhorn)
    faults.push({
      path,
      found: mode,
      expected:
        "none or clusterplex: Plex's config claim is a Longhorn volume, and gpu.longhorn is false",
      fix: "clusterplex",
    });
  if (mode !== "clusterplex" && transcoding.workers > 1)
    faults.push({
      path: ["transcoding", "workers"],
      found: transcoding.workers,
      expected: "1, because only transcoding.mode clusterplex has workers",
      fix: 1,
    });
  if (mode === "clusterplex" && storage?.transcode.kind === "hostPath" && gpu && !gpu.onStorageNode)
    faults.push({
      path: ["storage", "transcode", "kind"],
      found: "hostPath",
      expected: "shared or nfs: Plex and its workers run on different nodes",
      fix: "shared",
    });
  return faults;
}

/** A size in Mi, Gi or Ti as a number of the first. */
function mebibytes(quantity: string): number {
  const factor = { Mi: 1, Gi: 1024, Ti: 1024 ** 2 }[quantity.slice(-2)] ?? 1;
  return Number.parseInt(quantity) * factor;
}
