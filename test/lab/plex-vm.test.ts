/**
 * The old Plex server's host and what stands in for Plex on it. All that writes does so on a host of its own, with
 * a tiny library and no network; the shared one is only looked at, and given back as new.
 */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { labEnvironment } from "../../lab/engine";
import { intoNode, onNode, runTool, tool, until } from "./tools";

const {
  LAB_WORLD = "",
  LAB_PLEX_VM = "",
  LAB_PLEX_VM_HOST_KEY = "",
  LAB_SSH_KEY = "",
} = labEnvironment();
const lab = path.join(__dirname, "../../lab");
const name = "plex-vm-test";
const token = "canary-plex-online-token-9b21";
const home = "/var/lib/plexmediaserver/Library/Application Support/Plex Media Server";
const database = `${home}/Plug-in Support/Databases/com.plexapp.plugins.library.db`;
const generator = ["--media-path=/mnt/nas-plex", "--version=1.43.3.10828-00f62d37d"];

/** Output of a script on the host of our own, as root. */
async function host(script: string, input?: string): Promise<string> {
  const command = ["docker", "exec", "--interactive", name, "bash", "-euc", script];
  return (await runTool("nsenter", [...intoNode(), ...command], input)).trim();
}
const script = (file: string) => fs.readFileSync(path.join(lab, "library", file), "utf8");
const sql = (query: string) =>
  host(`"/usr/lib/plexmediaserver/Plex SQLite" -readonly "${database}" "${query}"`);
const plexVm = (...args: string[]) =>
  runTool("bash", [path.join(lab, "lab.sh"), "plex-vm", ...args]);

/** Exit status and both outputs of a command that may fail. */
const attempt = (command: string) =>
  host(`status=0; output=$(${command} 2>&1) || status=$?; printf '%s\\n%s' $status "$output"`);

/** A library made in `folder` and its media below, as they were made by the same seed every time. */
async function generate(folder: string, media: string): Promise<void> {
  const options = [...generator, "--profile=tiny", `--library=${folder}`, `--media=${media}`];
  await host(`python3 - ${options.join(" ")}`, script("generate.py"));
}

/** As the tests want to find it: a library as generated, and Plex on it. */
async function renew(): Promise<void> {
  await host(
    `systemctl stop plexmediaserver
     rm -rf /var/lib/plexmediaserver /mnt/nas-plex /mnt/moved /run/plex-stand-in; mkdir -p /run/plex-stand-in`,
  );
  await generate("/var/lib/plexmediaserver", "/mnt/nas-plex");
  await host(
    "chown -R --no-dereference plex:plex /var/lib/plexmediaserver; systemctl start plexmediaserver",
  );
  await until(10, async () => {
    await api("/identity");
  });
}

const curl = "curl --silent --show-error --fail --globoff --header 'X-Plex-Token: ";
const api = (resource: string, ...options: string[]) =>
  host(`${curl}${token}' ${options.join(" ")} 'http://127.0.0.1:32400${resource}'`);

/** The attributes of every element of that name. */
function elements(xml: string, element: string): Record<string, string>[] {
  return [...xml.matchAll(new RegExp(`<${element} ([^>]*?)/?>`, "g"))].map(([, text = ""]) =>
    Object.fromEntries(
      [...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]),
    ),
  );
}

beforeAll(async () => {
  await onNode("docker", "rm", "--force", name).catch(() => undefined);
  await onNode("mkdir", "-p", `/tmp/${name}`);
  await onNode(
    ...["docker", "run", "--detach", "--name", name, "--network=none", "--hostname=plex-vm"],
    ...[
      "--add-host=plex-vm:127.0.0.1",
      "--tmpfs=/run:exec,mode=755",
      `--volume=/tmp/${name}:/lab/logs`,
    ],
    ...["--volume=/lab/ssh/plex-vm:/etc/ssh/ssh_host_ed25519_key:ro"],
    ...["--volume=/lab/ssh/id_ed25519.pub:/lab/authorized_keys:ro", "lab.local/plex-vm:1", "ssh"],
  );
  await until(10, async () => {
    expect(await host("systemctl is-active ssh")).toBe("active");
  });
});
afterAll(() => onNode("docker", "rm", "--force", name));

describe("the host", () => {
  let folder: string;
  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "plex-vm-"));
  });
  afterAll(() => {
    fs.rmSync(folder, { recursive: true });
  });

  function ssh(command: string, { key = LAB_SSH_KEY, hostKey = LAB_PLEX_VM_HOST_KEY } = {}) {
    const known = path.join(folder, "known_hosts");
    fs.writeFileSync(known, `${LAB_PLEX_VM} ${hostKey}\n`);
    const options = { UserKnownHostsFile: known, StrictHostKeyChecking: "yes", BatchMode: "yes" };
    const pairs = Object.entries({ ...options, IdentitiesOnly: "yes", IdentityAgent: "none" });
    const flags = pairs.flatMap(([option, value]) => ["-o", `${option}=${value}`]);
    return runTool("ssh", [...flags, "-i", key, `alex@${LAB_PLEX_VM}`, command]);
  }

  test("lets the operator in, who may do everything", async () => {
    expect(await ssh("id -un; sudo --non-interactive id -un; hostname")).toBe(
      "alex\nroot\nplex-vm\n",
    );
  });

  test("shows the pinned key and no other", async () => {
    const other = fs.readFileSync(path.join(LAB_WORLD, "ssh/other_ed25519.pub"), "utf8");
    await expect(ssh("true", { hostKey: other })).rejects.toThrow("Host key verification failed");
  });

  test("lets nobody else in", async () => {
    const key = path.join(LAB_WORLD, "ssh/other_ed25519");
    await expect(ssh("true", { key })).rejects.toThrow("Permission denied (publickey)");
  });

  test("has what a pull needs, Plex's own users and programs, and the NAS read-only", async () => {
    const programs = "command -v rrsync rsync zstd tar python3 sqlite3 pgrep | wc -l";
    const version = '"/usr/lib/plexmediaserver/Plex Media Server" --version';
    const lines = await ssh(
      `${programs}; id -u plex; ${version}; touch /mnt/nas-plex/x 2>&1 || true`,
    );
    expect(lines.split("\n").slice(0, 3)).toEqual(["7", "997", "v1.43.3.10828-00f62d37d"]);
    expect(lines).toContain("Read-only file system");
  });

  test("comes back as it was, whatever has been done to it", async () => {
    const manifest = `bash ${lab}/lab.sh plex-vm manifest | sha256sum`;
    await plexVm("reset", "--stopped");
    const before = await tool("sh", "-c", manifest);
    await ssh(
      `sudo rm -rf /var/lib/plexmediaserver/Library/*/*/Metadata/Movies; sudo systemctl mask plexmediaserver
       sudo mkdir -p /var/backups/x; sudo touch /run/x /tmp/x ~/x; echo >~/.ssh/authorized_keys`,
    );
    expect(await tool("sh", "-c", manifest)).not.toBe(before);
    await plexVm("reset");
    expect(
      await ssh("systemctl is-active plexmediaserver; systemctl is-enabled plexmediaserver"),
    ).toBe("active\nenabled\n");
    await plexVm("reset", "--stopped");
    expect(await tool("sh", "-c", manifest)).toBe(before);
    const left = "ls -d /run/x /tmp/* /var/backups/* ~/* 2>/dev/null | wc -l";
    expect(await ssh(`${left}; wc -l <~/.ssh/authorized_keys`)).toBe("0\n1\n");
    await plexVm("reset");
  });
});

describe("systemctl", () => {
  const unit = "/usr/lib/systemd/system/nap.service";
  const show =
    "systemctl show nap --property=LoadState,ActiveState,UnitFileState --value | paste -sd ' '";

  beforeEach(async () => {
    await host(
      `systemctl unmask nap 2>/dev/null; systemctl unmask --runtime nap 2>/dev/null
       systemctl stop nap 2>/dev/null || true; rm -rf /run/systemctl/nap.service
       printf '[Service]\\nUser=plex\\nExecStart=sleep 1000\\n' >${unit}`,
    );
  });

  test("starts and stops what a unit says, as the user it says", async () => {
    expect(await attempt("systemctl is-active nap")).toBe("3\ninactive");
    await host("systemctl start nap");
    expect(await attempt("systemctl is-active nap.service")).toBe("0\nactive");
    expect(await host("ps -o user=,args= $(systemctl show nap --property=MainPID --value)")).toBe(
      "plex     sleep 1000",
    );
    const before = await host("systemctl show nap --property=MainPID");
    await host("systemctl restart nap");
    expect(await host("systemctl show nap --property=MainPID")).not.toBe(before);
    await host("systemctl stop nap");
    expect(await host("systemctl show nap --property=MainPID,ActiveState")).toBe(
      "MainPID=0\nActiveState=inactive",
    );
  });

  test("keeps what is enabled, disabled, masked", async () => {
    expect(await attempt("systemctl is-enabled nap")).toBe("1\ndisabled");
    await host("systemctl enable nap");
    expect(await attempt("systemctl is-enabled nap")).toBe("0\nenabled");
    await host("systemctl mask nap");
    expect(await host(show)).toBe("masked inactive masked");
    expect(await attempt("systemctl start nap")).toBe(
      "1\nFailed to start nap.service: Unit nap.service is masked.",
    );
    await host("systemctl unmask nap; systemctl mask --runtime nap");
    expect(await host(show)).toBe("masked inactive masked-runtime");
    await host("systemctl unmask --runtime nap; systemctl disable nap; systemctl daemon-reload");
    expect(await host(show)).toBe("loaded inactive disabled");
  });

  test("a masked unit goes on until it is stopped", async () => {
    await host("systemctl start nap; systemctl mask nap");
    expect(await host(show)).toBe("masked active masked");
    await host("systemctl stop nap");
    expect(await host(show)).toBe("masked inactive masked");
  });

  test("knows what is not there, and what failed", async () => {
    expect(await host("systemctl show no --property=LoadState")).toBe("LoadState=not-found");
    expect(await attempt("systemctl start no")).toBe(
      "5\nFailed to start no.service: Unit no.service not found.",
    );
    await host(`sed -i 's/sleep 1000/false/' ${unit}; systemctl start nap`);
    await until(5, async () => {
      expect(await attempt("systemctl is-active nap")).toBe("3\nfailed");
    });
  });

  test("starts again what is always to run, until it is stopped", async () => {
    // A moment after its start it bears its name.
    await host(
      `echo Restart=always >>${unit}; systemctl start nap; until pkill -9 --full '^sleep 1000'; do sleep 0.05; done`,
    );
    await until(5, async () => {
      expect(await host("pgrep --full '^sleep 1000' | wc -l")).toBe("1");
    });
    await host("systemctl stop nap; sleep 1.5");
    expect(await attempt("systemctl is-active nap")).toBe("3\ninactive");
  });

  test("lets nobody but root change anything, and notes every call", async () => {
    expect(await attempt("sudo -u alex systemctl stop nap")).toBe(
      "1\nFailed to stop nap.service: Interactive authentication required.",
    );
    expect(await host("tail -n 1 /var/log/systemctl.log")).toMatch(/ stop nap$/);
  });
});

describe("the generator", () => {
  test("makes the same bytes, names, modes and times of the same seed", async () => {
    const digests = [];
    for (const folder of ["/tmp/one", "/tmp/two"]) {
      await generate(folder, `${folder}/media`);
      digests.push(
        await host(`python3 - ${folder} | grep -v '^\\.' | sha256sum`, script("manifest.py")),
      );
    }
    expect(digests[0]).toBe(digests[1]);
    expect(await host("find /tmp/one/Library -type f -printf x | wc -c")).toBe("500");
    expect(await host("find /tmp/one/Library -name '*-wal'")).toBe("");
  });
});

describe("the database", () => {
  beforeAll(renew);

  test("is refused by SQLite as it is sold, and well in Plex's own", async () => {
    const stock = (query: string) => attempt(`sqlite3 "${database}" "${query}"`);
    expect(await stock("PRAGMA integrity_check")).toContain("no such collation sequence: icu_root");
    const titles = "SELECT COUNT(*) FROM fts4_metadata_titles_icu WHERE title MATCH 'film'";
    expect(await stock(titles)).toContain("unknown tokenizer: collating");
    expect(await sql(`PRAGMA integrity_check; ${titles}`)).toBe("ok\n1");
  });

  test("Plex SQLite answers as sqlite3 does", async () => {
    const plex = '"/usr/lib/plexmediaserver/Plex SQLite"';
    const query = "SELECT 1, 2.5, NULL, 'a;b'; SELECT x'00ff' IS NULL";
    const flags = "-batch -noheader -separator , :memory:";
    expect(await host(`${plex} ${flags} "${query}"`)).toBe("1,2.5,,a;b\n0");
    expect(await host(`${plex} :memory: <<<"${query};"`)).toBe("1|2.5||a;b\n0");
    expect(await attempt(`${plex} :memory: "SELECT 1; SELECT no; SELECT 2"`)).toBe(
      "1\n1\nError: no such column: no",
    );
    expect(await attempt(`${plex} -readonly "${database}" "DELETE FROM accounts"`)).toContain(
      "attempt to write a readonly database",
    );
  });

  test("has a live journal while Plex runs, and none after a clean stop", async () => {
    const journals = `find "${path.dirname(database)}" -name '*-wal' -size +0 | wc -l`;
    await until(10, async () => {
      expect(await host(journals)).toBe("1");
    });
    const started = Date.now();
    await host("systemctl stop plexmediaserver");
    expect(Date.now() - started).toBeLessThan(2000);
    expect(await host(`ls "${path.dirname(database)}"`)).toBe(
      "com.plexapp.plugins.library.blobs.db\ncom.plexapp.plugins.library.db",
    );
    await host("echo 3 >/run/plex-stand-in/slow-stop; touch /run/plex-stand-in/leave-wal");
    await host("systemctl start plexmediaserver; sleep 1");
    const again = Date.now();
    await host("systemctl stop plexmediaserver");
    expect(Date.now() - again).toBeGreaterThan(3000);
    expect(await host(journals)).toBe("1");
  });
});

describe("the server", () => {
  const server = '"/usr/lib/plexmediaserver/Plex Media Server"';
  const run = `timeout 5 sudo -u plex env "PLEX_MEDIA_SERVER_APPLICATION_SUPPORT_DIR=/var/lib/plexmediaserver/Library/Application Support" ${server}`;
  beforeAll(renew);

  test("tells of its library what the database holds", async () => {
    const sections = await api("/library/sections");
    expect(elements(sections, "Directory").map(({ type, title }) => [type, title])).toEqual([
      ["movie", "Movies"],
      ["show", "TV"],
      ["artist", "Music"],
    ]);
    expect(elements(sections, "Location").map((location) => location.path)).toEqual(
      ["movies", "tv", "music"].map((folder) => `/mnt/nas-plex/${folder}`),
    );
    for (const [section, type] of [
      [1, 1],
      ...[2, 3, 4].map((it) => [2, it]),
      ...[8, 9, 10].map((it) => [3, it]),
    ]) {
      const count = await sql(
        `SELECT COUNT(*) FROM metadata_items WHERE metadata_type = ${String(type)}`,
      );
      const xml = await api(`/library/sections/${String(section)}/all?type=${String(type)}`);
      expect(elements(xml, "MediaContainer")).toMatchObject([{ size: count, totalSize: count }]);
      const parts = [1, 4, 10].includes(type ?? 0) ? Number(count) : 0;
      expect(elements(xml, "Part")).toHaveLength(parts);
    }
    for (const [resource, table] of [
      ["/accounts", "accounts"],
      ["/playlists", "metadata_items WHERE metadata_type = 15"],
      ["/status/sessions/history/all", "metadata_item_views"],
    ] as const) {
      const totalSize = await sql(`SELECT COUNT(*) FROM ${table}`);
      expect(elements(await api(resource), "MediaContainer")).toMatchObject([{ totalSize }]);
    }
    expect(await api("/:/prefs")).toContain('id="autoEmptyTrash" value="1"');
  });

  test("gives pages, by query and by header", async () => {
    const all = elements(await api("/library/sections/1/all?type=1"), "Video");
    const page = "X-Plex-Container-Start=2&X-Plex-Container-Size=3";
    const headers = "-H 'X-Plex-Container-Start: 2' -H 'X-Plex-Container-Size: 3'";
    for (const xml of [
      await api(`/library/sections/1/all?type=1&${page}`),
      await api("/library/sections/1/all?type=1", headers),
    ]) {
      expect(elements(xml, "Video")).toEqual(all.slice(2, 5));
      expect(elements(xml, "MediaContainer")).toMatchObject([{ size: "3", totalSize: "12" }]);
    }
  });

  test("streams files, whole and in part, and says so if one is gone", async () => {
    const [{ key = "" } = {}] = elements(await api("/library/sections/2/all?type=4"), "Part");
    const file = await sql(`SELECT file FROM media_parts WHERE id = ${key.split("/")[3] ?? ""}`);
    const whole = await host(`${curl}${token}' 'http://127.0.0.1:32400${key}' | sha256sum`);
    expect(whole).toBe(await host(`sha256sum <"${file}"`));
    const part = await host(
      `${curl}${token}' --include --range 10-19 'http://127.0.0.1:32400${key}' | tail -c 10 | sha256sum`,
    );
    expect(part).toBe(await host(`tail -c +11 "${file}" | head -c 10 | sha256sum`));
    await host(`mv "${file}" /tmp/away`);
    await expect(api(key)).rejects.toThrow("404");
    await host(`mv /tmp/away "${file}"`);
  });

  test("wants its account's token", async () => {
    await expect(
      host("curl --silent --show-error --fail http://127.0.0.1:32400/accounts"),
    ).rejects.toThrow("401");
  });

  test("does not start twice on the same folder, nor on what it can't read", async () => {
    expect(await attempt(run)).toBe("1\nanother Plex Media Server runs on this folder");
    await host("systemctl stop plexmediaserver");
    for (const file of [`${home}/Preferences.xml`, database]) {
      await host(`cp -p "${file}" /tmp/kept; echo broken >"${file}"`);
      expect(await attempt(run)).toMatch(/^1\nPlex Media Server can't start: /);
      await host(`mv /tmp/kept "${file}"`);
    }
  });
});

describe("a scan", () => {
  beforeEach(renew);

  const scan = (section: number) => api(`/library/sections/${String(section)}/refresh`);
  const state = () =>
    sql(
      "SELECT COUNT(*), SUM(deleted_at IS NOT NULL) FROM media_parts; SELECT COUNT(*) FROM metadata_items; SELECT COUNT(*) FROM metadata_item_settings",
    );

  test("changes nothing when nothing has changed", async () => {
    const before = await state();
    for (const section of [1, 2, 3]) await scan(section);
    expect(await state()).toBe(before);
  });

  test("finds moved media again, with what people have seen, if both locations are there", async () => {
    const seen =
      "SELECT * FROM metadata_item_settings ORDER BY id; SELECT id, guid FROM metadata_items ORDER BY id";
    const before = await sql(seen);
    await host("cp -a /mnt/nas-plex /mnt/moved");
    const locations = "location=/mnt/nas-plex/tv&location=/mnt/moved/tv";
    await api(`/library/sections/2?${locations}`, "--request PUT");
    await scan(2);
    expect(await sql("SELECT COUNT(*) FROM media_parts WHERE file LIKE '/mnt/moved/tv/%'")).toBe(
      "48",
    );
    await api("/library/sections/2?location=/mnt/moved/tv&name=Series", "--request PUT");
    await scan(2);
    expect(await sql("SELECT COUNT(*) FROM media_parts WHERE file LIKE '/mnt/nas-plex/tv/%'")).toBe(
      "0",
    );
    expect(await sql(seen)).toBe(before);
    expect(await api("/library/sections")).toContain('title="Series"');
  });

  test("forgets what is gone, and what people have seen of it, if the trash is emptied", async () => {
    await host("mkdir /mnt/empty; mv /mnt/nas-plex/tv /mnt/nas-plex/elsewhere");
    await scan(2);
    expect(await sql("SELECT COUNT(*) FROM metadata_items WHERE library_section_id = 2")).toBe("0");
    const orphans =
      "SELECT COUNT(*) FROM metadata_item_settings WHERE guid LIKE 'plex://episode/%'";
    expect(await sql(orphans)).toBe("0");
  });

  test("only marks what is gone if the trash is not emptied, and takes it back", async () => {
    const before = await state();
    await api("/:/prefs?autoEmptyTrash=0", "--request PUT");
    await host("mv /mnt/nas-plex/tv /mnt/nas-plex/elsewhere");
    await scan(2);
    expect(await sql("SELECT COUNT(*) FROM media_parts WHERE deleted_at IS NOT NULL")).toBe("48");
    await host("mv /mnt/nas-plex/elsewhere /mnt/nas-plex/tv");
    await scan(2);
    expect(await state()).toBe(before);
  });

  test("takes in new files, whatever they are called", async () => {
    await host(
      "cd /mnt/nas-plex/movies; for name in $'not \\xff UTF-8' $'new\\nline' '$(touch pwned)' \"'\"; do echo x >\"$name.mkv\"; done",
    );
    await scan(1);
    const movies = elements(await api("/library/sections/1/all?type=1"), "Video");
    expect(movies).toHaveLength(16);
    await scan(1);
    expect(await sql("SELECT COUNT(*) FROM metadata_items WHERE metadata_type = 1")).toBe("16");
    const id = "SELECT id FROM media_parts WHERE hex(file) LIKE '%' || hex('UTF-8.mkv')";
    expect(await api(`/library/parts/${await sql(id)}/0/file.mkv`)).toBe("x");
  });
});
