/** Both stacks as people live with them: doctor and verify are green on what is well, and red at what is not. */
import * as fs from "node:fs";
import * as path from "node:path";
import type * as automation from "@pulumi/pulumi/automation";
import { labEnvironment, productStack, type StackName } from "../../lab/engine";
import { jobId, type NomadNode } from "../../ops/checks/nomad";
import { command, folderOf } from "./moving";
import { request } from "./overseerr";
import { inPod, kube, onNode, runTool, tool, until } from "./tools";

const project = path.join(__dirname, "../..");

interface Report {
  readonly failures: number;
  readonly checks: readonly {
    readonly id: string;
    readonly status: "ok" | "warning" | "failure" | "blocked";
    readonly findings: readonly { readonly found: string; readonly fix: string }[];
  }[];
}

type Command = "doctor" | "verify";

/** What a command says of a stack, typed in the folder where its config lies; with variables before it, if any. */
async function report(command: Command, stack: StackName, options = "", env = ""): Promise<Report> {
  const node = `node -r '${project}/node_modules/sucrase/register' '${project}/ops/${command}.ts'`;
  const line = `${env} ${node} ${stack} --json ${options}`;
  // Its status is how many are red, which is no error here.
  const text = await runTool("bash", ["-c", `cd '${folderOf(stack)}' && { ${line} || true; }`]);
  return JSON.parse(text) as Report;
}

const ids = ({ checks }: Report, status: string) =>
  checks.filter((check) => check.status === status).map(({ id }) => id);

/** What a stand-in has no part for, a machine without a GPU can't have, or a person has to enter. */
const yellow: Readonly<Record<StackName, readonly string[]>> = {
  homelab: [
    ...["arr/media-management", "arr/root-folders", "arr/download-clients", "arr/indexers"],
    ...["plex/libraries", "plex/gpu", "integration/links"],
  ],
  nomad: ["nomad/answers", "nomad/integrations"],
};

async function expectGreen(command: Command, stack: StackName, options = ""): Promise<void> {
  const found = await report(command, stack, options);
  const { checks } = found;
  expect(checks.filter(({ status }) => status === "failure")).toEqual([]);
  expect(ids(found, "blocked")).toEqual([]);
  expect(ids(found, "warning").filter((id) => !yellow[stack].includes(id))).toEqual([]);
}

const stacks: Partial<Record<StackName, automation.Stack>> = {};

beforeAll(async () => {
  for (const name of ["homelab", "nomad"] as const) {
    stacks[name] = await productStack(name);
    await stacks[name].up();
  }
});

afterAll(async () => {
  await stacks.nomad?.destroy();
});

describe.each(["homelab", "nomad"] as const)("the stack %s, when it is well", (stack) => {
  test.each(["doctor", "verify"] as const)("is all green for %s", async (command) => {
    await expectGreen(command, stack);
  });

  test("has a status with every app, the verification before it, and a page", async () => {
    const said = await command(stack, "status", stack);
    // Overseerr waits for its owner to set it up.
    expect(said).toMatch(stack === "homelab" ? /Apps: \d+ up$/m : /Apps: 1 to look at$/m);
    expect(said).toMatch(/(just now|minutes? ago) \(.+\) +[✓!] \d+ fine/);
    expect(said).not.toMatch(/✗|Not answered/);
    const written = fs.readdirSync(path.join(folderOf(stack), "reports", stack));
    expect(written).toEqual(["status.html", "status.md", "verification.json"]);
  });

  test("is green actively, too, and nothing is left behind", async () => {
    await expectGreen("verify", stack, "--active");
    if (stack === "nomad") return;
    const left = [
      "find",
      "/mnt/streaming-media/",
      "/mnt/media/",
      "-name",
      ".media-homelab-probe-*",
    ];
    const look = ["exec", "--namespace=media", "deployment/sonarr", "--", ...left];
    expect(await tool("kubectl", ...look)).toBe("");
  });

  test("can't be drilled on its one node, and nothing is touched", async () => {
    const runs = async () => {
      if (stack === "homelab")
        return kubectl(
          ...["get", "nodes,pods"],
          "--output=jsonpath={.items[*].metadata.uid} {.items[*].spec}",
        );
      const nodes = JSON.parse(await tool("nomad", "node", "status", "-json")) as NomadNode[];
      const allocations = await tool(
        "nomad",
        "job",
        "allocs",
        "-t={{range .}}{{.ID}} {{end}}",
        jobId,
      );
      return `${nodes.map((each) => each.SchedulingEligibility).join()} ${allocations}`;
    };
    const before = await runs();
    const { checks } = await report("verify", stack, "--drill --yes");
    const drill = checks.filter(({ id }) => id.startsWith("drill/"));
    expect(drill).toMatchObject([{ id: "drill/possible", status: "failure" }]);
    expect(drill[0]?.findings.map(({ found }) => found).join()).toMatch(
      /^only it can run .*(there is no other node|no other client)/,
    );
    expect(await runs()).toBe(before);
  });

  test("is told without a secret", async () => {
    const said = JSON.stringify([await report("doctor", stack), await report("verify", stack)]);
    expect(said).not.toContain("canary");
    const secrets = (await stacks[stack]?.outputs())?.secrets?.value as Record<string, string>;
    for (const value of Object.values(secrets)) expect(said.includes(value)).toBe(false);
  });
});

const kubectl = (...args: string[]) => tool("kubectl", "--namespace=media", ...args);

/** Runs the fix that was printed: by the shell, or by the engine that made the stack. */
async function mend(stack: StackName, fix: string): Promise<void> {
  if (/\bpulumi up\b/.test(fix)) {
    const force = "PULUMI_K8S_ENABLE_PATCH_FORCE";
    if (fix.includes(`${force}=true`)) process.env[force] = "true";
    try {
      await stacks[stack]?.up({ refresh: true });
    } finally {
      Reflect.deleteProperty(process.env, force);
    }
    return;
  }
  const [command] = /(NOMAD_ADDR=\S+ nomad|kubectl|pulumi config set) .*/.exec(fix) ?? [];
  if (command === undefined) throw new Error(`nothing to run in: ${fix}`);
  await runTool("bash", ["-c", `cd '${folderOf(stack)}' && ${command}`]);
}

interface Fault {
  readonly what: string;
  readonly stack: StackName;
  readonly seed: () => Promise<unknown>;
  /** The one id that is red for each command; where none is named, nothing is. */
  readonly red: Partial<Record<Command, string>>;
  /** Seeded by the soak test only: another one is found by the same check, or mended the same way. */
  readonly soak?: true;
  /** Where the fix is for a person: what a person would do. @default the fix that is printed is run */
  readonly mend?: () => Promise<unknown>;
}

/** What doctor and verify say at the same time. */
async function reports(stack: StackName): Promise<Record<Command, Report>> {
  const [doctor, verify] = await Promise.all([report("doctor", stack), report("verify", stack)]);
  return { doctor, verify };
}

const reds = ({ doctor, verify }: Record<Command, Report>) => ({
  doctor: ids(doctor, "failure"),
  verify: ids(verify, "failure"),
});

/** What is told to do about red lines, each only once. */
function fixesOf({ doctor, verify }: Record<Command, Report>): string[] {
  const failed = [...doctor.checks, ...verify.checks].filter(({ status }) => status === "failure");
  return [...new Set(failed.flatMap(({ findings }) => findings.map(({ fix }) => fix)))];
}

/** Red lines of both with what was found, for whoever reads why a test has failed. */
const complaints = (found: Record<Command, Report>) =>
  (["doctor", "verify"] as const).flatMap((command) =>
    found[command].checks
      .filter(({ status }) => status === "failure")
      .map(({ id, findings }) => `${command} ${id}: ${findings.map((it) => it.found).join("; ")}`),
  );

/** Makes the lab's own part of the cluster what it was when the lab started. */
const putBack = (manifest: string) => {
  const file = path.join(labEnvironment().LAB_WORLD ?? "", "machine", "manifests", manifest);
  const apply = ["apply", "--server-side", "--force-conflicts", "--filename", file];
  return tool("kubectl", ...apply);
};

/** GPUs that the node announces, as Intel's device plugin would. */
function announce(count: string): Promise<string> {
  const numbers = { "gpu.intel.com/i915": count };
  const status = JSON.stringify({ status: { capacity: numbers, allocatable: numbers } });
  const patch = ["--subresource=status", "--type=merge", "--patch", status];
  return tool("kubectl", "patch", "node", "k3s-w1", ...patch);
}

const ofLab = (what: string, replicas: number) =>
  tool("kubectl", "--namespace=lab", "scale", what, `--replicas=${replicas.toString()}`);

const litestream = (signal: string) =>
  onNode("pkill", `-${signal}`, "--full", "litestream replicate");

const objectStore = (action: "start" | "stop") =>
  onNode("supervisorctl", "-c", "/lab/machine/supervisord.conf", action, "minio");

/** The stack's secrets file, and the same as it was before somebody edited it by hand. */
const secretsFile = () =>
  path.join(labEnvironment().LAB_WORLD ?? "", "secrets", "homelab.sops.yaml");
const asEncrypted = () => `${secretsFile()}.before`;

/** Takes a line away without SOPS, whose checksum over the whole then fits no more. */
function editByHand(): Promise<void> {
  fs.copyFileSync(secretsFile(), asEncrypted());
  const lines = fs.readFileSync(secretsFile(), "utf8").split("\n");
  fs.writeFileSync(
    secretsFile(),
    lines.filter((line) => !line.startsWith("usenetHost:")).join("\n"),
  );
  return Promise.resolve();
}

function restoreFromGit(): Promise<void> {
  fs.renameSync(asEncrypted(), secretsFile());
  return Promise.resolve();
}

const onlyNomadClient = async () => {
  const [client] = JSON.parse(await tool("nomad", "node", "status", "-json")) as NomadNode[];
  return client?.ID ?? "";
};

const faults: readonly Fault[] = [
  {
    what: "a Deployment scaled to nothing",
    stack: "homelab",
    seed: () => kubectl("scale", "deployment/sonarr", "--replicas=0"),
    red: { verify: "arr/workloads" },
  },
  {
    what: "a node label that was removed",
    stack: "homelab",
    seed: () => kubectl("label", "node", "k3s-w1", "gpu-"),
    red: { doctor: "nodes/placement", verify: "foundation/placement" },
  },
  {
    what: "a node that was cordoned and forgotten",
    stack: "homelab",
    seed: () => kubectl("cordon", "k3s-w1"),
    red: { doctor: "nodes/placement" },
  },
  {
    what: "a taint that nobody tolerates",
    soak: true,
    stack: "homelab",
    seed: () => kubectl("taint", "node", "k3s-w1", "kept=free:NoSchedule"),
    red: { doctor: "nodes/placement" },
  },
  {
    what: "a GPU that is not announced any more",
    soak: true,
    stack: "homelab",
    seed: () => announce("0"),
    red: { doctor: "nodes/gpu" },
    mend: () => announce("2"),
  },
  {
    what: "an IngressClass that was renamed",
    stack: "homelab",
    seed: () => kubectl("delete", "ingressclass", "traefik"),
    red: { doctor: "cluster/ingress-class", verify: "cluster/ingress-class" },
    mend: () => putBack("traefik.yaml"),
  },
  {
    what: "a StorageClass that is gone",
    stack: "homelab",
    seed: () => kubectl("delete", "storageclass", "longhorn-rwx"),
    red: { doctor: "cluster/storage-classes" },
    mend: () => putBack("storage.yaml"),
  },
  {
    what: "a namespace that allows no privileged pod",
    stack: "homelab",
    seed: () =>
      kubectl("label", "namespace", "media", "pod-security.kubernetes.io/enforce=baseline"),
    red: { doctor: "privileges/namespace" },
  },
  {
    what: "a pool that the fixed address is not in any more",
    stack: "homelab",
    seed: () =>
      tool(
        ...(["kubectl", "--namespace=metallb-system", "patch", "ipaddresspool", "lab"] as const),
        ...["--type=merge", "--patch"],
        '{"spec": {"addresses": ["10.213.78.0-10.213.78.100"]}}',
      ),
    red: { doctor: "cluster/addresses", verify: "plex/addresses" },
    mend: () => putBack("metallb.yaml"),
  },
  {
    what: "a DNS that has died",
    stack: "homelab",
    seed: () => ofLab("deployment/coredns", 0),
    red: { verify: "cluster/dns" },
    mend: () => ofLab("deployment/coredns", 1),
  },
  {
    what: "an ingress controller that has died",
    soak: true,
    stack: "homelab",
    seed: () => ofLab("deployment/traefik", 0),
    red: { verify: "cluster/ingress" },
    mend: () => ofLab("deployment/traefik", 1),
  },
  {
    what: "another image",
    stack: "homelab",
    seed: () =>
      kubectl("set", "image", "deployment/radarr", "radarr=lscr.io/linuxserver/radarr:0.0.1"),
    red: { verify: "arr/workloads" },
  },
  {
    what: "a probe that was removed",
    soak: true,
    stack: "homelab",
    seed: () =>
      kubectl(
        ...["patch", "deployment", "pulsarr", "--type=json", "--patch"],
        '[{"op": "remove", "path": "/spec/template/spec/containers/0/livenessProbe"}]',
      ),
    red: { verify: "arr/workloads" },
  },
  {
    what: "an app that crashes at its start",
    stack: "homelab",
    seed: () =>
      kubectl(
        ...["patch", "deployment", "profilarr", "--patch"],
        '{"spec": {"template": {"spec": {"containers": [{"name": "profilarr", "command": ["false"]}]}}}}',
      ),
    red: { verify: "arr/pods" },
    mend: () => kubectl("rollout", "undo", "deployment/profilarr"),
  },
  {
    what: "a Service that selects nobody",
    stack: "homelab",
    seed: () =>
      kubectl(
        ...["patch", "service", "sonarr", "--patch"],
        '{"spec": {"selector": {"app.kubernetes.io/instance": "nobody"}}}',
      ),
    red: { verify: "arr/endpoints" },
  },
  {
    what: "an Ingress for another host",
    soak: true,
    stack: "homelab",
    seed: () =>
      kubectl(
        ...["patch", "ingress", "radarr", "--type=json", "--patch"],
        '[{"op": "replace", "path": "/spec/rules/0/host", "value": "films.homelab"}]',
      ),
    red: { verify: "arr/ingress" },
  },
  {
    what: "a Service that has given back its address",
    soak: true,
    stack: "homelab",
    seed: () =>
      kubectl(
        ...["patch", "service", "clusterplex-orchestrator", "--patch"],
        '{"spec": {"type": "ClusterIP"}}',
      ),
    red: { verify: "plex/addresses" },
  },
  {
    what: "a network policy that was removed",
    soak: true,
    stack: "homelab",
    seed: () => kubectl("delete", "networkpolicy", "decypharr"),
    red: { verify: "foundation/network-policies" },
  },
  {
    what: "Decypharr's file system that has died",
    stack: "homelab",
    seed: () => inPod("statefulset/decypharr", "pkill", "-9", "bindfs"),
    red: { verify: "decypharr/mount" },
    // Its own probe does, and those of its readers.
    mend: () => Promise.resolve(),
  },
  {
    what: "a claim's class that is wrong in the config",
    stack: "homelab",
    seed: () =>
      productStack("homelab", { "media-homelab:storage": { block: { class: "longhorn-rwx" } } }),
    red: { verify: "foundation/claims" },
  },
  {
    what: "a claim that is smaller than in the config",
    soak: true,
    stack: "homelab",
    seed: () => productStack("homelab", { "media-homelab:apps": { prowlarr: { size: "6Gi" } } }),
    red: { verify: "foundation/claims" },
    // The lab's class can't let a claim grow.
    mend: () => productStack("homelab"),
  },
  {
    what: "an address outside the pool in the config",
    stack: "homelab",
    seed: () =>
      productStack("homelab", { "media-homelab:transcoding": { address: "10.213.79.1" } }),
    red: { doctor: "config/valid", verify: "config/valid" },
    mend: () => productStack("homelab"),
  },
  {
    what: "an address that another Service has",
    soak: true,
    stack: "homelab",
    seed: async () => {
      const [traefik] = await addressesOf("traefik", "lab");
      await productStack("homelab", { "media-homelab:transcoding": { address: traefik } });
    },
    red: { doctor: "cluster/addresses", verify: "plex/addresses" },
    mend: () => productStack("homelab"),
  },
  {
    what: "a context that the kubeconfig doesn't have",
    stack: "homelab",
    seed: () => productStack("homelab", { "media-homelab:kubernetes": { context: "elsewhere" } }),
    red: { doctor: "cluster/reachable", verify: "cluster/reachable" },
  },
  {
    what: "secrets that were edited by hand",
    stack: "homelab",
    seed: editByHand,
    red: { doctor: "secrets/readable" },
    mend: restoreFromGit,
  },
  {
    what: "a job that was stopped",
    stack: "nomad",
    seed: () => tool("nomad", "job", "stop", "overseerr"),
    red: { verify: "nomad/deployment" },
  },
  {
    what: "an object store that is away",
    stack: "nomad",
    seed: () => objectStore("stop"),
    red: { verify: "nomad/replica" },
    mend: () => objectStore("start"),
  },
  {
    what: "wrong keys of the replica",
    stack: "nomad",
    seed: () =>
      tool(
        ...(["nomad", "var", "put", "-force", "nomad/jobs/overseerr"] as const),
        ...["MINIO_ACCESS_KEY=wrong", "MINIO_SECRET_KEY=wrong-as-well"],
      ),
    red: { verify: "nomad/replica" },
  },
  {
    what: "a Litestream that hangs while somebody asks for a film",
    stack: "nomad",
    seed: async () => {
      await litestream("STOP");
      await request();
    },
    red: { verify: "nomad/replica" },
    mend: () => litestream("CONT"),
  },
  {
    what: "a client that is closed to new jobs",
    soak: true,
    stack: "nomad",
    seed: async () => tool("nomad", "node", "eligibility", "-disable", await onlyNomadClient()),
    red: { doctor: "nomad/datacenter" },
  },
  {
    what: "an address where no Nomad is",
    stack: "nomad",
    seed: () =>
      productStack("nomad", {
        "media-homelab:nomad": { address: `http://${labEnvironment().LAB_NOMAD ?? ""}:4746` },
      }),
    red: { doctor: "nomad/reachable", verify: "nomad/reachable" },
    mend: () => productStack("nomad"),
  },
  {
    what: "a job that was purged",
    stack: "nomad",
    seed: () => tool("nomad", "job", "stop", "-purge", "overseerr"),
    red: { doctor: "nomad/job", verify: "nomad/deployment" },
  },
];

/** Addresses that a Service was given. */
async function addressesOf(service: string, namespace: string): Promise<string[]> {
  const { status } = await kube<{ status: { loadBalancer: { ingress: { ip: string }[] } } }>(
    ...["get", "service", service, `--namespace=${namespace}`],
  );
  return status.loadBalancer.ingress.map(({ ip }) => ip);
}

describe("a fault", () => {
  test.each(faults.filter(({ soak }) => !soak || process.env.SOAK))(
    "$what is found, nothing else is red, and its fix mends it",
    async ({ stack, seed, red, mend: byHand }) => {
      let fixes: string[] = [];
      const mended = async () => {
        if (byHand) await byHand();
        else for (const fix of fixes) await mend(stack, fix);
      };
      await seed();
      try {
        await until(120, async () => {
          const found = await reports(stack);
          fixes = fixesOf(found);
          const said = complaints(found);
          expect({ ...reds(found), said }).toEqual({
            doctor: red.doctor === undefined ? [] : [red.doctor],
            verify: red.verify === undefined ? [] : [red.verify],
            said,
          });
        });
      } catch (error) {
        // The next ones begin with a stack that is well, if there is a way.
        await mended().catch(() => undefined);
        throw error;
      }
      await mended();
      await until(240, async () => {
        const found = await reports(stack);
        expect(complaints(found)).toEqual([]);
        for (const each of Object.values(found)) {
          expect(ids(each, "blocked")).toEqual([]);
          expect(ids(each, "warning").filter((id) => !yellow[stack].includes(id))).toEqual([]);
        }
      });
    },
    420_000,
  );

  test("a missing age key is red, and nothing else", async () => {
    const nowhere = "SOPS_AGE_KEY_FILE=/nonexistent HOME=/nonexistent";
    const found = await report("doctor", "homelab", "", nowhere);
    expect(ids(found, "failure")).toEqual(["secrets/readable"]);
    expect(JSON.stringify(found.checks)).toContain("SOPS_AGE_KEY_FILE");
    await expectGreen("doctor", "homelab");
  });
});
