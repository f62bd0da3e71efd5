/** What must hold between the concerns of the k3s stack's config; each broken rule is one sentence. */
import { posix } from "node:path";
import { firstAddress, inPool } from "./addresses";
import { homelabConfig, type HomelabConfig } from "./homelab";
import { movedFolders } from "./plex-migration";
import { aside, movedAnew, type Quote, type RuleFault } from "./rules";

/** The concerns that are well-formed: a rule about a faulty one waits until that is corrected. */
type Sound = Partial<HomelabConfig>;

/** Every broken rule of a config of which some concerns may be faulty, or not to be quoted. */
export function homelabFaults(
  given: Readonly<Record<string, unknown>>,
  isSecret: (concern: string) => boolean,
): RuleFault[] {
  const sound: Record<string, unknown> = {};
  for (const [concern, schema] of Object.entries(homelabConfig.shape)) {
    const result = schema.safeParse(given[concern]);
    if (result.success) sound[concern] = result.data;
  }
  const rules = [
    hostNames,
    addresses,
    folders,
    sharedPaths,
    dfsAccess,
    transcoders,
    foldersOfOneNode,
    plexMove,
  ];
  const quote: Quote = (concern, value) => (isSecret(concern) ? undefined : value);
  return rules.flatMap((rule) => rule(sound, quote));
}

function hostNames({ apps, plex, ingress }: Sound, quote: Quote): RuleFault[] {
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
    return [{ path, found: name, expected, fix: quote("ingress", `${app}.${ingress.domain}`) }];
  });
}

function addresses({ metallb, plex, transcoding }: Sound, quote: Quote): RuleFault[] {
  const fixed = [
    { path: ["plex", "address"], value: plex?.address },
    { path: ["transcoding", "address"], value: transcoding?.address },
  ].filter((entry): entry is { path: string[]; value: string } => entry.value !== undefined);
  const pools = metallb?.pools ?? [];
  const [pool] = pools;
  const outside = fixed
    .filter(({ value }) => pool && !pools.some((each) => inPool(value, each)))
    .map(({ path, value }) => ({
      path,
      found: value,
      expected: `an address of metallb.pools${aside(quote("metallb", pools.join(", ")))}`,
      fix: pool && quote("metallb", firstAddress(pool)),
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

function folders({ storage }: Sound, quote: Quote): RuleFault[] {
  if (!storage) return [];
  const { media, transcode, library, optimized } = storage;
  return Object.entries({ media, transcode, library, optimized }).flatMap(([key, folder]) => {
    if (!folder) return [];
    const path = ["storage", key];
    const kind = `storage.${key}.kind${aside(quote("storage", folder.kind))}`;
    const faults: RuleFault[] = [];
    if (folder.kind === "nfs" && !folder.server)
      faults.push({ path: [...path, "server"], expected: `the NFS server for ${kind}` });
    if (folder.kind !== "nfs" && folder.server)
      faults.push({
        path: [...path, "server"],
        found: folder.server,
        expected: `nothing, because ${kind} has no server`,
        remove: true,
      });
    if (folder.kind !== "shared" && !folder.path)
      faults.push({ path: [...path, "path"], expected: `the folder for ${kind}` });
    return faults;
  });
}

/** Where the shared folders may lie with respect to each other. */
function sharedPaths({ paths }: Sound, quote: Quote): RuleFault[] {
  if (!paths) return [];
  const all = Object.entries(paths);
  // A mount below another one would depend on the order in which a runtime mounts them.
  const nested = all.flatMap(([key, path], index): RuleFault[] => {
    const outer = all.find(
      ([, folder], other) => path.startsWith(`${folder}/`) || (path === folder && other < index),
    );
    if (!outer) return [];
    const expected = `a folder outside paths.${outer[0]}${aside(quote("paths", outer[1]))}`;
    return [{ path: ["paths", key], found: path, expected }];
  });
  // Decypharr mounts the parent of its file system, and links the library beside it.
  const parent = posix.dirname(paths.dfs);
  if (parent === "/")
    return [
      ...nested,
      { path: ["paths", "dfs"], found: paths.dfs, expected: "a folder that has one above it" },
    ];
  if (posix.dirname(paths.streaming) === parent) return nested;
  return [
    ...nested,
    {
      path: ["paths", "streaming"],
      found: paths.streaming,
      expected: `a folder beside paths.dfs${aside(quote("paths", paths.dfs))}`,
      fix: quote("paths", posix.join(parent, "streaming-media")),
    },
  ];
}

function dfsAccess(sound: Sound, quote: Quote): RuleFault[] {
  const { apps, transcoding } = sound;
  if (!apps?.decypharr.enabled) return [];
  const { access, nfsClients, cacheSize, size } = apps.decypharr;
  const path = ["apps", "decypharr"];
  const faults: RuleFault[] = [];
  if (mebibytes(cacheSize) >= mebibytes(size))
    faults.push({
      path: [...path, "cacheSize"],
      found: cacheSize,
      expected: `less than apps.decypharr.size${aside(quote("apps", size))}: the cache lies on that claim`,
      fix: quote("apps", `${Math.floor(mebibytes(size) / 2).toString()}Mi`),
    });
  if (access === "nfs" && nfsClients.length === 0)
    faults.push({
      path: [...path, "nfsClients"],
      found: nfsClients,
      expected: "the nodes' networks, or access hostPath: nobody could read the NFS export",
      fixPath: [...path, "nfsClients", 0],
      fix: "192.168.1.0/24",
    });
  if (access === "hostPath" && transcoding && transcodesElsewhere(sound))
    faults.push({
      path: [...path, "access"],
      found: access,
      expected: `nfs, because transcoding.mode${aside(quote("transcoding", transcoding.mode))} reads its files on the GPU node`,
      fix: "nfs",
    });
  return faults;
}

function transcoders(sound: Sound, quote: Quote): RuleFault[] {
  const { transcoding, plex, gpu } = sound;
  // A faulty GPU node isn't a missing one.
  if (!transcoding || !plex || !("gpu" in sound)) return [];
  const path = ["transcoding", "mode"];
  const { mode } = transcoding;
  const said = `transcoding.mode${aside(quote("transcoding", mode))}`;
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
      expected: `the GPU node that ${said} needs, or mode none`,
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
  return faults;
}

/** Folders of one node that Plex or its workers would look for on another. */
function foldersOfOneNode(sound: Sound, quote: Quote): RuleFault[] {
  const { storage, transcoding } = sound;
  if (!storage || !transcoding || !transcodesElsewhere(sound)) return [];
  const { mode } = transcoding;
  const { media, library, optimized, transcode } = storage;
  // A single server transcodes in a folder of its own pod.
  const used = { media, library, optimized, ...(mode === "clusterplex" && { transcode }) };
  return Object.entries(used)
    .filter(([, folder]) => folder?.kind === "hostPath")
    .map(([key]) => {
      const said = `transcoding.mode${aside(quote("transcoding", mode))}`;
      const kinds = key === "transcode" ? ["shared", "nfs"] : ["nfs"];
      return {
        path: ["storage", key, "kind"],
        found: "hostPath",
        expected: `${kinds.join(" or ")}, because ${said} uses it on the GPU node too`,
        fix: kinds[0],
      };
    });
}

/** What moving an old Plex server's library asks of the rest. */
function plexMove({ plex, storage, paths }: Sound, quote: Quote): RuleFault[] {
  const migration = plex?.migration;
  if (!plex || !migration) return [];
  const path = ["plex", "migration"];
  const { pathChange } = migration;
  const faults: RuleFault[] = [];
  if (!plex.enabled)
    faults.push({
      path,
      found: "a migration",
      expected: "none, because plex.enabled is false",
      remove: true,
    });
  if (plex.claim)
    faults.push({
      path: ["plex", "claim"],
      found: true,
      expected: "false: a library that is moved brings its account with it",
      fix: false,
    });
  faults.push(...movedAnew("plex", migration, "server", quote));
  const moved = movedFolders(migration);
  const twice = moved.flatMap(({ from }, index): RuleFault[] => {
    const first = moved.findIndex((other) => other.from === from);
    if (first === index) return [];
    const expected = `an old path of its own; ${path.join(".")}.paths[${first.toString()}] has this one`;
    const found = migration.paths[index];
    return [{ path: [...path, "paths", index], found, expected, remove: true }];
  });
  // The last one first: whoever removes one moves those behind it.
  if (twice.length > 0) return [...faults, ...twice.toReversed()];
  if (!storage || !paths || moved.length === 0) return faults;

  const keeps = pathChange === "keep";
  const mounted = [
    paths.media,
    // Links are made by apps of this stack; none of them was there before.
    ...(keeps ? [] : [paths.streaming]),
    ...(storage.library ? ["/media/library"] : []),
    ...(storage.optimized ? ["/media/optimized"] : []),
  ];
  // They are made of two concerns.
  const quoteMounts = (value: string) =>
    quote("paths", value) === undefined ? undefined : quote("storage", value);
  const isMounted = (folder: string) => mounted.some((mount) => isWithin(folder, mount));
  if (!storage.library && !moved.some(({ to }) => isMounted(to)))
    faults.push({
      path: ["storage", "library", "path"],
      expected: "the folder with the media of the old server",
    });
  else
    moved.forEach(({ from, to }, index) => {
      // The plan's second folder is only there if it is asked for.
      if (isMounted(to) || (to === "/media/optimized" && !storage.optimized)) return;
      faults.push({
        path: [...path, "paths", index],
        found: migration.paths[index],
        expected: `a new folder below what Plex mounts${aside(quoteMounts(mounted.join(", ")))}`,
        fix: quote("plex", `${from}:${quoteMounts(mounted.at(-1) ?? "") ?? "/media/library"}`),
      });
    });
  if (!keeps) return faults;
  const taken = [...Object.values(paths), "/media/library", "/media/optimized", ...ownFolders];
  const olds = moved.map(({ from }) => from);
  const meets = olds.find((from) =>
    [...taken, ...olds.filter((other) => other !== from)].some(
      (mount) => isWithin(from, mount) || isWithin(mount, from),
    ),
  );
  if (meets !== undefined)
    faults.push({
      path: [...path, "pathChange"],
      found: pathChange,
      expected: `edit, because an old path${aside(quote("plex", meets))} meets another mount of the new server`,
      fix: "edit",
    });
  return faults;
}

/** What Plex's pod mounts for itself. */
const ownFolders = ["/config", "/opt/dfs", "/opt/plex", "/tmp"];

function isWithin(folder: string, of: string): boolean {
  return `${folder}/`.startsWith(`${of}/`);
}

/** Whether Plex or its workers run beside the storage nodes, on a GPU node that is none. */
function transcodesElsewhere({ plex, transcoding, gpu }: Sound): boolean {
  return plex?.enabled === true && transcoding?.mode !== "none" && gpu?.onStorageNode === false;
}

/** A size in Mi, Gi or Ti as a number of the first. */
function mebibytes(quantity: string): number {
  const factor = { Mi: 1, Gi: 1024, Ti: 1024 ** 2 }[quantity.slice(-2)] ?? 1;
  return Number.parseInt(quantity) * factor;
}
