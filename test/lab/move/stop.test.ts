/** The hold on an old server: it is stopped for certain or serves as before, whatever is killed on the way. */
import { well, type Ended } from "../../support/scripts";
import { until } from "../tools";
import { died, OldHost, resultOf, sourceScript, type Values } from "./machines";

const host = new OldHost("move-stop");
const { library } = OldHost;
jest.setTimeout(60_000);

const work = "/run/media-homelab/plex";
const far = (script: string, values: Values = {}) =>
  host.far("source", sourceScript(script), { STOP_LIMIT: "20", ...values });

async function told(script: string, values: Values = {}): Promise<string> {
  const ended = await far(script, values);
  if (ended.code !== 0) throw new Error(ended.stderr);
  return resultOf(ended);
}
const stop = (values: Values = {}) => far("stop", values);
const epochOf = (ended: Ended) => {
  well(ended);
  return /"epoch":"?(\w+)/.exec(ended.stdout)?.[1] ?? "";
};

/** Whether the unit can be started, runs, and starts with its host. */
const service = () =>
  host.sh(
    "systemctl show plexmediaserver --property=LoadState,ActiveState,UnitFileState --value | paste -sd ' '",
  );
const untouched = async (state = "loaded active enabled") => {
  expect(await service()).toBe(state);
  expect(await host.sh("ls /var/backups/plex")).toBe("");
};
const eventually = (state: string) =>
  until(20, async () => {
    expect(await service()).toBe(state);
    expect(await host.sh("ls /var/backups/plex")).toBe("");
  });
const start = () =>
  host.sh(
    `systemctl start plexmediaserver
     for _ in $(seq 100); do [ ! -s '${library}-wal' ] || exit 0; sleep 0.1; done; exit 1`,
  );

beforeAll(() => host.boot([], []));
afterAll(() => host.remove());
beforeEach(async () => {
  await host.renew();
  await start();
});

describe("a stop", () => {
  test("holds the server until it is put back as it was", async () => {
    const ended = await stop();
    const epoch = epochOf(ended);
    expect(JSON.parse(resultOf(ended))).toMatchObject({ stoppedAt: 1700000000, leftWal: false });
    expect(ended.stderr).toBe("");
    expect(await service()).toBe("masked inactive masked-runtime");
    expect(await told("status")).toBe(`held ${epoch} 1700000000 none`);
    expect(await told("service")).toBe("touched inactive");
    expect(await told("restore")).toBe("active");
    await untouched();
    expect(await told("status")).toBe("free");
    expect(await host.sh("pgrep --full 'switch[.]sh' || true")).toBe("");
  });

  test("said twice is one hold, taken back twice is taken back once", async () => {
    const epoch = epochOf(await stop());
    expect(epochOf(await stop())).toBe(epoch);
    expect(await host.sh("pgrep --full --count 'switch[.]sh'")).toBe("1");
    expect(await told("restore")).toBe("active");
    const pid = await host.sh("systemctl show plexmediaserver --property=MainPID");
    expect(await told("restore")).toBe("active");
    expect(await host.sh("systemctl show plexmediaserver --property=MainPID")).toBe(pid);
    await untouched();
  });

  test("waits for a server that is slow to end", async () => {
    await host.sh("mkdir -p /run/plex-stand-in; echo 3 >/run/plex-stand-in/slow-stop");
    epochOf(await stop());
    expect(await service()).toBe("masked inactive masked-runtime");
  });

  test("tells of a log that the server has left behind", async () => {
    await host.sh("mkdir -p /run/plex-stand-in; touch /run/plex-stand-in/leave-wal");
    const ended = await stop();
    expect(JSON.parse(resultOf(ended))).toMatchObject({ leftWal: true });
    expect(ended.stderr).toBe(
      "the server has left a write-ahead log behind: it is moved with its database\n",
    );
  });

  const stillOpen = [
    "plexmediaserver on old-host still has its database open, 2 s after it was told to stop",
    `see who: sudo fuser -v "${library}"; then run the same command again`,
  ] as const;

  test("of a server that does not end is given up, and the server serves on", async () => {
    await host.sh("mkdir -p /run/plex-stand-in; echo 6 >/run/plex-stand-in/slow-stop");
    expect(await stop({ STOP_LIMIT: "2" })).toMatchObject({
      ...{ code: 1, stdout: "" },
      stderr: `plexmediaserver did not stop in 2 s\n${died(...stillOpen)}`,
    });
    await untouched();
    expect(await told("status")).toBe("free");
  });

  test("is given up if somebody else keeps the database open, and the server serves on", async () => {
    await host.sh(`setsid sleep 60 3<>"${library}" >/dev/null 2>&1 & echo $! >/tmp/pid`);
    expect(await stop({ STOP_LIMIT: "2" })).toEqual({
      ...{ code: 1, stdout: "", stderr: died(...stillOpen) },
    });
    await untouched();
    await host.sh("kill $(cat /tmp/pid)");
  });

  test("leaves a server stopped and disabled that was so before", async () => {
    await host.sh("systemctl stop plexmediaserver; systemctl disable plexmediaserver");
    epochOf(await stop());
    expect(await service()).toBe("masked inactive masked-runtime");
    expect(await told("restore")).toBe("inactive");
    await untouched("loaded inactive disabled");
  });
});

describe("a hold", () => {
  test("is lost when somebody starts the server", async () => {
    epochOf(await stop());
    await host.sh("systemctl unmask --runtime --quiet plexmediaserver");
    await start();
    expect(await told("status")).toBe("free");
    await told("restore");
    await untouched();
  });

  test("lasts while the database is only read: a large one is for minutes, by the archive itself", async () => {
    epochOf(await stop());
    await host.sh(`setsid sleep 60 3<"${library}" >/dev/null 2>&1 & echo $! >/tmp/pid`);
    expect(await told("status")).toMatch(/^held /);
    await host.sh(
      `kill $(cat /tmp/pid); setsid sleep 60 3>>"${library}" >/dev/null 2>&1 & echo $! >/tmp/pid`,
    );
    expect(await told("status")).toBe("free");
    await host.sh("kill $(cat /tmp/pid)");
    expect(await told("status")).toMatch(/^held /);
    await told("restore");
    await untouched();
  });

  test("is lost when the server has run in between", async () => {
    const EPOCH = epochOf(await stop());
    await host.sh("systemctl unmask --runtime --quiet plexmediaserver");
    await start();
    await host.sh("systemctl stop plexmediaserver");
    expect(await told("status")).toBe("free");
    for (const script of ["archive", "release"]) {
      expect(await far(script, { EPOCH })).toEqual({
        ...{ code: 1, stdout: "" },
        stderr: died(
          "the old server on old-host is no longer held: it was started, or the switch has fired",
          "run the same command again",
        ),
      });
    }
    expect(epochOf(await stop())).not.toBe(EPOCH);
  });

  test("ends by itself when nobody renews it, and all is as before", async () => {
    epochOf(await stop({ WINDOW: "1" }));
    await eventually("loaded active enabled");
    expect(await told("status")).toBe("free");
  });

  test("that ends by itself leaves a server stopped that was so before", async () => {
    await host.sh("systemctl stop plexmediaserver");
    epochOf(await stop({ WINDOW: "1" }));
    await eventually("loaded inactive enabled");
  });

  test("is renewed by each look at it", async () => {
    const epoch = epochOf(await stop({ WINDOW: "3" }));
    for (let look = 0; look < 6; look++) {
      expect(await told("status")).toBe(`held ${epoch} 1700000000 none`);
      await host.sh("sleep 1");
    }
    await eventually("loaded active enabled");
  });

  test("ends by itself though all but its switch were killed", async () => {
    await host.sh("mkdir -p /run/plex-stand-in; echo 4 >/run/plex-stand-in/slow-stop");
    const stopping = stop({ WINDOW: "2" });
    await until(10, async () => {
      expect(await service()).toBe("masked deactivating masked-runtime");
    });
    await host.sh("pkill -KILL --full 'bash --norc -s|systemctl stop|timeout'");
    expect((await stopping).code).not.toBe(0);
    await eventually("loaded active enabled");
  });

  test("is gone after a restart of the host, and the server serves", async () => {
    epochOf(await stop());
    await host.restart();
    await until(10, async () => {
      expect(await service()).toBe("loaded active enabled");
    });
    expect(await told("status")).toBe("free");
    expect(await told("service")).toBe("touched active");
    const again = epochOf(await stop());
    expect(await told("status")).toBe(`held ${again} 1700000000 none`);
    expect(await told("restore")).toBe("active");
    await untouched();
  });
});

describe("two runs at once", () => {
  test("the second one waits to see whether the first one lives, and is refused by its name", async () => {
    const epoch = epochOf(await stop({ RUN: "alex@here-1" }));
    const held = `held ${epoch} 1700000000 none`;
    const second = far("stop", { RUN: "alex@there-2", LOCK_SECONDS: "20" });
    const first = async () => {
      let ended: Ended | undefined;
      void second.then((it) => (ended = it));
      while (!ended) {
        expect(await told("status", { RUN: "alex@here-1" })).toBe(held);
        await host.sh("sleep 0.5");
      }
      return ended;
    };
    expect(await first()).toEqual({
      ...{ code: 1, stdout: "" },
      stderr: `another run was at work here just now (alex@here-1): waiting for up to 20 s to see whether it still is\n${died(
        "another run is at work on old-host: alex@here-1",
        "wait until it has ended; if it was killed, run the same command again in a minute",
      )}`,
    });
    await told("unlock", { RUN: "alex@there-2" });
    expect(await host.sh(`cut -d' ' -f1 ${work}/lock`)).toBe("alex@here-1");
    await told("unlock", { RUN: "alex@here-1" });
    expect(await told("status", { RUN: "alex@there-2" })).toBe(held);
  });

  test("one that was killed is not waited for, for ever", async () => {
    const epoch = epochOf(await stop({ RUN: "alex@here-1" }));
    const ended = await far("status", { RUN: "alex@there-2", LOCK_SECONDS: "1" });
    expect({ ...ended, stderr: ended.stderr.split("\n").at(-2) }).toEqual({
      ...{ code: 0, stdout: `result held ${epoch} 1700000000 none\n` },
      stderr: "the run alex@here-1 has ended without a word: its lock is broken",
    });
  });
});

describe("a release", () => {
  test("needs a switch that is alive, and the hold that was proved", async () => {
    const lost = died(
      "the old server on old-host is no longer held: it was started, or the switch has fired",
      "run the same command again",
    );
    const EPOCH = epochOf(await stop());
    expect(await far("release", { EPOCH: "0123456789ab" })).toEqual({
      code: 1,
      stdout: "",
      stderr: lost,
    });
    await host.sh("pkill -KILL --full 'switch[.]sh'");
    expect(await far("release", { EPOCH })).toEqual({ code: 1, stdout: "", stderr: lost });
    expect(await told("released")).toBe("no");
    await told("restore");
    await untouched();
  });

  test("outlives a restart of the host, and is taken back like everything else", async () => {
    const EPOCH = epochOf(await stop());
    expect(await told("release", { EPOCH })).toBe("released");
    expect(await told("released")).toBe("1700000000");
    expect(await host.sh(`ls ${work}; pgrep --full 'switch[.]sh' || true`)).not.toMatch(/switch/);
    await host.restart();
    expect(await host.sh("sleep 1; systemctl is-active ssh")).toBe("active");
    expect(await service()).toBe("masked inactive masked");
    expect(await told("released")).toBe("1700000000");
    expect(await told("restore")).toBe("active");
    await untouched();
    expect(await told("released")).toBe("no");
  });
});
