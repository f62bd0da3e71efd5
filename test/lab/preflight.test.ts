/** What the lab says where it can't run. Each case gets as far as the first check, so nothing is changed. */
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";

const script = path.join(__dirname, "../../lab/lab.sh");
let cache: string;

beforeEach(() => {
  cache = fs.mkdtempSync(path.join(os.tmpdir(), "lab-preflight-"));
  fs.chmodSync(cache, 0o777);
});
afterEach(() => {
  fs.rmSync(cache, { recursive: true });
});

/** Standard error of `lab.sh setup`, run by `wrapper`; fails if the lab does not refuse. */
async function refusal(wrapper: readonly string[], searchPath = process.env.PATH): Promise<string> {
  const env = { ...process.env, PATH: searchPath, LAB_CACHE: cache };
  const [command, ...args] = [...wrapper, "bash", script, "setup"];
  const failure = await promisify(execFile)(command, args, { env }).then(
    () => Promise.reject(new Error("the lab did not refuse")),
    (error: unknown) => error as Error & { code: number; stderr: string },
  );
  // With all that was said.
  if (failure.code !== 1) throw failure;
  return failure.stderr;
}

test("names a missing root, a missing Go and what to do, all at once", async () => {
  const node = path.dirname(process.execPath);
  const message = await refusal(
    ["setpriv", "--reuid=65534", "--clear-groups"],
    `${node}:/usr/sbin:/usr/bin:/sbin:/bin`,
  );
  expect(message).toBe(`
✗ the lab can't run here:
    not root: the lab makes namespaces, mounts and network links
        fix: run it as root (sudo npm run lab), or \`npm run render\` to see the plan with Node alone
    Go is not installed: the lab builds its tools from source
        fix: install Go 1.26 or newer (https://go.dev/dl/) and put it on PATH
`);
});

test("names a disk that is too small, with what is free and what is needed", async () => {
  const mount = 'mount -t tmpfs -o size=1g tmpfs "$LAB_CACHE" && exec "$@"';
  const message = await refusal(["unshare", "--mount", "sh", "-c", mount, "sh"]);
  expect(message).toContain(`only 1 GiB free under ${cache}, 28 are needed`);
  expect(message).toContain("fix: free some, or set LAB_CACHE to a folder on a larger disk");
});

test("names the link that holds the lab's addresses already", async () => {
  const link = "ip link add other type bridge && ip addr add 10.213.77.9/24 dev other";
  const message = await refusal(["unshare", "--net", "sh", "-c", `${link} && exec "$@"`, "sh"]);
  expect(message).toContain("the network 10.213.77.0/24 is in use by other");
  expect(message).toContain("fix: free it, or change the addresses in lab/lab.env");
});
