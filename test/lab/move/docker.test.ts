/** An old server that is a container: the same hold, by Docker's restart policy. */
import { scriptText } from "../../support/scripts";
import { until } from "../tools";
import { died, OldHost, refused, resultOf, version, sourceScript, type Values } from "./machines";

jest.setTimeout(60_000);

const host = new OldHost("move-docker");
const { library } = OldHost;
const far = (script: string, values: Values = {}) =>
  host.far(
    "source",
    sourceScript(script),
    { KIND: "docker", SERVICE: "plex", STOP_LIMIT: "10", ...values },
    { DATABASE: library },
  );
async function told(script: string, values: Values = {}): Promise<string> {
  const ended = await far(script, values);
  if (ended.code !== 0) throw new Error(ended.stderr);
  return resultOf(ended);
}
const docker = (...args: string[]) =>
  host.sh(`exec docker ${args.join(" ")}`, "", { DATABASE: library });
const state = async () =>
  `${await docker("inspect", "--format={{.State.Running}}", "plex")} ${await host.sh("cat /tmp/docker/policy; ls /var/backups/plex 2>/dev/null || true")}`;

beforeAll(async () => {
  await host.boot();
  await host.sh(
    "cat >/usr/local/bin/docker; chmod +x /usr/local/bin/docker",
    scriptText("test/support/programs/docker.sh"),
  );
});
afterAll(() => host.remove());
beforeEach(async () => {
  await host.renew();
  await host.sh("pkill -KILL --full 'sleep [1]000' || true; rm -rf /tmp/docker; mkdir /tmp/docker");
  await host.sh("echo unless-stopped >/tmp/docker/policy");
  await docker("start", "plex");
});

test("it is judged by the programs of its own image, and nothing of it is touched", async () => {
  const found = JSON.parse(await told("inspect")) as object;
  expect(found).toMatchObject({ version, active: true, checked: "plex", counts: { accounts: 4 } });
  const calls = await host.sh("cut -d' ' -f1 /tmp/docker/calls | sort -u");
  expect(calls).toBe("inspect\nrun\nstart");
  expect(
    await host.sh("grep ^run /tmp/docker/calls | grep -v -e '--rm --network none' || true"),
  ).toBe("");
});

test("one that is not there is refused", async () => {
  const { code, stderr } = await far("inspect", { SERVICE: "other" });
  expect(code).toBe(1);
  expect(stderr).toContain(
    refused("The old server on old-host is not ready; nothing was stopped:").stderr,
  );
  expect(stderr).toContain("✗ there is no docker service other on old-host\n");
});

test("its policy is held with it, and given back with it", async () => {
  const epoch = /"epoch":"?(\w+)/.exec(await told("stop"))?.[1] ?? "";
  expect(await state()).toBe("false no\nplex-service-before");
  expect(await told("status")).toBe(`held ${epoch} 1700000000 none`);
  expect(JSON.parse(await told("archive", { EPOCH: epoch }))).toMatchObject({ checked: "plex" });
  expect(await told("restore")).toBe("active");
  expect(await docker("inspect", "--format={{.State.Running}}", "plex")).toBe("true");
  expect(await host.sh("cat /tmp/docker/policy")).toBe("unless-stopped");
});

test("one that was stopped before stays so", async () => {
  await docker("stop", "plex");
  await host.sh("echo always >/tmp/docker/policy");
  await told("stop");
  expect(await told("restore")).toBe("inactive");
  expect(await state()).toBe("false always");
});

test("its switch gives it back when nobody renews the hold", async () => {
  await told("stop", { WINDOW: "1" });
  await until(20, async () => {
    expect(await state()).toBe("true unless-stopped");
  });
});

test("one that does not stop is given up, and serves on with its policy", async () => {
  await host.sh("touch /tmp/docker/hangs");
  const { code, stderr } = await far("stop", { STOP_LIMIT: "1" });
  expect(code).toBe(1);
  expect(stderr).toContain(
    died(
      "plex on old-host still has its database open, 1 s after it was told to stop",
      `see who: sudo fuser -v "${library}"; then run the same command again`,
    ),
  );
  expect(await state()).toBe("true unless-stopped");
});
