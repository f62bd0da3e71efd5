/** The *arr apps by their own API, asked inside their pods with the keys that these were given. */
import { wiring, type ArrWiring } from "../../../stacks/wiring";
import { absent, judged, type Check, type Finding } from "../check";
import { expectedObjects, mainContainer, workloadName } from "../expected";
import { configOf, type World } from "../world";
import { workloadOf } from "./apps";

interface ArrApp {
  readonly app: "sonarr" | "radarr" | "prowlarr";
  readonly title: string;
  readonly port: number;
  readonly api: string;
  /** What is asked of it, all at once. */
  readonly paths: readonly string[];
}

const librarian = [
  ...["/config/mediamanagement", "/rootfolder", "/downloadclient", "/tag"],
  ...["/indexer", "/queue/status", "/health"],
];

const arrApps: readonly ArrApp[] = [
  { app: "sonarr", title: "Sonarr", port: 8989, api: "/api/v3", paths: librarian },
  { app: "radarr", title: "Radarr", port: 7878, api: "/api/v3", paths: librarian },
  {
    app: "prowlarr",
    title: "Prowlarr",
    port: 9696,
    api: "/api/v1",
    paths: ["/applications", "/indexer", "/health"],
  },
];

interface ApiAnswer {
  readonly status: number;
  readonly body: string;
}

/** What an app answers, by path below its API. */
export async function askApi(
  world: World,
  arr: ArrApp,
): Promise<Map<string, ApiAnswer> | undefined> {
  const { app, api, port, paths } = arr;
  const workload = workloadOf(await expectedObjects(world), app);
  const container = workload && mainContainer(workload);
  if (!workload || !container) return undefined;
  const text = await world.inPod(workloadName(workload), container.name, {
    file: "api.sh",
    values: {
      URL: `http://127.0.0.1:${port.toString()}`,
      KEY: `${app.toUpperCase()}__AUTH__APIKEY`,
      PATHS: ["/system/status", ...paths].map((path) => `${api}${path}`).join(" "),
    },
  });
  return answers(text, api);
}

/** Reads what api.sh prints. */
export function answers(text: string, api: string): Map<string, ApiAnswer> {
  const [, ...parts] = text.split(/^--- (\S+)$/m);
  const all = new Map<string, ApiAnswer>();
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [, body = "", status = "0"] = /^([\s\S]*)\n=== (\d+)\s*$/.exec(parts[at + 1] ?? "") ?? [];
    all.set((parts[at] ?? "").slice(api.length), { status: Number(status), body: body.trim() });
  }
  return all;
}

/** A check of each of these apps; what it says of those that are switched off is nothing. */
function each(
  check: Omit<Check, "run">,
  apps: readonly ArrApp[],
  judge: (
    arr: ArrApp,
    told: Map<string, ApiAnswer>,
    world: World,
  ) => Promise<Finding[]> | Finding[],
): Check {
  return {
    ...check,
    run: async (world) => {
      const all = await Promise.all(
        apps.map(async (arr) => {
          const told = await askApi(world, arr);
          return told && { title: arr.title, findings: await judge(arr, told, world) };
        }),
      );
      const there = all.filter((found) => found !== undefined);
      if (there.length === 0) return absent;
      return judged(
        there.flatMap(({ findings }) => findings),
        there.map(({ title }) => title).join(", "),
      );
    },
  };
}

const api = each(
  {
    id: "arr/api",
    meaning: "each answers its generated key, and is the app that it should be",
    look: "pulumi stack output secrets --show-secrets",
    needs: ["arr/pods"],
  },
  arrApps,
  ({ app, title }, told, world) => {
    const { status = 0, body = "" } = told.get("/system/status") ?? {};
    const about = title;
    const fix = `kubectl rollout restart deployment/${app}; if that does not help: pulumi up --refresh --stack ${world.stack}`;
    if (status !== 200)
      return [
        { about, found: `status ${status.toString()}`, expected: "200 for its own key", fix },
      ];
    const { appName } = (parsed(body) ?? {}) as { appName?: string };
    if (appName === title) return [];
    return [
      { about, found: appName ?? "no name", expected: title, fix: `${fix}; is its image right?` },
    ];
  },
);

/** JSON, or nothing where it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** An answer that has the expected form, or a warning that it hasn't. */
function read(
  { title }: ArrApp,
  told: Map<string, ApiAnswer>,
  path: string,
): { value: unknown } | { finding: Finding } {
  const { status = 0, body = "" } = told.get(path) ?? {};
  const value = status === 200 ? parsed(body) : undefined;
  if (value !== undefined) return { value };
  const found = `status ${status.toString()}`;
  const fix = "is this a version of it that has this part of the API? https://wiki.servarr.com/";
  return {
    finding: { about: `${title} ${path}`, found, expected: "its settings", fix, warning: true },
  };
}

async function wired(world: World, app: ArrApp["app"]): Promise<ArrWiring | undefined> {
  return app === "prowlarr" ? undefined : wiring(await configOf(world, "k3s"))[app];
}

async function pageOf(world: World, app: ArrApp["app"]): Promise<string> {
  const { apps, ingress } = await configOf(world, "k3s");
  return `${ingress.tls ? "https" : "http"}://${apps[app].host ?? `${app}.${ingress.domain}`}`;
}

const librarians = arrApps.slice(0, 2);

/** A warning: it is for a person to enter. */
const toDo = (about: string, found: string, expected: string, fix: string): Finding => ({
  about,
  found,
  expected,
  fix,
  warning: true,
});

const hardlinks = each(
  {
    id: "arr/media-management",
    meaning:
      "hard links are off, which can't lead into Decypharr's files, and so is the check for free space",
    look: "pulumi stack output wiring",
    needs: ["arr/api"],
  },
  librarians,
  async (arr, told, world) => {
    const answer = read(arr, told, "/config/mediamanagement");
    if ("finding" in answer) return [answer.finding];
    const { copyUsingHardlinks, skipFreeSpaceCheckWhenImporting } = answer.value as {
      copyUsingHardlinks: boolean;
      skipFreeSpaceCheckWhenImporting: boolean;
    };
    const page = `${await pageOf(world, arr.app)}/settings/mediamanagement`;
    return [
      ...(copyUsingHardlinks
        ? [
            toDo(
              arr.title,
              "hard links on",
              "off",
              `switch off Use Hardlinks instead of Copy at ${page}`,
            ),
          ]
        : []),
      ...(skipFreeSpaceCheckWhenImporting
        ? []
        : [
            toDo(
              arr.title,
              "the check on",
              "skipped",
              `switch on Skip Free Space Check at ${page}`,
            ),
          ]),
    ];
  },
);

const roots = each(
  {
    id: "arr/root-folders",
    meaning: "each has both its root folders, streamed and permanent, and can reach them",
    look: "pulumi stack output wiring",
    needs: ["arr/api"],
  },
  librarians,
  async (arr, told, world) => {
    const answer = read(arr, told, "/rootfolder");
    if ("finding" in answer) return [answer.finding];
    const page = `${await pageOf(world, arr.app)}/settings/mediamanagement`;
    const wanted = (await wired(world, arr.app))?.rootFolders ?? [];
    const folders = answer.value as { path: string; accessible: boolean }[];
    return wanted.flatMap((folder): Finding[] => {
      const found = folders.find(({ path }) => path.replace(/\/$/, "") === folder);
      const expected = `the root folder ${folder}`;
      if (!found) return [toDo(arr.title, "no such folder", expected, `add ${folder} at ${page}`)];
      if (found.accessible) return [];
      const fix = `can its user write there? kubectl exec deployment/${arr.app} -- ls -ld ${folder}`;
      return [{ about: arr.title, found: `${folder}, out of reach`, expected, fix }];
    });
  },
);

interface Client {
  readonly name: string;
  readonly enable: boolean;
  readonly tags?: readonly number[];
  readonly fields: readonly { readonly name: string; readonly value?: unknown }[];
}

const clients = each(
  {
    id: "arr/download-clients",
    meaning: "each knows Decypharr as its download client",
    look: "pulumi stack output wiring",
    needs: ["arr/api"],
  },
  librarians,
  async (arr, told, world) => {
    const wanted = (await wired(world, arr.app))?.downloadClient;
    if (!wanted) return [];
    const answer = read(arr, told, "/downloadclient");
    if ("finding" in answer) return [answer.finding];
    const page = `${await pageOf(world, arr.app)}/settings/downloadclients`;
    const { name, host, port, category } = wanted;
    const client = (answer.value as Client[]).find((each) => valueOf(each, "host") === host);
    const fix = `enter it at ${page}; its values: pulumi stack output wiring --stack ${world.stack}`;
    if (!client) return [toDo(arr.title, "no client at " + host, `qBittorrent named ${name}`, fix)];
    const tags = read(arr, told, "/tag");
    const labels =
      "value" in tags
        ? (tags.value as { id: number; label: string }[])
            .filter(({ id }) => client.tags?.includes(id))
            .map(({ label }) => label)
        : [];
    const differing = [
      ...(client.enable ? [] : ["it is switched off"]),
      ...(Number(valueOf(client, "port")) === port
        ? []
        : [`port ${String(valueOf(client, "port"))}`]),
      // Sonarr and Radarr each have a name of their own for it.
      ...(client.fields.some(({ name, value }) => /category$/i.test(name) && value === category)
        ? []
        : ["another category"]),
      ...(wanted.tags.every((tag) => labels.includes(tag))
        ? []
        : [`the tags ${labels.join(", ") || "none"}`]),
    ];
    const expected = `port ${port.toString()}, category ${category}, tag ${wanted.tags.join(", ")}`;
    return differing.map((found) => toDo(`${arr.title}, ${client.name}`, found, expected, fix));
  },
);

const valueOf = ({ fields }: Client, field: string) =>
  fields.find(({ name }) => name === field)?.value;

interface Application {
  readonly syncLevel: string;
  readonly fields: readonly { readonly name: string; readonly value?: unknown }[];
}

const hasOne = (indexers: unknown, isOn: string) =>
  (indexers as Readonly<Record<string, unknown>>[]).some((indexer) => indexer[isOn] === true);

const indexers = each(
  {
    id: "arr/indexers",
    meaning: "Prowlarr has indexers, and has handed them to Sonarr and Radarr",
    look: "pulumi stack output wiring",
    needs: ["arr/api"],
  },
  arrApps,
  async (arr, told, world) => {
    if (arr.app !== "prowlarr") return handedOver(arr, told, world);
    const page = await pageOf(world, "prowlarr");
    const findings: Finding[] = [];
    const indexer = read(arr, told, "/indexer");
    if ("finding" in indexer) findings.push(indexer.finding);
    else if (!hasOne(indexer.value, "enable"))
      findings.push(toDo("Prowlarr", "no indexer", "at least one", `add yours at ${page}`));
    const applications = read(arr, told, "/applications");
    if ("finding" in applications) return [...findings, applications.finding];
    for (const { name, baseUrl, syncLevel } of wiring(await configOf(world, "k3s")).prowlarr ??
      []) {
      const found = (applications.value as Application[]).find(({ fields }) =>
        fields.some(
          (field) => field.name === "baseUrl" && String(field.value).replace(/\/$/, "") === baseUrl,
        ),
      );
      const fix = `enter it at ${page}/settings/applications; its values: pulumi stack output wiring --stack ${world.stack}`;
      if (found?.syncLevel !== syncLevel)
        findings.push(
          toDo(`Prowlarr, ${name}`, found?.syncLevel ?? "no such application", syncLevel, fix),
        );
    }
    return findings;
  },
);

/** Indexers that Sonarr or Radarr may search; without Prowlarr they are entered there by hand. */
async function handedOver(
  arr: ArrApp,
  told: Map<string, ApiAnswer>,
  world: World,
): Promise<Finding[]> {
  const answer = read(arr, told, "/indexer");
  if ("finding" in answer) return [answer.finding];
  if (hasOne(answer.value, "enableAutomaticSearch")) return [];
  const { prowlarr } = wiring(await configOf(world, "k3s"));
  const fix = prowlarr
    ? `Sync App Indexers at ${await pageOf(world, "prowlarr")}/settings/applications`
    : `add yours at ${await pageOf(world, arr.app)}/settings/indexers`;
  return [toDo(arr.title, "no indexer to search", "at least one", fix)];
}

interface QueueStatus {
  readonly totalCount: number;
  readonly errors?: boolean;
  readonly unknownErrors?: boolean;
  readonly warnings?: boolean;
  readonly unknownWarnings?: boolean;
}

const queue = each(
  {
    id: "arr/queue",
    meaning: "nothing is stuck between download and import",
    look: "pulumi stack output urls",
    needs: ["arr/api"],
  },
  librarians,
  async (arr, told, world) => {
    const answer = read(arr, told, "/queue/status");
    if ("finding" in answer) return [answer.finding];
    const { totalCount, ...of } = answer.value as QueueStatus;
    const isStuck = [of.errors, of.unknownErrors, of.warnings, of.unknownWarnings].includes(true);
    if (!isStuck) return [];
    const fix = `see what it says of them at ${await pageOf(world, arr.app)}/activity/queue`;
    const found = `trouble with one or more of ${totalCount.toString()} in the queue`;
    return [toDo(arr.title, found, "none", fix)];
  },
);

interface Complaint {
  readonly type: string;
  readonly message: string;
  readonly wikiUrl?: string;
}

const health = each(
  {
    id: "arr/health",
    meaning: "none of them complains of itself: its indexers, its download client, its folders",
    look: "pulumi stack output urls",
    needs: ["arr/api"],
  },
  arrApps,
  (arr, told) => {
    const answer = read(arr, told, "/health");
    if ("finding" in answer) return [answer.finding];
    // What it only wants known, such as a newer version, is no trouble.
    return (answer.value as Complaint[])
      .filter(({ type }) => type === "warning" || type === "error")
      .map(({ message, wikiUrl }) =>
        toDo(arr.title, message, "nothing to complain of", wikiUrl ?? "see System, Status there"),
      );
  },
);

export const arrChecks = [api, hardlinks, roots, clients, indexers, queue, health];
