/** What Overseerr speaks to, set by the script that runs beside it; Overseerr is a small server of the test. */
import * as fs from "node:fs";
import * as http from "node:http";
import * as path from "node:path";
import { labEnvironment } from "../../lab/engine";
import { quoted } from "../../components/kubernetes/shell";
import { freePort } from "../support/ports";
import { run, scriptText, tempTree, well } from "../support/scripts";

const apiKey = "canary-31d0-overseerr";
const script = [
  "migrations/lib/common.sh",
  "migrations/overseerr/settings.sh",
  "migrations/overseerr/api.sh",
  "components/nomad/overseerr/targets.sh",
]
  .map(scriptText)
  .join("");

const arr = {
  ...{ id: 7, name: "Main", hostname: "192.168.1.5", useSsl: false, is4k: false, isDefault: true },
  ...{ activeProfileId: 4, activeDirectory: "/media/it's", tags: [1, 2], preventSearch: false },
};
const radarr = { ...arr, port: 7878, apiKey: "canary-31d0-radarr" };
const sonarr = { ...arr, port: 8989, apiKey: "canary-31d0-sonarr", activeAnimeProfileId: null };
const fourK = { ...arr, id: 8, name: "4K", is4k: true };
const initial = {
  main: { apiKey, csrfProtection: false },
  public: { initialized: true },
  plex: { name: "home", ip: "192.168.1.5", port: 32400, useSsl: false, machineId: "m" },
  radarr: [radarr],
  sonarr: [sonarr],
};
type Settings = typeof initial;

/** Overseerr's API over its settings, which are a file. */
class Overseerr {
  /** Calls that would change something. */
  readonly writes: string[] = [];
  /** What it has in mind of Plex, which need not be what it has saved. */
  plex: Settings["plex"];
  /** Host at which Plex answers. */
  reachable = ["192.168.1.5", "10.0.0.41"];
  readonly settings: Settings;
  readonly root: string;
  port = 0;

  constructor(settings: Settings) {
    this.settings = settings;
    this.plex = { ...settings.plex };
    this.root = tempTree({ "settings.json": JSON.stringify(settings), "bin/": "", "tmp/": "" });
    // Whatever the script starts has its arguments on record.
    for (const tool of ["sqlite3", "cat", "cut", "mktemp", "mv", "cp", "rm", "stat", "tail"]) {
      const file = path.join(this.root, "bin", tool);
      const real = `PATH=${quoted(tools)} exec ${tool} "$@"`;
      fs.writeFileSync(file, `#!/bin/sh\necho ${tool} "$@" >>${this.root}/calls\n${real}\n`);
      fs.chmodSync(file, 0o755);
    }
  }

  async listen() {
    const server = http.createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (text: string) => (body += text));
      request.on("end", () => {
        const [status, answer] = this.answer(request, body);
        response.writeHead(status, { "Content-Type": "application/json" });
        response.end(JSON.stringify(answer));
      });
    });
    this.port = await freePort();
    await new Promise<void>((resolve) => server.listen(this.port, "127.0.0.1", resolve));
    servers.push(server);
    return this;
  }

  private answer(
    { method, url = "", headers }: http.IncomingMessage,
    body: string,
  ): [number, unknown] {
    const [name = "", id] = url.replace("/api/v1/settings/", "").split("/");
    if (name === "public") return [200, this.settings.public];
    if (headers["x-api-key"] !== apiKey) return [403, { error: "You do not have permission" }];
    if (method === "GET")
      return [200, name === "plex" ? this.plex : Reflect.get(this.settings, name)];
    expect(headers["content-type"]).toBe("application/json");
    this.writes.push(`${method ?? ""} ${url}`);
    const given = JSON.parse(body) as Record<string, unknown>;
    if (name === "plex") {
      expect(Object.keys(given).sort()).toEqual(["ip", "port", "useSsl"]);
      Object.assign(this.plex, given);
      if (!this.reachable.includes(this.plex.ip))
        return [500, { message: "Unable to connect to Plex." }];
      this.settings.plex = { ...this.plex };
      return [200, this.plex];
    }
    if ("id" in given) return [400, { message: "request.body.id is read-only" }];
    const servers = Reflect.get(this.settings, name) as { id: number }[];
    const place = servers.findIndex((each) => each.id === Number(id));
    servers[place] = { ...given, id: Number(id) };
    return [200, servers[place]];
  }

  /** Runs the script as it comes to the task; no key is ever told. */
  async point(values: Readonly<Record<string, string>>) {
    const given = {
      SETTLE: "5",
      GENERATION: "",
      SONARR_KEY: "",
      RADARR_KEY: "",
      ...none,
      ...values,
    };
    const lines = Object.entries(given).map(([key, value]) => `${key}=${quoted(value)}\n`);
    const env = {
      ...{
        PATH: `${this.root}/bin:${tools}`,
        PORT: this.port.toString(),
        TMPDIR: `${this.root}/tmp`,
      },
      SETTINGS: `${this.root}/settings.json`,
    };
    const ended = await run(["bash", "-s"], env, lines.join("") + script);
    expect(ended.stdout + ended.stderr).not.toMatch(/canary/);
    expect(fs.readFileSync(`${this.root}/calls`, "utf8")).not.toMatch(/canary/);
    expect(fs.readdirSync(`${this.root}/tmp`)).toEqual([]);
    return ended;
  }
}

const none = { PLEX: "", SONARR: "", RADARR: "" };
const servers: http.Server[] = [];
const overseerr = (changes: Partial<Settings> = {}) =>
  new Overseerr({ ...structuredClone(initial), ...structuredClone(changes) }).listen();

let tools: string;
beforeAll(() => {
  tools = labEnvironment().PATH ?? "";
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const old = {
  plex: ["http://192.168.1.5:32400"],
  radarr: ["http://192.168.1.5:7878"],
  sonarr: ["http://192.168.1.5:8989"],
};
const wanted = {
  PLEX: "http://10.0.0.41:32400",
  RADARR: "https://radarr.home/films",
  SONARR: "http://sonarr.home",
  SONARR_KEY: 'canary-31d0-it\'s "new" $(id) \\n',
};
const now = {
  plex: ["http://10.0.0.41:32400"],
  radarr: ["https://radarr.home:443/films"],
  sonarr: ["http://sonarr.home:80"],
};

test("all three are set, all else stays, and the old addresses are told", async () => {
  const at = await overseerr();
  const { code, stdout, stderr } = await at.point(wanted);
  expect([code, stderr]).toEqual([
    0,
    [
      "plex: http://192.168.1.5:32400 -> http://10.0.0.41:32400",
      "radarr: http://192.168.1.5:7878 -> https://radarr.home/films",
      "sonarr: http://192.168.1.5:8989 -> http://sonarr.home\n",
    ].join("\n"),
  ]);
  expect(stdout).toBe(`${JSON.stringify({ before: old, after: now })}\n`);
  expect(at.writes).toEqual([
    "POST /api/v1/settings/plex",
    "PUT /api/v1/settings/radarr/7",
    "PUT /api/v1/settings/sonarr/7",
  ]);
  expect(at.settings).toEqual({
    ...initial,
    plex: { ...initial.plex, ip: "10.0.0.41" },
    radarr: [{ ...radarr, hostname: "radarr.home", port: 443, useSsl: true, baseUrl: "/films" }],
    sonarr: [
      { ...sonarr, hostname: "sonarr.home", port: 80, baseUrl: "", apiKey: wanted.SONARR_KEY },
    ],
  });
});

test("what is so already is not written again", async () => {
  const at = await overseerr();
  await at.point(wanted);
  at.writes.splice(0);
  const { code, stdout, stderr } = await at.point(wanted);
  expect([code, stderr, at.writes]).toEqual([0, "", []]);
  expect(JSON.parse(stdout)).toEqual({ before: now, after: now });
});

test("only what is named is touched, and a key alone can be new", async () => {
  const at = await overseerr();
  const SONARR = "http://192.168.1.5:8989";
  const { code, stderr } = await at.point({ SONARR, SONARR_KEY: "canary-31d0-new" });
  expect([code, stderr, at.writes]).toEqual([
    0,
    "sonarr: http://192.168.1.5:8989, with another key\n",
    ["PUT /api/v1/settings/sonarr/7"],
  ]);
  expect(at.settings.sonarr).toEqual([{ ...sonarr, baseUrl: "", apiKey: "canary-31d0-new" }]);
});

test("of several servers it is the default one that is not for 4K", async () => {
  const other = { ...radarr, id: 3, name: "Old", isDefault: false };
  const servers = [other, { ...radarr, ...fourK }, radarr];
  const at = await overseerr({ radarr: servers });
  well(await at.point({ RADARR: "http://radarr.home" }));
  expect(at.settings.radarr.map(({ id, hostname }) => [id, hostname])).toEqual([
    [3, "192.168.1.5"],
    [8, "192.168.1.5"],
    [7, "radarr.home"],
  ]);
});

test("a Plex that was never set up is told, too", async () => {
  const at = await overseerr({ plex: { ...initial.plex, ip: "" } });
  const { stdout, stderr } = await at.point({ PLEX: "http://10.0.0.41:32400" });
  expect(stderr).toBe("plex: nothing -> http://10.0.0.41:32400\n");
  expect(JSON.parse(stdout)).toMatchObject({
    before: { sonarr: old.sonarr },
    after: { plex: now.plex },
  });
});

describe("nothing is changed", () => {
  test("where it is not clear which server is meant; all of that is told at once", async () => {
    const at = await overseerr({
      radarr: [],
      sonarr: [sonarr, { ...sonarr, id: 9, name: "Other" }],
    });
    const { code, stdout, stderr } = await at.point(wanted);
    expect([code, stdout, at.writes]).toEqual([1, "", []]);
    expect(stderr).toBe(
      [
        "Overseerr's targets can't be set, and nothing was changed:",
        "✗ overseerr.targets.radarr: found no Radarr in Overseerr, expected one",
        "    fix: add it in Overseerr (Settings, Services), then run pulumi up again",
        "✗ overseerr.targets.sonarr: found several servers in Overseerr (Main, Other), expected exactly one default server among those not for 4K",
        "    fix: choose the default server in Overseerr (Settings, Services), then run pulumi up again\n",
      ].join("\n"),
    );
  });

  test("where its API may only be read", async () => {
    const at = await overseerr({ main: { apiKey, csrfProtection: true } });
    const { code, stderr } = await at.point(wanted);
    expect([code, at.writes]).toEqual([1, []]);
    expect(stderr).toContain("✗ Overseerr's API is read-only: CSRF protection is on\n    fix: ");
  });

  test("in one that has not been set up", async () => {
    const at = await overseerr({ public: { initialized: false } });
    const { code, stderr } = await at.point(wanted);
    expect([code, at.writes]).toEqual([1, []]);
    expect(stderr).toMatch(/^✗ Overseerr has not been set up\n {4}open it, sign in with Plex/);
  });

  test("where Overseerr can't reach Plex: it goes on with the old one", async () => {
    const at = await overseerr();
    at.reachable = ["192.168.1.5"];
    const { code, stdout, stderr } = await at.point(wanted);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^\/api\/v1\/settings\/plex: .* 500 .*: Unable to connect to Plex\.$/m);
    expect(stderr).toMatch(
      /^✗ overseerr\.targets\.plex: Overseerr can't reach Plex at http:\/\/10\.0\.0\.41:32400, so the old address stays$/m,
    );
    expect(stderr).not.toContain("nomad job restart");
    expect(at.writes).toEqual(["POST /api/v1/settings/plex", "POST /api/v1/settings/plex"]);
    expect([at.settings, at.plex]).toEqual([initial, initial.plex]);
  });

  test("with another key than its own", async () => {
    const at = await overseerr();
    fs.writeFileSync(`${at.root}/settings.json`, '{"main":{"apiKey":"canary-31d0-wrong"}}');
    const { code, stderr } = await at.point(wanted);
    expect([code, at.writes]).toEqual([1, []]);
    expect(stderr).toMatch(/403 .*: You do not have permission\n✗ Overseerr does not tell/);
  });
});

test("an Overseerr that does not answer is waited for, and named", async () => {
  const at = await overseerr();
  at.port = await freePort();
  const { code, stderr } = await at.point({ ...wanted, SETTLE: "1" });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^✗ Overseerr does not answer: .*refused\n {4}nomad alloc logs/);
});
