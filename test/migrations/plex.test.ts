import * as pulumi from "@pulumi/pulumi";
import { PlexMove, plexVersion, type PlexMoveArgs } from "../../migrations/plex";
import { moveReport, reportMarkdown } from "../../migrations/report";
import { unknownMark } from "../../ops/policies/value";
import { record } from "../../ops/recorder";
import { MoveSteps } from "../support/moves";
import { library, site, stateMount } from "../support/sites";

const media = {
  "/media/films": { ...library.media, readOnly: true },
  "/media/small": library.streaming,
};

const args: PlexMoveArgs = {
  site,
  cluster: { context: "test-context", kubeconfig: "/home/me/it's a config" },
  stack: "test-stack",
  generation: 7,
  phase: "move",
  source: {
    host: "old-plex.test",
    port: 2222,
    user: "alex",
    hostKey: "ssh-ed25519 AAAAtest",
    identityFile: "~/.ssh/old",
    clusterAddresses: ["192.0.2.7", "fd00:13::/64"],
    service: { kind: "docker", name: "old-plex" },
    library: "/srv/plex config/Library",
    backupDir: "/srv/backups",
  },
  state: stateMount,
  image: "registry.test/plex:version-1.43.0.10492-121068a07",
  nodes: "storage",
  media,
  paths: [
    { from: "/mnt/films", to: "/media/films" },
    { from: "/mnt/my small", to: "/media/small/all" },
  ],
  followLinks: false,
  replace: true,
  allowEmpty: false,
  maxHours: 9,
  switchMinutes: 20,
};

/** The steps, each of which stands on the one before. */
const chain = [
  "check",
  "pre-copy",
  "stop",
  "archive",
  "transfer",
  "verify",
  "promote",
  "release",
  "cut-over",
];
const steps = new MoveSteps("plex", chain, {
  check: {
    identity: "it's the old one",
    claimed: true,
    files: 5,
    bytes: 6,
    databaseBytes: 7,
    checked: "plex",
  },
  archive: { digest: "abc" },
  "cut-over": {
    down: 44,
    before: { accounts: 1 },
    server: { version: "1", identity: "i", slowest: 3, counts: { accounts: 1 } },
  },
});
const { printed, results } = steps;

function recorded(more: Partial<PlexMoveArgs> = {}, results: Record<string, string> = {}) {
  return record(
    () => {
      const { state, generation, report } = new PlexMove("plex", { ...args, ...more });
      return { state, generation, report };
    },
    { printed: results },
  );
}

/** What every step is told, and its own. */
const common = {
  STACK: "test-stack",
  KUBE_CONTEXT: "test-context",
  KUBE_CONFIG: "/home/me/it's a config",
  NAMESPACE: "test-media",
  SOURCE_HOST: "old-plex.test",
  SOURCE_PORT: "2222",
  SOURCE_USER: "alex",
  HOST_KEY: "ssh-ed25519 AAAAtest",
  IDENTITY_FILE: "~/.ssh/old",
  FROM_TOO: "192.0.2.7,fd00:13::/64",
  KIND: "docker",
  SERVICE: "old-plex",
  LIBRARY: "/srv/plex config/Library",
  BACKUP_DIR: "/srv/backups",
  GENERATION: "7",
  VERSION: "1.43.0.10492-121068a07",
  OWNER: "568:569",
  FOLLOW: "false",
  REPLACE: "true",
  ALLOW_EMPTY: "false",
  CHECKED: "true",
  MAX_HOURS: "9",
  WINDOW: "1200",
  START_LIMIT: "1800",
  PATHS: "/mnt/films\t/media/films\n/mnt/my small\t/media/small/all",
  MEDIA: "/media/films",
  WRITABLE: "/media/small",
  MANIFESTS: expect.stringContaining('"kind":"NetworkPolicy"') as string,
};

describe("a move", () => {
  steps.tests(recorded);

  it("begins with a step that needs no other, and tells it everything", async () => {
    const recording = await recorded();
    expect(steps.in(recording, "check").dependencies).toEqual([]);
    expect(await steps.valuesIn(recording, "check")).toEqual(common);
  });

  it("gives every step the result of the one before, and who the old server is", async () => {
    const recording = await recorded({}, printed);
    const [first, ...others] = chain;
    let before = first;
    for (const name of others) {
      expect(await steps.valuesIn(recording, name)).toEqual({
        ...common,
        IDENTITY: "it's the old one",
        CLAIMED: "true",
        AFTER: printed[steps.nameOf(before ?? "")],
      });
      before = name;
    }
  });

  it("keeps its order where nothing is known yet", async () => {
    const recording = await recorded();
    const [first, ...others] = chain;
    let before = first;
    for (const name of others) {
      const { inputs, dependencies } = steps.in(recording, name);
      expect(inputs.stdin).toBe(unknownMark);
      expect(dependencies).toContain(steps.in(recording, before ?? "").urn);
      before = name;
    }
  });

  it("reports when all is done", async () => {
    const recording = await recorded({}, printed);
    const report = moveReport(7, results);
    expect(recording.outputs.report).toEqual(report);
    expect(await steps.valuesIn(recording, "report")).toEqual({
      REPORT: reportMarkdown(report),
      REPORT_FILE: "reports/test-stack-plex-g7.md",
    });
    const urns = chain.map((name) => steps.in(recording, name).urn);
    expect(steps.in(recording, "report").dependencies).toEqual(expect.arrayContaining(urns));
  });

  it("holds back its claim and its number until the old server has given the library up", async () => {
    const { release, ...others } = Object.fromEntries(
      chain.map((name) => [name, printed[steps.nameOf(name)] ?? ""]),
    );
    const withClaim = (claimName: string) => ({
      ...stateMount,
      source: { persistentVolumeClaim: { claimName } },
    });
    const named = (known: Record<string, string>) =>
      Object.fromEntries(Object.entries(known).map(([name, said]) => [steps.nameOf(name), said]));
    const without = (await recorded({}, named(others))).outputs;
    expect(without.state).toEqual(withClaim(unknownMark));
    expect(without.generation).toBe(unknownMark);
    const only = (await recorded({}, named({ release: release ?? "" }))).outputs;
    expect(only.state).toEqual(withClaim("test-claim"));
    expect(only.generation).toBe("7");
    expect(only.report).toBe(unknownMark);
  });

  it("says nothing of what was not given: sections that stay, ssh's own keys, kubectl's own config", async () => {
    const { identityFile, ...source } = args.source;
    expect(identityFile).toBeDefined();
    const recording = await recorded({ source, cluster: { context: "home" }, paths: [] });
    expect(await steps.valuesIn(recording, "check")).toEqual({
      ...common,
      KUBE_CONTEXT: "home",
      KUBE_CONFIG: "",
      IDENTITY_FILE: "",
      PATHS: "",
    });
  });

  it("is refused where the image names no version", async () => {
    await expect(recorded({ image: "registry.test/plex:latest" })).rejects.toThrow(
      "the image registry.test/plex:latest names no exact version of Plex",
    );
  });
});

describe("a move that is over", () => {
  it("tells its cleaning up the move's own values", async () => {
    expect(await steps.valuesIn(await recorded({ phase: "done" }), "clean-up")).toEqual(common);
  });

  it("hands its claim on as it is, waits for nothing and reports nothing", async () => {
    const recording = await record(() => {
      const { state, generation, report } = new PlexMove("plex", { ...args, phase: "done" });
      return { same: state === stateMount, generation, report };
    });
    expect(recording.outputs).toEqual({ same: true, generation: "7" });
  });
});

describe("the version of Plex", () => {
  it.each([
    "linuxserver/plex:version-1.43.0.10492-121068a07",
    "linuxserver/plex:1.43.0.10492-121068a07",
    "linuxserver/plex:1.43.0.10492-121068a07-ls312",
    "registry.test:5000/linuxserver/plex:version-1.43.0.10492-121068a07",
  ])("is read out of %s", (image) => {
    expect(plexVersion(image)).toBe("1.43.0.10492-121068a07");
  });

  it.each([
    "linuxserver/plex:latest",
    "linuxserver/plex:1.43.0",
    "linuxserver/plex:1.43.0.10492",
    "linuxserver/plex:develop-1.43.0.10492-121068a07",
    "linuxserver/plex:1.43.0.10492-121068a07-arm64",
    "linuxserver/plex:1.43.0.10492-121068a07\n",
    "linuxserver/plex",
    "registry.test:5000/linuxserver/plex",
    "",
  ])("is not guessed from %j", (image) => {
    const guess = () => plexVersion(image);
    expect(guess).toThrow(`the image ${image} names no exact version of Plex`);
    expect(guess).toThrow("fix: pulumi config set --path media-homelab:plex.tag version-1.");
    expect(guess).toThrow(pulumi.RunError);
  });
});
