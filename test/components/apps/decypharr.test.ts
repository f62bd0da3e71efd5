import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Decypharr, type DecypharrArgs } from "../../../components/apps/decypharr";
import { images } from "../../../components/images";
import { labels, selectorLabels } from "../../../components/kubernetes/labels";
import { place } from "../../../components/kubernetes/placement";
import { generatedAddress, record } from "../../../ops/recorder";
import { containerOf, envOf, identities, mountsOf, only, podOf } from "../../support/children";
import { apiKey, library, site, stateMount } from "../../support/sites";

const configMap = "kubernetes:core/v1:ConfigMap";
const policy = "kubernetes:networking.k8s.io/v1:NetworkPolicy";
const secret = "kubernetes:core/v1:Secret";
const service = "kubernetes:core/v1:Service";
const volume = "kubernetes:core/v1:PersistentVolume";

const arrs = {
  sonarr: { url: "http://sonarr.test-media:8989", apiKey },
  radarr: { url: "http://radarr.test-media:7878", apiKey: { ...apiKey, key: "other-key" } },
};

function recorded(more: Partial<DecypharrArgs> = {}) {
  return record(() => {
    const { url, publicUrl, dfs } = new Decypharr("decypharr", {
      site,
      siteName: "test-site",
      state: stateMount,
      library,
      host: "debrid.test",
      access: "nfs",
      hostPath: "/var/lib/test-dfs",
      nfsClients: ["192.0.2.0/24", "198.51.100.7/32"],
      cacheSize: "3Gi",
      debridApiKey: pulumi.secret("canary-debrid"),
      arrs,
      ...more,
    });
    return { url, publicUrl, dfs };
  });
}

const usenet = () => ({
  usenet: {
    host: pulumi.secret("canary-host"),
    username: pulumi.secret("canary-username"),
    password: pulumi.secret("canary-password"),
  },
});

const always = [
  "kubernetes:apps/v1:StatefulSet::decypharr",
  `${configMap}::decypharr`,
  `${configMap}::decypharr-readers`,
  `${secret}::decypharr-debrid`,
  `${service}::decypharr`,
  "kubernetes:networking.k8s.io/v1:Ingress::decypharr",
  `${policy}::decypharr`,
];
const overNfs = [
  "homelab:storage:StaticVolume::decypharr-dfs",
  `${volume}::decypharr-dfs`,
  "kubernetes:core/v1:PersistentVolumeClaim::decypharr-dfs",
  `${service}::decypharr-nfs`,
];

it.each<[string, () => Partial<DecypharrArgs>, string[]]>([
  ["over NFS", () => ({}), [...always, ...overNfs]],
  ["through the node", () => ({ access: "hostPath" }), always],
  ["with Usenet", usenet, [...always, ...overNfs, `${secret}::decypharr-usenet`]],
  ["without any *arr app", () => ({ arrs: {} }), [...always, ...overNfs]],
])("is one app with its files %s, and nothing else was created", async (_, more, expected) => {
  expect(identities(await recorded(more()))).toEqual([...expected].sort());
});

describe("the pod", () => {
  it("is the streaming stack's middle, once, on a storage node", async () => {
    const recording = await recorded();
    const { metadata, spec } = podOf(recording, "StatefulSet");
    expect(spec).toMatchObject(place({ nodes: "storage", streaming: "preferred", stateful: true }));
    expect(metadata.labels).toEqual({
      ...labels("decypharr", "streaming"),
      "streaming-stack": "true",
    });
    expect(only(recording, "kubernetes:apps/v1:StatefulSet").inputs).toMatchObject({
      spec: { replicas: 1, serviceName: "decypharr" },
    });
  });

  it("runs the pinned image on the plan's port and resources, and lives with its mount", async () => {
    const stat = { exec: { command: ["stat", "/pool/debrid/version.txt"] } };
    expect(containerOf(podOf(await recorded(), "StatefulSet"), "decypharr")).toMatchObject({
      image: images.decypharr,
      ports: [{ name: "http", containerPort: 8282 }],
      startupProbe: { httpGet: { path: "/version", port: "http" } },
      readinessProbe: stat,
      livenessProbe: { ...stat, periodSeconds: 10, failureThreshold: 3 },
      resources: {
        requests: { cpu: "100m", memory: "256Mi" },
        limits: { cpu: "500m", memory: "1Gi" },
      },
    });
  });

  it("hands its mounts on to the node: the one privileged container", async () => {
    const pod = podOf(await recorded(), "StatefulSet");
    const { containers, initContainers } = pod.spec;
    const privileged = [...containers, ...initContainers].filter(
      ({ securityContext }) => (securityContext as { privileged?: boolean }).privileged,
    );
    expect(privileged.map(({ name }) => name)).toEqual(["decypharr"]);
    const app = containerOf(pod, "decypharr");
    expect(mountsOf(app)).toEqual({
      "/app": "state",
      "/links": "streaming",
      "/pool": "node",
      "/tmp": "tmp",
    });
    const handedOn = app.volumeMounts.filter((mount) => "mountPropagation" in mount);
    expect(handedOn).toEqual([
      { name: "node", mountPath: "/pool", mountPropagation: "Bidirectional" },
    ]);
    expect(pod.spec.volumes).toContainEqual({
      name: "node",
      hostPath: { path: "/var/lib/test-dfs", type: "DirectoryOrCreate" },
    });
  });

  it("mounts nothing below the folder that it hands on", async () => {
    const app = containerOf(podOf(await recorded(), "StatefulSet"), "decypharr");
    const below = Object.keys(mountsOf(app)).filter((mounted) => mounted.startsWith("/pool/"));
    expect(below).toEqual([]);
  });

  it("is prepared by a step that knows its folders and their owner", async () => {
    const step = containerOf(podOf(await recorded(), "StatefulSet"), "prepare");
    expect(step).toMatchObject({ image: images.decypharr, command: ["sh", "/files/prepare.sh"] });
    expect(mountsOf(step)).toEqual({
      "/app": "state",
      "/files": "decypharr:ro",
      "/links": "streaming",
      "/parent": "node",
      "/tmp": "tmp",
    });
    expect(envOf(step)).toEqual({
      FOLDERS: ".downloads tv movies",
      HANDLES: "/app/nfs-handles",
      LIBRARY: "/links",
      LINK: "links",
      MOUNTPOINT: "debrid",
      OWNER: "568:569",
      PARENT: "/parent",
      PGID: "569",
      PUID: "568",
      SEED: "/files/config.json",
      SETTINGS: "/app/config.json",
      TZ: "Europe/Berlin",
    });
  });
});

describe("the first settings", () => {
  async function files(more: Partial<DecypharrArgs> = {}): Promise<Record<string, string>> {
    return only(await recorded(more), configMap, "decypharr").inputs.data as Record<string, string>;
  }

  it("name its folders, cache and owner, and link instead of downloading", async () => {
    const { "config.json": settings = "" } = await files();
    expect(JSON.parse(settings)).toEqual({
      port: "8282",
      use_auth: true,
      download_folder: "/pool/links/.downloads",
      default_download_action: "symlink",
      categories: ["sonarr", "radarr"],
      mount: {
        type: "dfs",
        mount_path: "/pool/debrid",
        dfs: {
          cache_dir: "/app/cache",
          disk_cache_size: "3GB",
          cache_expiry: "24h",
          uid: 568,
          gid: 569,
          umask: "022",
          allow_other: true,
        },
      },
      repair: { enabled: true, source: "arr", schedule: "0 4 * * *", auto_repair: true },
    });
  });

  it("know no category without an *arr app", async () => {
    const { "config.json": settings = "" } = await files({ arrs: {} });
    expect(JSON.parse(settings)).toMatchObject({ categories: [] });
  });

  it("come with the script that puts them in place", async () => {
    const folder = path.join(__dirname, "../../../components/apps/decypharr");
    const script = fs.readFileSync(path.join(folder, "prepare.sh"), "utf8");
    expect(await files()).toEqual({
      "config.json": expect.any(String) as unknown,
      "prepare.sh": script,
    });
  });
});

describe("the environment", () => {
  const identity = { PGID: "569", PUID: "568", TZ: "Europe/Berlin" };
  const debrid = {
    DECYPHARR_DEBRIDS__0__NAME: "realdebrid",
    DECYPHARR_DEBRIDS__0__PROVIDER: "realdebrid",
    DECYPHARR_DEBRIDS__0__API_KEY: { name: "decypharr-debrid-autonamed", key: "api-key" },
  };
  const apps = {
    DECYPHARR_ARRS__0__NAME: "sonarr",
    DECYPHARR_ARRS__0__HOST: "http://sonarr.test-media:8989",
    DECYPHARR_ARRS__0__TOKEN: { name: "test-keys", key: "test-api-key" },
    DECYPHARR_ARRS__1__NAME: "radarr",
    DECYPHARR_ARRS__1__HOST: "http://radarr.test-media:7878",
    DECYPHARR_ARRS__1__TOKEN: { name: "test-keys", key: "other-key" },
  };
  const news = (key: string) => ({ name: "decypharr-usenet-autonamed", key });
  const provider = {
    DECYPHARR_USENET__PROVIDERS__0__HOST: news("host"),
    DECYPHARR_USENET__PROVIDERS__0__USERNAME: news("username"),
    DECYPHARR_USENET__PROVIDERS__0__PASSWORD: news("password"),
    DECYPHARR_USENET__PROVIDERS__0__PORT: "563",
    DECYPHARR_USENET__PROVIDERS__0__SSL: "true",
  };

  it.each<[string, () => Partial<DecypharrArgs>, object]>([
    ["the debrid account and the *arr apps", () => ({}), { ...debrid, ...apps }],
    ["the Usenet account, too", usenet, { ...debrid, ...apps, ...provider }],
    ["no *arr app", () => ({ arrs: {} }), debrid],
  ])("tells of %s, each secret by reference", async (_, more, expected) => {
    const app = containerOf(podOf(await recorded(more()), "StatefulSet"), "decypharr");
    expect(envOf(app)).toEqual({ ...identity, ...expected });
  });

  it("shows no account in clear", async () => {
    const recording = await recorded(usenet());
    for (const name of ["decypharr-debrid", "decypharr-usenet"]) {
      expect(only(recording, secret, name).inputs.stringData).toBe("[secret]");
    }
    expect(JSON.stringify(recording)).not.toContain("canary");
  });
});

describe("its files over NFS", () => {
  it("are exported by an unprivileged sidecar that only reads, with lasting handles", async () => {
    const exporter = containerOf(podOf(await recorded(), "StatefulSet"), "nfs");
    expect(exporter).toMatchObject({
      image: images.rclone,
      securityContext: { runAsUser: 568, allowPrivilegeEscalation: false },
      ports: [{ name: "nfs", containerPort: 2049 }],
      readinessProbe: { tcpSocket: { port: "nfs" } },
    });
    expect(exporter.command.join(" ")).toBe(
      "rclone serve nfs /pool/debrid --addr :2049 --read-only --vfs-cache-mode off --dir-cache-time 5s" +
        " --nfs-cache-type disk --nfs-cache-dir /handles",
    );
    expect(exporter.volumeMounts).toEqual([
      { name: "state", mountPath: "/handles", subPath: "nfs-handles" },
      {
        name: "node",
        mountPath: "/pool",
        readOnly: true,
        mountPropagation: "HostToContainer",
      },
      { name: "tmp", mountPath: "/tmp" },
    ]);
    expect(envOf(exporter)).toEqual({ HOME: "/tmp", TZ: "Europe/Berlin" });
  });

  it("are a disposable volume at the export's address, since nodes don't know its name", async () => {
    const recording = await recorded();
    const { inputs, options } = only(recording, volume);
    expect(inputs).toMatchObject({
      metadata: { name: "test-site-decypharr-dfs" },
      spec: {
        accessModes: ["ReadOnlyMany"],
        nfs: { server: generatedAddress, path: "/", readOnly: true },
        mountOptions: [
          ...["nfsvers=3", "tcp", "port=2049", "mountport=2049", "nolock"],
          ...["soft", "timeo=150", "retrans=3", "noatime"],
        ],
      },
    });
    expect(options).toEqual({});
    expect(only(recording, service, "decypharr-nfs").inputs).toMatchObject({
      spec: {
        selector: selectorLabels("decypharr"),
        ports: [{ name: "nfs", port: 2049, targetPort: "nfs" }],
      },
    });
  });

  it("draw their readers near", async () => {
    expect((await recorded()).outputs.dfs).toEqual({
      path: "/pool/debrid",
      mount: {
        volume: "decypharr-dfs",
        source: { persistentVolumeClaim: { claimName: "decypharr-dfs" } },
        readOnly: true,
      },
      scripts: {
        volume: "decypharr-readers",
        source: { configMap: { name: "decypharr-readers-autonamed" } },
        readOnly: true,
      },
      nearness: "preferred",
    });
  });
});

describe("its files through the node", () => {
  it("bind their readers to that node", async () => {
    expect((await recorded({ access: "hostPath" })).outputs.dfs).toMatchObject({
      mount: {
        volume: "dfs",
        source: { hostPath: { path: "/var/lib/test-dfs/debrid" } },
        readOnly: true,
        propagation: "HostToContainer",
      },
      nearness: "required",
    });
  });

  it("need no export", async () => {
    const { containers } = podOf(await recorded({ access: "hostPath" }), "StatefulSet").spec;
    expect(containers.map(({ name }) => name)).toEqual(["decypharr"]);
  });
});

it("hands its readers the scripts that they wait and live by", async () => {
  const { data } = only(await recorded(), configMap, "decypharr-readers").inputs;
  expect(Object.keys(data as object)).toEqual(["dfs-alive.sh", "wait-for-dfs.sh"]);
});

describe("the network policy", () => {
  const ui = { from: [{ namespaceSelector: {} }], ports: [{ port: 8282, protocol: "TCP" }] };
  const nodes = {
    from: [{ ipBlock: { cidr: "192.0.2.0/24" } }, { ipBlock: { cidr: "198.51.100.7/32" } }],
    ports: [{ port: 2049, protocol: "TCP" }],
  };

  it.each([
    ["nfs", "its UI to the cluster's pods and the export to the nodes", [ui, nodes]],
    ["hostPath", "its UI to the cluster's pods", [ui]],
  ] as const)("%s: opens only %s", async (access, _, ingress) => {
    expect(only(await recorded({ access }), policy).inputs.spec).toEqual({
      podSelector: { matchLabels: selectorLabels("decypharr") },
      policyTypes: ["Ingress"],
      ingress,
    });
  });
});

it("tells its addresses", async () => {
  expect((await recorded()).outputs).toMatchObject({
    url: "http://decypharr.test-media:8282",
    publicUrl: "http://debrid.test",
  });
});
