import * as fs from "node:fs";
import * as path from "node:path";
import type * as automation from "@pulumi/pulumi/automation";
import { parse } from "yaml";
import { labEnvironment, productStack } from "../../lab/engine";
import { inPod, kube, throughIngress, tool, until } from "./tools";

interface Pod {
  readonly metadata: { readonly name: string; readonly labels: Record<string, string> };
  readonly spec: { readonly nodeName: string };
  readonly status: {
    readonly conditions: { readonly type: string; readonly status: string }[];
    readonly containerStatuses: { readonly restartCount: number }[];
  };
}

let stack: automation.Stack;
let outputs: automation.OutputMap;

const output = (group: string) => outputs[group]?.value as Record<string, string>;
const key = (app: string) => output("secrets")[`${app}ApiKey`] ?? "";
const pods = async () => (await kube<{ items: Pod[] }>("get", "pods", "--namespace=media")).items;
const withKey = (app: string) => ({ headers: { "X-Api-Key": key(app) } });

/** Apps that read Decypharr's file system, by what runs them. */
const readers = {
  sonarr: "deployment/sonarr",
  radarr: "deployment/radarr",
  plex: "statefulset/plex",
  worker: "statefulset/clusterplex-worker",
};

/** The same question to every reader; the one answer that all of them have to give. */
async function agreed(...command: string[]): Promise<string> {
  const answers = await Promise.all(
    Object.values(readers).map((reader) => inPod(reader, ...command)),
  );
  expect(new Set(answers).size).toBe(1);
  return answers[0] ?? "";
}

beforeAll(async () => {
  stack = await productStack("homelab");
  ({ outputs } = await stack.up());
});

describe("the stack", () => {
  test("a second up changes nothing", async () => {
    const { summary } = await stack.up();
    expect(Object.keys(summary.resourceChanges ?? {})).toEqual(["same"]);
  });

  test("a refresh finds nothing that the program did not ask for", async () => {
    const { summary } = await stack.refresh();
    expect(Object.keys(summary.resourceChanges ?? {})).toEqual(["same"]);
  });

  test("brings up every app exactly once, ready, on the storage node", async () => {
    const running = await pods();
    expect(running.map(({ metadata }) => metadata.labels["app.kubernetes.io/name"]).sort()).toEqual(
      [
        ...["clusterplex-orchestrator", "clusterplex-worker", "decypharr"],
        ...["plex", "profilarr", "prowlarr", "pulsarr", "radarr", "sonarr"],
      ],
    );
    for (const { spec, status } of running) {
      expect(spec.nodeName).toBe("k3s-w1");
      expect(status.conditions).toContainEqual(
        expect.objectContaining({ type: "Ready", status: "True" }),
      );
    }
  });

  test("no secret stands anywhere in clear: not in the state on disk, not in what up prints", async () => {
    const { stdout } = await stack.up();
    const canaries = fs.readFileSync(
      path.join(__dirname, "../../lab/secrets/homelab.yaml"),
      "utf8",
    );
    const secrets = [
      ...Object.values(output("secrets")),
      ...Object.values(parse(canaries) as Record<string, string>),
    ];
    expect(secrets).toHaveLength(8);
    const folder = path.join(labEnvironment().LAB_WORLD ?? "", "pulumi", "state");
    const files = fs
      .readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((file) => fs.readFileSync(path.join(file.parentPath, file.name), "utf8"));
    expect(files.length).toBeGreaterThan(0);
    for (const form of secrets.flatMap((text) => [text, Buffer.from(text).toString("base64")])) {
      expect(stdout.includes(form)).toBe(false);
      // Not toContain: a failure must not print the state.
      expect(files.filter((text) => text.includes(form)).length).toBe(0);
    }
  });

  test("a preview on an empty state touches nothing", async () => {
    const name = "preview-only";
    const empty = await productStack("homelab", { "media-homelab:namespace": { name } }, name);
    await empty.preview();
    await expect(tool("kubectl", "get", "namespace", name)).rejects.toThrow("NotFound");
  });
});

describe("the addresses", () => {
  test.each([
    ["sonarr", "/ping"],
    ["radarr", "/ping"],
    ["prowlarr", "/ping"],
    ["profilarr", "/"],
    ["pulsarr", "/health"],
    ["decypharr", "/version"],
    ["plex", "/identity"],
  ])("serve %s through the ingress controller's LoadBalancer address", async (app, health) => {
    expect(output("urls")[app]).toBe(`http://${app}.homelab`);
    expect((await throughIngress(`${app}.homelab`, health)).status).toBe(200);
    const ingress = await kube<{ status: { loadBalancer: { ingress: { ip: string }[] } } }>(
      ...["get", "ingress", app, "--namespace=media"],
    );
    expect(ingress.status.loadBalancer.ingress[0]?.ip).toMatch(/^10\.213\.78\./);
  });

  test("answer for no host that isn't ours", async () => {
    expect((await throughIngress("other.homelab", "/ping")).status).toBe(404);
  });

  test("give Plex and the orchestrator LoadBalancers of their own, one of them at the fixed address", async () => {
    const { plex = "", clusterplexOrchestrator = "" } = output("loadBalancers");
    expect(clusterplexOrchestrator).toBe("http://10.213.78.101:3500");
    expect(await tool("curl", "--silent", "--fail", `${clusterplexOrchestrator}/health`)).toBe(
      '{"status": "healthy"}',
    );
    expect(plex).toMatch(/^10\.213\.78\./);
    expect(await tool("curl", "--silent", "--fail", `http://${plex}:32400/identity`)).toContain(
      "machineIdentifier",
    );
  });

  test("hold inside the cluster too", async () => {
    const url = "http://sonarr.media.svc.cluster.local:8989/ping";
    expect(await inPod(readers.radarr, "curl", "--silent", "--max-time", "10", url)).toBe(
      '{"status": "OK"}',
    );
  });
});

describe("the keys", () => {
  test.each([
    ["sonarr", "v3"],
    ["radarr", "v3"],
    ["prowlarr", "v1"],
  ])("of %s are injected: it takes its own and refuses another", async (app, version) => {
    expect(key(app)).toMatch(/^[0-9a-f]{32}$/);
    const status = `/api/${version}/system/status`;
    const right = await throughIngress(`${app}.homelab`, status, withKey(app));
    expect(JSON.parse(right.body)).toMatchObject({ authentication: "external" });
    const wrong = await throughIngress(`${app}.homelab`, status, { headers: { "X-Api-Key": "0" } });
    expect(wrong.status).toBe(401);
  });

  test("reach Pulsarr, which finds each *arr app behind its address", async () => {
    const { body } = await throughIngress("pulsarr.homelab", "/v1/config/config");
    expect(JSON.parse(body)).toEqual({
      plexTokens: 1,
      baseUrl: "http://pulsarr.media",
      port: "3003",
      sonarr: true,
      radarr: true,
    });
  });
});

describe("the state", () => {
  test("stays on its claim when the pod is replaced", async () => {
    const folder = "/api/v3/rootfolder";
    const before = await throughIngress("sonarr.homelab", folder, withKey("sonarr"));
    if (before.body === "[]") {
      const body = { path: "/mnt/streaming-media/tv" };
      const added = await throughIngress("sonarr.homelab", folder, { ...withKey("sonarr"), body });
      expect(added.status).toBe(201);
    }
    const sonarr = "--selector=app.kubernetes.io/name=sonarr";
    await tool("kubectl", "delete", "pod", "--namespace=media", sonarr);
    await until(120, async () => {
      const after = await throughIngress("sonarr.homelab", folder, withKey("sonarr"));
      expect(after).toEqual({
        status: 200,
        body: '[{"id": 1, "path": "/mnt/streaming-media/tv", "accessible": true}]',
      });
    });
  });
});

describe("Plex", () => {
  const preferences = "/config/Library/Application Support/Plex Media Server/Preferences.xml";

  test("was claimed with a token that is kept nowhere, and keeps its identity over a restart", async () => {
    const identity = () => throughIngress("plex.homelab", "/identity");
    const before = await identity();
    expect(before.body).toContain('claimed="1"');
    await tool("kubectl", "delete", "pod", "plex-0", "--namespace=media");
    await until(120, async () => {
      expect(await identity()).toEqual(before);
    });
  });

  test("knows its transcode folder and its addresses, and never empties its trash by itself", async () => {
    const file = await inPod(readers.plex, "cat", preferences);
    const { plex = "" } = output("loadBalancers");
    expect(file).toContain('TranscoderTempDirectory="/mnt/transcode"');
    expect(file).toContain('autoEmptyTrash="0"');
    expect(file).toContain(`customConnections="http://plex.homelab,http://${plex}:32400"`);
  });

  test("reads the NAS and can't write there", async () => {
    expect(await agreed("ls", "/mnt/media/tv/Show")).toContain("Show.S01E01.mkv");
    await expect(inPod(readers.plex, "touch", "/mnt/media/tv/x")).rejects.toThrow("Read-only");
    await expect(inPod(readers.worker, "touch", "/mnt/media/tv/x")).rejects.toThrow("Read-only");
    await inPod(readers.sonarr, "sh", "-c", "touch /mnt/media/tv/x && rm /mnt/media/tv/x");
  });
});

/** Adds a "torrent" the way Sonarr does, with the values of the output `wiring`. */
async function grab(name: string): Promise<void> {
  const { sonarr } = outputs.wiring?.value as {
    sonarr: { downloadClient: { host: string; port: number; username: string; category: string } };
  };
  const { host, port, username, category } = sonarr.downloadClient;
  const curl = ["curl", "--silent", "--show-error", "--fail"];
  const url = `http://${host}:${port.toString()}/api/v2`;
  const login = `username=${username}&password=${key("sonarr")}`;
  expect(await inPod(readers.sonarr, ...curl, "--data", login, `${url}/auth/login`)).toBe("Ok.");
  const form = ["--data", `urls=${name}&category=${category}`];
  const cookie = ["--cookie", `SID=${key("sonarr")}`];
  await inPod(readers.sonarr, ...curl, ...cookie, ...form, `${url}/torrents/add`);
}

describe("streaming", () => {
  const film = `Show.S02E01.${Date.now().toString()}`;
  const streamed = `/mnt/dfs/__all__/${film}/${film}.mkv`;
  const link = `/mnt/streaming-media/.downloads/sonarr/${film}/${film}.mkv`;

  test("a file that appears in Decypharr is seen by every reader at the same path", async () => {
    await grab(film);
    const [digest] = (await agreed("sha256sum", streamed)).split(" ");
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(await inPod("statefulset/decypharr", "sha256sum", streamed)).toContain(digest);
  });

  test("it is a FUSE file system that nobody but Decypharr writes", async () => {
    expect(await agreed("stat", "--file-system", "--format=%T", "/mnt/dfs")).toBe("fuseblk");
    await expect(inPod(readers.sonarr, "touch", "/mnt/dfs/__all__/x")).rejects.toThrow("Read-only");
  });

  test("a link that one app makes is resolved by all others", async () => {
    expect(await agreed("readlink", link)).toBe(streamed);
    expect(await agreed("head", "-n", "1", link)).toBe(film);
    const filed = `/mnt/streaming-media/tv/${film}.mkv`;
    await inPod(readers.sonarr, "mv", link, filed);
    expect(await agreed("head", "-n", "1", filed)).toBe(film);
  });

  test("killing the mount heals without hands, in Decypharr and in every reader", async () => {
    await inPod("statefulset/decypharr", "pkill", "-9", "bindfs");
    const look = () => inPod(readers.sonarr, "stat", "/mnt/dfs/version.txt");
    await until(10, () => expect(look()).rejects.toThrow("not connected"));
    await until(240, async () => {
      expect(await agreed("cat", `/mnt/streaming-media/tv/${film}.mkv`)).toContain(film);
    });
    // And all are ready again, not only readable.
    await until(120, async () => {
      const ready = (await pods()).flatMap(({ status }) =>
        status.conditions.filter(({ type }) => type === "Ready").map((it) => it.status),
      );
      expect(new Set(ready)).toEqual(new Set(["True"]));
    });
  });
});

describe("transcoding", () => {
  const transcode = async (source: string) => {
    const target = `/mnt/transcode/${Date.now().toString()}`;
    const answer = await inPod(
      ...([readers.plex, "curl", "--silent", "--fail", "--data"] as const),
      ...[JSON.stringify({ source, target }), "http://127.0.0.1:32400/stand-in/transcode"],
    );
    return { target, ...(JSON.parse(answer) as { by: string; sha256: string }) };
  };

  test("runs on the worker, by the very paths that Plex names", async () => {
    const source = "/mnt/media/tv/Show/Show.S01E01.mkv";
    const { by, sha256, target } = await transcode(source);
    expect(by).toBe("worker");
    expect(await inPod(readers.plex, "sha256sum", source)).toContain(sha256);
    // The worker wrote it, Plex reads it.
    expect(await inPod(readers.plex, "cat", target)).toBe(sha256);
    const metrics = await tool("curl", "--silent", "http://10.213.78.101:3500/metrics");
    expect(metrics).toContain("workers_active 1");
  });

  test("goes on in Plex itself while no worker is there", async () => {
    const worker = ["--namespace=media", "statefulset/clusterplex-worker"];
    await tool("kubectl", "scale", "--replicas=0", ...worker);
    try {
      await until(60, async () => {
        expect((await transcode("/mnt/media/movies/Film/Film.mkv")).by).toBe("server");
      });
    } finally {
      await tool("kubectl", "scale", "--replicas=1", ...worker);
    }
    await until(90, async () => {
      expect((await transcode("/mnt/media/movies/Film/Film.mkv")).by).toBe("worker");
    });
  });
});

describe("each app", () => {
  const apps = ["sonarr", "radarr", "prowlarr", "profilarr", "pulsarr", "decypharr"];

  afterAll(async () => {
    await stack.up();
  });

  test.each(apps)(
    "can be left out: without %s the rest comes up, and its claim stays",
    async (app) => {
      const without = await productStack("homelab", {
        "media-homelab:apps": { [app]: { enabled: false } },
      });
      await without.up();
      const running = (await pods()).map(
        ({ metadata }) => metadata.labels["app.kubernetes.io/name"],
      );
      expect(running).not.toContain(app);
      expect(running).toEqual(expect.arrayContaining(apps.filter((other) => other !== app)));
      const claim = ["pvc", `config-${app}`, "--namespace=media", "--output=name"];
      expect(await tool("kubectl", "get", ...claim)).toBe(`persistentvolumeclaim/config-${app}`);
    },
  );

  test("comes back on its old claim", async () => {
    stack = await productStack("homelab");
    await stack.up();
    await until(60, async () => {
      const { body } = await throughIngress(
        "sonarr.homelab",
        "/api/v3/rootfolder",
        withKey("sonarr"),
      );
      expect(body).toContain("/mnt/streaming-media/tv");
    });
  });
});
