import * as pulumi from "@pulumi/pulumi";
import { keepVerification, type Verification } from "../../../ops/checks/verification";
import { writeReport } from "../../../ops/reports";
import { gatherStatus } from "../../../ops/status/gather";
import type { Status } from "../../../ops/status/model";
import { healthyNomad } from "../../support/nomad";
import { tempTree } from "../../support/scripts";
import { now, statusOf } from "../../support/status";
import { plannedStack, recordedWorld, type Answers } from "../../support/world";

const home = process.cwd();
// Reports lie below the folder in which a command is run.
beforeEach(() => {
  process.chdir(tempTree({}));
});
afterAll(() => {
  process.chdir(home);
});

const app = ({ apps }: Status, name: string) => apps.find((each) => each.name === name);
const volume = ({ volumes }: Status, name: string) => volumes.find((each) => each.name === name);
const box = ({ picture }: Status, title: string) =>
  [picture.entrance, ...picture.lanes.flatMap(({ boxes }) => boxes)].find(
    (each) => each.title === title,
  );

interface Pods {
  readonly items: { metadata: { name: string }; spec: object; status: object }[];
}

/** The answers with one pod changed. */
function withPod(name: string, change: (pod: Pods["items"][number]) => object) {
  return (answers: Answers): Answers => {
    const question = "pods --all-namespaces";
    const { items } = answers.kube?.[question] as Pods;
    const changed = items.map((pod) => (pod.metadata.name === name ? change(pod) : pod));
    return { ...answers, kube: { ...answers.kube, [question]: { items: changed } } };
  };
}

describe("of the k3s stack", () => {
  it("tells every app's address, images, version and pods", async () => {
    const status = await statusOf("homelab");
    expect(app(status, "decypharr")).toEqual({
      name: "decypharr",
      url: "http://decypharr.homelab",
      images: ["cy01/blackhole:v2.4", "rclone/rclone:1.75.1"],
      version: "v2.4",
      live: { state: "ok", said: "1 of 1 ready" },
    });
    expect(status.apps.map(({ live }) => live.state)).not.toContain("down");
    expect(status.unanswered).toEqual([]);
  });

  it("tells every claim with its class, size and state", async () => {
    const status = await statusOf("homelab");
    expect(volume(status, "config-sonarr")).toEqual({
      name: "config-sonarr",
      kind: "longhorn-simple",
      size: "10Gi",
      capacity: "10Gi",
      live: { state: "ok", said: "Bound" },
    });
    expect(volume(status, "media-library")?.kind).toBe("NFS 192.168.100.10:/mnt/user/media");
  });

  it("says why a pod is not ready", async () => {
    const waiting = { reason: "CrashLoopBackOff", message: "back-off" };
    const status = await statusOf(
      "homelab",
      withPod("radarr-0", (pod) => ({
        ...pod,
        status: {
          phase: "Running",
          conditions: [{ type: "Ready", status: "False" }],
          containerStatuses: [{ name: "radarr", ready: false, state: { waiting } }],
        },
      })),
    );
    const { live } = app(status, "radarr") ?? {};
    expect(live?.state).toBe("down");
    expect(live?.said).toMatch(/^0 of 1 ready: radarr \(.+\): CrashLoopBackOff, back-off$/);
    expect(box(status, "Radarr")?.live).toBe(live);
  });

  it("sees another image than the pinned one", async () => {
    const image = "lscr.io/linuxserver/plex:1.42.0";
    const status = await statusOf(
      "homelab",
      withPod("plex-0", (pod) => ({ ...pod, spec: { containers: [{ name: "plex", image }] } })),
    );
    expect(app(status, "plex")).toMatchObject({
      version: "1.42.0",
      live: { state: "warning", said: `1 of 1 ready, but plex is ${image}` },
    });
  });

  it("knows the newest backup of a claim on Longhorn", async () => {
    const status = await statusOf("homelab", (answers) => {
      const longhorn = (name: string) => ({
        metadata: { name },
        provisioner: "driver.longhorn.io",
      });
      const question = "persistentvolumeclaims --all-namespaces";
      const claims = answers.kube?.[question] as {
        items: { metadata: { name: string }; spec: object }[];
      };
      const bound = claims.items.map((each) =>
        each.metadata.name === "config-plex"
          ? { ...each, spec: { ...each.spec, volumeName: "pvc-1" } }
          : each,
      );
      const backup = (name: string, volumeName: string | undefined, lastBackupAt: string) => ({
        metadata: { name },
        spec: { volumeName },
        status: { lastBackupAt },
      });
      return {
        ...answers,
        kube: {
          ...answers.kube,
          [question]: { items: bound },
          storageclasses: { items: [longhorn("longhorn-simple"), longhorn("longhorn-rwx")] },
          // One that a later Longhorn has named by itself, and one as they were named before.
          "backupvolumes.longhorn.io --all-namespaces": {
            items: [
              backup("pvc-1-a1b2", "pvc-1", "2027-01-29T12:00:00Z"),
              backup("pvc-1", undefined, "2027-01-31T07:00:00Z"),
            ],
          },
        },
      };
    });
    expect(volume(status, "config-plex")?.backup).toEqual({ state: "ok", said: "5 hours ago" });
    expect(volume(status, "config-sonarr")?.backup).toEqual({ state: "warning", said: "none" });
    expect(volume(status, "media-library")?.backup).toBeUndefined();
  });

  it("draws what is enabled, and nothing else", async () => {
    const { picture } = await statusOf("homelab");
    expect(picture.lanes.map(({ id, boxes }) => [id, boxes.map(({ title }) => title)])).toEqual([
      ["wishes", ["Pulsarr", "Prowlarr", "Profilarr"]],
      ["libraries", ["Sonarr", "Radarr"]],
      ["streams", ["Decypharr"]],
      ["files", ["Decypharr's files", "Symlink library", "NAS"]],
      ["playing", ["Plex", "ClusterPlex orchestrator", "ClusterPlex workers"]],
      ["family", ["TVs and phones"]],
    ]);
    const off = { enabled: false };
    const stack = await plannedStack("homelab", {
      apps: { decypharr: off, pulsarr: off, prowlarr: off, profilarr: off },
      transcoding: { mode: "none", address: null },
      gpu: null,
    });
    const answers = { kube: {}, tools: { "pulumi version": "v3.259.0\n" }, state: noneHeld };
    const bare = await gatherStatus(
      recordedWorld(stack, { ...answers, outputs: { urls: {} } }),
      "k3s",
      now,
    );
    expect(bare.picture.lanes.map(({ id }) => id)).toEqual([
      "libraries",
      "files",
      "playing",
      "family",
    ]);
    expect(bare.picture.arrows.map(({ from, to }) => `${from} ${to}`)).toEqual([
      "libraries files",
      "files playing",
      "playing family",
    ]);
  });

  it("says what it could not ask, and hides none of it", async () => {
    const status = await statusOf("homelab", (answers) => ({
      ...answers,
      kube: {},
    }));
    expect(new Set(status.apps.map(({ live }) => live.state))).toEqual(new Set(["unknown"]));
    expect(new Set(status.volumes.map(({ live }) => live.state))).toEqual(new Set(["unknown"]));
    expect(status.unanswered.map(({ what }) => what)).toEqual(["StorageClasses", "claims", "pods"]);
    expect(box(status, "NAS")?.live?.state).toBe("unknown");
  });
});

const noneHeld = { pending: 0, resources: [] };

describe("of the Nomad stack", () => {
  it("tells the job, its volumes and its replica", async () => {
    const status = await statusOf("nomad");
    expect(status.apps).toEqual([
      {
        name: "overseerr",
        url: "https://overseerr.brmartin.co.uk",
        images: ["sctx/overseerr:1.34.0", "litestream/litestream:0.5.17"],
        version: "1.34.0",
        live: { state: "ok", said: "on hestia" },
      },
    ]);
    expect(status.volumes).toMatchObject([
      { name: "glusterfs_overseerr_config", kind: "CSI, glusterfs", capacity: "1Gi" },
      { name: "database", live: { state: "ok", said: "on hestia" } },
    ]);
    const [backup] = status.backups;
    expect(backup).toMatchObject({
      of: "Overseerr's database",
      where: "s3://overseerr-litestream/db",
      live: { state: "ok" },
    });
    expect(backup?.live.said).toMatch(/^position 0{15}7, \d+ s behind, snapshot 0\.0 h old$/);
  });

  it("draws the way of a request to the object store", async () => {
    const { picture } = await statusOf("nomad");
    expect(picture.lanes.map(({ boxes }) => boxes.map(({ title }) => title))).toEqual([
      ["Overseerr", "Plex, Sonarr, Radarr"],
      ["SQLite", "Settings"],
      ["Vault", "Litestream"],
      ["MinIO"],
    ]);
  });

  it("is down where the job is stopped, and knows nothing of its replica then", async () => {
    const status = await statusOf("nomad", (answers) => ({
      ...answers,
      nomad: {
        ...answers.nomad,
        "/v1/job/overseerr": { ...healthyNomad.nomad["/v1/job/overseerr"], Stop: true },
      },
    }));
    expect(status.apps[0]?.live).toEqual({ state: "down", said: "a stopped job" });
    expect(status.backups[0]?.live.state).toBe("unknown");
  });

  it("tells a move, and the archive that it has left", async () => {
    const stack = await plannedStack("nomad", {
      overseerr: {
        migration: {
          endpoint: "http://192.168.1.5:9000",
          source: {
            host: "192.168.1.5",
            user: "alex",
            hostKey: `ssh-ed25519 ${"A".repeat(68)}`,
            data: "/srv/overseerr",
          },
        },
      },
    });
    const report = {
      generation: 1,
      version: "1.34.0",
      downtime: 21,
      digests: { archive: "0123456789abcdef" },
    };
    const outputs = { ...stack.plan.outputs, migrations: { overseerr: report } };
    const world = recordedWorld(stack, { ...healthyNomad, outputs });
    const { moves, backups } = await gatherStatus(world, "nomad", now);
    expect(moves).toEqual([
      {
        app: "overseerr",
        generation: 1,
        phase: "move",
        said: "version 1.34.0, 21 s without a server",
      },
    ]);
    expect(backups[1]).toMatchObject({
      where: "192.168.1.5:/var/backups/media-homelab",
      live: { state: "unknown" },
    });
  });
});

describe("the last verification", () => {
  const kept: Verification = {
    at: "2027-01-31T09:00:00.000Z",
    active: false,
    fine: 12,
    blocked: 0,
    warnings: [],
    failures: ["nomad/tasks"],
  };

  it("is there once there was one", async () => {
    expect((await statusOf("nomad")).verification).toBeUndefined();
    keepVerification("nomad", kept);
    expect((await statusOf("nomad")).verification).toEqual(kept);
  });

  it("is said to be unreadable where it is", async () => {
    writeReport("nomad", "verification.json", "{}");
    expect((await statusOf("nomad")).unanswered).toEqual([
      {
        what: "the last verification",
        why: "reports/nomad/verification.json is not what verify writes; npm run verify -- nomad writes it anew",
      },
    ]);
  });
});

describe("there is none", () => {
  async function refusal(answers: Answers): Promise<string> {
    const world = recordedWorld(await plannedStack("nomad"), { ...healthyNomad, ...answers });
    try {
      await gatherStatus(world, "nomad", now);
    } catch (error) {
      if (pulumi.RunError.isInstance(error)) return error.message;
      throw error;
    }
    return "";
  }

  it("of a stack that was not brought up", async () => {
    expect(await refusal({ outputs: {} })).toBe(
      "nomad has no status yet: it does not hold that the stack was brought up, to its end\n" +
        "no outputs\nfix: pulumi up --stack nomad",
    );
  });

  it("of one whose config is wrong", async () => {
    expect(await refusal({ config: new Error("plex: what a typo") })).toMatch(
      /^nomad has no status yet: .+config.+\n.*what a typo/,
    );
  });
});
