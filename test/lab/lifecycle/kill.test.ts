import { execFile, execFileSync, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { labEnvironment } from "../../../lab/engine";

const run = promisify(execFile);
const script = path.join(__dirname, "../../../lab/lab.sh");
const lab = (command: string) => run("bash", [script, command]);

/** Names of what the lab makes on this machine, wherever the kernel lists it. */
function remains(): string[] {
  const shell = (command: string) =>
    execFileSync("bash", ["-c", command], { encoding: "utf8" }).split("\n").filter(Boolean);
  return [
    ...shell("find /sys/fs/cgroup -name 'media-homelab*'"),
    ...shell("ls /sys/class/net | grep -E '^(lab0|lan0|cni0|nomad)$' || true"),
    ...shell("grep -E 'media-homelab/world|/var/lib/kubelet' /proc/mounts || true"),
    ...shell("grep -ls media-homelab /proc/[0-9]*/cgroup || true"),
    ...shell("ip route | grep -F 10.213. || true"),
  ];
}

const sleep = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

async function works(): Promise<void> {
  const env = { ...process.env, ...labEnvironment() };
  const { stdout } = await run("kubectl", ["get", "nodes", "--no-headers"], { env });
  expect(stdout).toMatch(/^k3s-w1 +Ready /);
  expect((await run("nomad", ["node", "status"], { env })).stdout).toContain("ready");
}

/** Starts `lab.sh COMMAND` and kills its whole process group, as when a terminal or a machine goes away. */
async function killAt(seconds: number, command: string): Promise<void> {
  console.info(`killed ${seconds.toFixed(1)} s after ${command}`);
  const started = spawn("bash", [script, command], { detached: true, stdio: "ignore" });
  await sleep(seconds);
  if (started.pid !== undefined && started.exitCode === null) process.kill(-started.pid, "SIGKILL");
}

// The moments are drawn anew at each run: the lab has to stand all of them.
test.each([4, 25])(
  "killed within the first %i seconds of a start, it starts again",
  async (limit) => {
    await lab("down");
    await killAt(Math.random() * limit, "start");
    await lab("start");
    await works();
  },
);

test("killed while the stacks come up, the next run brings both up", async () => {
  await killAt(4 + Math.random() * 20, "up");
  await lab("up");
  await works();
  // Both stacks with their moves, from nothing.
}, 900_000);

test("with its first process killed, everything is gone at once; and it starts again", async () => {
  const world = labEnvironment().LAB_WORLD ?? "";
  process.kill(Number(fs.readFileSync(path.join(world, "init.pid"), "utf8")), "SIGKILL");
  await sleep(3);
  expect(remains().filter((name) => !name.startsWith("/sys/fs/cgroup"))).toEqual([]);
  await lab("start");
  await works();
});

test("of the cache, what no start has used for a week is removed", async () => {
  const cache = path.dirname(labEnvironment().LAB_WORLD ?? "");
  const used = fs.readdirSync(cache).filter((name) => /^(images|machine)-/.test(name));
  const left = { "images-0123.tar": 9, "machine-0123": 9, "images-4567.tar": 5 };
  for (const [name, days] of Object.entries(left)) {
    fs.mkdirSync(path.join(cache, name), { recursive: true });
    const then = Date.now() / 1000 - days * 24 * 3600;
    fs.utimesSync(path.join(cache, name), then, then);
  }
  await lab("start");
  const kept = fs.readdirSync(cache).filter((name) => /^(images|machine)-/.test(name));
  fs.rmdirSync(path.join(cache, "images-4567.tar"));
  expect(kept.sort()).toEqual([...used, "images-4567.tar"].sort());
});

test("down leaves no process, mount, link, route or cgroup behind; twice is harmless", async () => {
  await lab("down");
  expect(remains()).toEqual([]);
  await lab("down");
  expect(remains()).toEqual([]);
});
