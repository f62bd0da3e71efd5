/** Why an old server's host can't be reached: each reason is told apart, with what to do about it. */
import * as fs from "node:fs";
import * as path from "node:path";
import { labEnvironment } from "../../../lab/engine";
import { run } from "../../support/scripts";
import { assignments, given, OldHost, refused, type Values } from "./machines";

jest.setTimeout(60_000);

const host = new OldHost("move-reach");
const { LAB_WORLD = "", LAB_SSH_KEY = "" } = labEnvironment();
const otherKey = path.join(LAB_WORLD, "ssh/other_ed25519");
const headline = "The old server can't be reached:";

/** Asked from within the host's own network. */
function reach(values: Values = {}) {
  const script = `SETTING=plex.migration; source migrations/lib/operator.sh; reach_source || true
    rm -rf "$TEMPORARY"; stop_on_problems "${headline}"`;
  return run(
    ["nsenter", `--net=${host.network}`, "bash", "--norc", "-euc", script],
    { HOME: "/nonexistent" },
    assignments({ ...given, IDENTITY_FILE: LAB_SSH_KEY, ...values }),
  );
}

beforeAll(async () => {
  await host.boot();
  await host.sh(
    `useradd --create-home --password '*' zoe; cp -r ~alex/.ssh ~zoe/; chown -R zoe: ~zoe/.ssh
     systemctl start ssh; cat >/tmp/silent`,
    "import socket, time\ns = socket.create_server(('127.0.0.1', 2222))\ntime.sleep(1000)\n",
  );
  await host.sh("setsid python3 /tmp/silent >/dev/null 2>&1 </dev/null &");
});
afterAll(() => host.remove());

test("nothing is said where it is reached", async () => {
  expect(await reach()).toEqual({ code: 0, stdout: "", stderr: "" });
});

test("another host key than the pinned one is refused, with both fingerprints", async () => {
  const pinned = fs.readFileSync(`${otherKey}.pub`, "utf8").split(" ").slice(0, 2).join(" ");
  const print = async (key: string) =>
    (await host.sh("ssh-keygen -lf - | cut -d' ' -f2", key)).trim();
  expect(await reach({ HOST_KEY: pinned })).toEqual(
    refused(headline, [
      `127.0.0.1 has another host key than the pinned one: found ssh-ed25519 ${await print(given.HOST_KEY)}, expected ssh-ed25519 ${await print(pinned)}`,
      "if the host was reinstalled, read its key there (cat /etc/ssh/ssh_host_*_key.pub) and correct plex.migration.source.hostKey; else somebody else answers",
    ]),
  );
});

test.each(["ssh-rsa", "ecdsa-sha2-nistp256"])(
  "a host key of another type is refused (%s)",
  async (type) => {
    expect(await reach({ HOST_KEY: `${type} AAAA` })).toEqual(
      refused(headline, [
        `the host key of 127.0.0.1 is of another type than the pinned ${type}: it offers ssh-ed25519`,
        "read it on the host itself: cat /etc/ssh/ssh_host_*_key.pub; then correct plex.migration.source.hostKey",
      ]),
    );
  },
);

test.each([
  ["a key that is not let in", { IDENTITY_FILE: otherKey }, "alex", `-i ${otherKey} `],
  ["a user that is not there", { SOURCE_USER: "nobody-such" }, "nobody-such", `-i ${LAB_SSH_KEY} `],
])("%s is refused", async (_, values, user, option) => {
  expect(await reach(values)).toEqual(
    refused(headline, [
      `${user}@127.0.0.1, port 22 lets nobody in with the keys at hand`,
      `ssh-copy-id -p 22 ${option}${user}@127.0.0.1; a key with a passphrase has to be in the agent: ssh-add`,
    ]),
  );
});

test("a port where nobody listens", async () => {
  expect(await reach({ SOURCE_PORT: "2200" })).toEqual(
    refused(headline, [
      "127.0.0.1 refuses connections on port 2200",
      "start its SSH server, or correct plex.migration.source.port",
    ]),
  );
});

test.each([
  ["an address to which there is no way", { SOURCE_HOST: "192.0.2.1" }, "192.0.2.1", "22"],
  ["a host that says nothing", { SOURCE_PORT: "2222" }, "127.0.0.1", "2222"],
])("%s is given up in time", async (_, values, where, port) => {
  expect(await reach(values)).toEqual(
    refused(headline, [
      `${where} does not answer on port ${port}`,
      "is it switched on, and let through by its firewall?",
    ]),
  );
});

test("a name that there is not", async () => {
  expect(await reach({ SOURCE_HOST: "no-such-host.invalid" })).toEqual(
    refused(headline, [
      "there is no host no-such-host.invalid",
      "correct plex.migration.source.host",
    ]),
  );
});

test("a user who may become root only with a password", async () => {
  expect(await reach({ SOURCE_USER: "zoe" })).toEqual(
    refused(headline, [
      "zoe may not become root on 127.0.0.1 without a password: sudo: a password is required",
      "on that host: echo 'zoe ALL=(root) NOPASSWD: ALL' | sudo tee /etc/sudoers.d/media-homelab",
    ]),
  );
});
