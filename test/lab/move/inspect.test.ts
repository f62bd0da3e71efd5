/** The look at an old server before anything is done: what it refuses, in which words, and that it leaves no trace. */
import { scriptText } from "../../support/scripts";
import { OldHost, refused, resultOf, textOf, version, type Values } from "./machines";

jest.setTimeout(60_000);

const host = new OldHost("move-inspect");
const { home, databases, library, blobs } = OldHost;
const folder = "/var/lib/plexmediaserver/Library";
const headline = "The old server on old-host is not ready; nothing was stopped:";
const inspect = (values: Values = {}, env: Values = {}) =>
  host.far("source", "plex/source/inspect.sh", values, env);
const damage = (what: string, ...files: string[]) =>
  Promise.all(files.map((file) => host.python(textOf("test/lab/move/damage.py"), file, what)));

/** Files that the test has brought, apart from what the migration keeps as its own for the time of a run. */
const news = () =>
  host.sh(
    `find / -xdev -type f -cnewer /tmp/started -not -path /tmp/started -not -path /var/log/systemctl.log
     find /small -mindepth 1; test ! -e /var/backups/plex || find /var/backups/plex -mindepth 1`,
  );

async function found(values: Values = {}, env: Values = {}) {
  const ended = await inspect(values, env);
  if (ended.code !== 0) throw new Error(ended.stderr);
  return {
    ...(JSON.parse(resultOf(ended)) as Record<string, unknown>),
    said: ended.stderr,
  } as unknown as { counts: Record<string, number>; checked: string; said: string };
}

/** Runs with the library as it is by now, and makes sure that it stays so. */
async function unchanged<T>(look: () => Promise<T>): Promise<T> {
  const [before] = await Promise.all([host.manifest(folder), host.sh("touch /tmp/started")]);
  const seen = await look();
  const [after, files] = await Promise.all([host.manifest(folder), news()]);
  expect(after).toBe(before);
  expect(files).toBe("");
  return seen;
}

beforeAll(() => host.boot());
afterAll(() => host.remove());
beforeEach(() => host.renew());

const repair =
  "repair it with Plex's own SQLite: https://support.plex.tv/articles/repair-a-corrupted-database/";
const backups =
  "restore it from Plex's own dated backups beside it, then run the same command again";

/** Refuses with these problems, all at once and in this order. */
const refuses = async (
  values: Values,
  problems: readonly [string, string][],
  env: Values = {},
): Promise<void> => {
  expect(await unchanged(() => inspect(values, env))).toEqual(refused(headline, ...problems));
};

/** A folder of programs of which one is this. */
async function programs(name: string, text: string): Promise<Values> {
  await host.sh(
    `rm -rf /tmp/programs; cp --archive /usr/lib/plexmediaserver /tmp/programs; cat >"/tmp/programs/${name}"`,
    text,
  );
  return { PLEX_PROGRAMS: "/tmp/programs" };
}
/** A PATH on which these tools are missing. */
async function without(...tools: string[]): Promise<Values> {
  const paths = tools.map((tool) => `/tmp/tools/${tool}`).join(" ");
  await host.sh(
    `rm -rf /tmp/tools; mkdir /tmp/tools; ln -s /usr/bin/* /usr/sbin/* /usr/local/bin/* /tmp/tools/ 2>/dev/null || true; rm ${paths}`,
  );
  return { PATH: "/tmp/tools" };
}

describe("a sound server", () => {
  test("is described as it was made, whether it runs or not", async () => {
    const counts = {
      ...{ accounts: 4, library_sections: 3, media_items: 120, media_parts: 120, playlists: 3 },
      ...{ "section 1": 12, "section 2": 2, "section 3": 2, metadata_item_views: 100 },
    };
    const stopped = await unchanged(() => found());
    expect(stopped).toMatchObject({ version, claimed: true, active: false, checked: "plex" });
    expect(stopped.counts).toMatchObject(counts);
    expect(stopped.said).toBe("");
    await host.sh("systemctl start plexmediaserver; sleep 1");
    expect(await found()).toMatchObject({ active: true, counts: stopped.counts });
  });

  test("is one, too, where only stock SQLite is at hand", async () => {
    await host.sh(
      "rm -rf /tmp/programs; cp --archive /usr/lib/plexmediaserver /tmp/programs; rm '/tmp/programs/Plex SQLite'",
    );
    const { counts } = await found();
    const values = { PLEX_PROGRAMS: "/tmp/programs" };
    expect(await unchanged(() => found(values))).toMatchObject({ checked: "stock", counts });
    await refuses(
      values,
      [
        [
          "sqlite3 is missing on old-host",
          'sudo apt-get install sqlite3 (there is no "/tmp/programs/Plex SQLite")',
        ],
      ],
      await without("sqlite3"),
    );
  });

  test("may have tables that are not known, and a full-text index that has drifted", async () => {
    await host.sql("CREATE TABLE from_the_future (id INTEGER)");
    const values = await programs(
      "Plex SQLite",
      `#!/bin/sh
case "$*" in
  *integrity_check*) echo 'malformed inverted index for FTS4 table main.fts4_metadata_titles_icu' ;;
  *) exec "/usr/lib/plexmediaserver/Plex SQLite" "$@" ;;
esac
`,
    );
    expect((await unchanged(() => found(values))).said).toMatch(
      /^warning: the full-text index of com\.plexapp\.plugins\.library\.db has drifted; Plex rebuilds it/,
    );
  });

  test("may lie behind a link: its own links do not lead out by that", async () => {
    await host.sh(
      "mkdir -p /mnt/disk; mv /var/lib/plexmediaserver /mnt/disk/; ln -s /mnt/disk/plexmediaserver /var/lib/plexmediaserver",
    );
    const { counts } = await found();
    expect(counts.accounts).toBe(4);
    await host.sh("rm -rf /var/lib/plexmediaserver /mnt/disk");
  });

  test("may have left its log behind: what is committed in it counts", async () => {
    const { counts } = await found();
    await damage("wal", library);
    const after = await unchanged(() => found());
    expect(after.counts).toEqual({ ...counts, accounts: 5 });
  });

  test("may have left a change half done: what it rolls back is not counted", async () => {
    const { counts } = await found();
    await damage("journal", library);
    expect((await unchanged(() => found())).counts).toEqual(counts);
    await host.sh(`rm "${library}-journal"`);
    expect((await inspect()).code).toBe(1);
  });
});

describe("another version", () => {
  const problem = (is: string, why: string): [string, string] => [
    `Plex ${version} runs on old-host, ${is} in the cluster: the versions must be equal (${why})`,
    `pulumi config set --path 'media-homelab:plex.tag' version-${version}`,
  ];

  test.each([
    ["1.43.4.10900-0123456ab", "a newer one would upgrade the database, and there is no way back"],
    ["1.43.3.9999-0123456ab", "an older one can't read this database"],
  ])("%s in the cluster is refused", async (is, why) => {
    await refuses({ VERSION: is }, [problem(is, why)]);
  });

  test.each([
    ["something else", "#!/bin/sh\necho usage: plex\n", "usage: plex"],
    ["an error", "#!/bin/sh\necho v1.43.3.10828-00f62d37d\nexit 1\n", ""],
    ["nothing, since it can't be started", "#!/no/such/shell\n", ""],
  ])("a program that says %s is refused", async (_, text, said) => {
    await refuses(await programs("Plex Media Server", text), [
      [
        `Plex on old-host says "${said}" for its version, expected something like 1.43.0.10492-121068a07`,
        'see what this prints: "/tmp/programs/Plex Media Server" --version',
      ],
    ]);
  });

  test("warnings beside the version are no matter", async () => {
    const values = await programs(
      "Plex Media Server",
      `#!/bin/sh\necho 'libusb: missing' >&2\necho v${version}\n`,
    );
    expect(await found(values)).toMatchObject({ version });
  });
});

describe("missing tools", () => {
  test("are named together, each with its package", async () => {
    const install =
      "sudo apt-get install coreutils diffutils findutils gawk rsync tar util-linux zstd";
    await refuses(
      {},
      [
        ["rsync is missing on old-host", install],
        ["zstd is missing on old-host", install],
        [
          "rrsync is missing on old-host",
          "install rsync 3.2.4 or newer, which brings it (sudo apt-get install rsync)",
        ],
      ],
      await without("zstd", "rsync", "rrsync"),
    );
  });
});

describe("a library that is not there", () => {
  test.each([
    ["a folder that does not exist", "/srv/Library", ""],
    ["a file", "/srv/Library", "touch /srv/Library"],
  ])("%s is refused, with the one that is there", async (_, where, make) => {
    await host.sh(make);
    await refuses({ LIBRARY: where }, [
      [
        `there is no folder ${where} on old-host`,
        'name the folder "Library" of Plex; there is /var/lib/plexmediaserver/Library',
      ],
    ]);
    await host.sh("rm -f /srv/Library");
  });

  test("an empty folder is refused", async () => {
    await host.sh("mkdir -p /srv/Library");
    await refuses({ LIBRARY: "/srv/Library" }, [
      [
        "/srv/Library holds no Plex library: there is no /srv/Library/Application Support/Plex Media Server/Preferences.xml",
        'name the folder that holds "Application Support"',
      ],
    ]);
  });

  test("a link to it is refused, with where it leads", async () => {
    await host.sh(`ln -s ${folder} /srv/link`);
    await refuses({ LIBRARY: "/srv/link" }, [
      ["/srv/link is a symbolic link", `name the folder itself: ${folder}`],
    ]);
    await host.sh("rm /srv/link");
  });

  test("settings that are missing or empty are refused", async () => {
    const problem: [string, string] = [
      `${folder} holds no Plex library: there is no ${home}/Preferences.xml`,
      'name the folder that holds "Application Support"',
    ];
    await host.sh(`: >"${home}/Preferences.xml"`);
    await refuses({}, [problem]);
    await host.sh(`rm "${home}/Preferences.xml"`);
    await refuses({}, [problem]);
  });

  test("settings that name no server are refused", async () => {
    await host.sh(`sed -i 's/ ProcessedMachineIdentifier="[^"]*"//' "${home}/Preferences.xml"`);
    await refuses({}, [
      [
        `${home}/Preferences.xml names no server (ProcessedMachineIdentifier)`,
        "start Plex there once, then run the same command again",
      ],
    ]);
  });
});

describe("what can't be copied", () => {
  const cannotRead = (what: string): [string, string] => [
    `the library's owner can't read: ${what}`,
    `sudo chown -R --reference="${folder}" "${folder}", or correct the modes`,
  ];
  const media = `${home}/Media/localhost`;

  test.each([
    ["a file", `chmod 200 "${media}/empty"`, `${media}/empty`],
    [
      "a file of somebody else",
      `chown root "${media}/empty"; chmod 600 "${media}/empty"`,
      `${media}/empty`,
    ],
    ["a folder", `chmod 311 "${media}"`, media],
    ["the library itself", `chmod 311 ${folder}`, folder],
  ])("%s that can't be read is named", async (_, make, what) => {
    await host.sh(make);
    await refuses({}, [cannotRead(what)]);
  });

  test("a folder that can't be entered is named", async () => {
    await host.sh(`chmod 644 "${media}"`);
    const { code, stderr } = await unchanged(() => inspect());
    expect({ code, said: stderr.split("\n")[1] }).toEqual({
      code: 1,
      said: expect.stringMatching(
        /^✗ the library's owner can't read: .*Media\/localhost/,
      ) as string,
    });
  });

  test("a link that leads nowhere is no matter, unless it leads out and is to be followed", async () => {
    await host.sh(`cd "${media}"; ln -s no-more inside`);
    expect(await unchanged(() => found())).toMatchObject({ version });
    expect(await found({ FOLLOW: "true" })).toMatchObject({ version });
    await host.sh(`cd "${media}"; ln -s /mnt/no-more outside`);
    await refuses({ FOLLOW: "true" }, [
      [
        `a symbolic link that is to be followed leads to what the library's owner can't read: ${media}/outside -> /mnt/no-more`,
        "bring it back, or remove the link",
      ],
    ]);
  });

  test("a pipe is named", async () => {
    await host.sh(`mkfifo "${media}/pipe"; chown plex "${media}/pipe"`);
    await refuses({}, [
      [`neither file nor folder nor link: ${media}/pipe`, "move it out of the library"],
    ]);
  });

  test("links that lead out are counted, unless they are to be followed", async () => {
    await host.sh(
      `mkdir -p /mnt/disk/posters /var/lib/elsewhere; cd "${media}"; ln -s /mnt/disk/posters absolute; ln -s ../../../../../../elsewhere relative; ln -s empty inside`,
    );
    const { code, stderr } = await unchanged(() => inspect());
    expect({ code, lines: stderr.split("\n") }).toEqual({
      code: 1,
      lines: [
        headline,
        expect.stringMatching(
          /^✗ 2 symbolic links lead out of the library, the first: .*Media\/localhost\/(absolute -> \/mnt\/disk\/posters|relative -> \/var\/lib\/elsewhere)$/,
        ),
        "    fix: pulumi config set --path 'media-homelab:plex.migration.followLinks' true, or move what they point to into the library",
        "",
      ],
    });
    expect(await unchanged(() => found({ FOLLOW: "true" }))).toMatchObject({ version });
  });
});

describe("damaged databases", () => {
  const both = [library, blobs];

  test.each<[string, (file: string) => Promise<unknown>, RegExp, string]>([
    ["are missing", (file) => host.sh(`rm "${file}"`), / is missing$/, backups],
    ["are empty", (file) => host.sh(`: >"${file}"`), / is empty \(0 bytes\)$/, backups],
    [
      "are something else",
      (file) => host.sh(`printf 'no database, %99s' here >"${file}"`),
      / is no SQLite database: something else, or encrypted$/,
      backups,
    ],
    [
      "have lost their magic",
      (file) => damage("header", file),
      / is no SQLite database: /,
      backups,
    ],
    [
      "have a wrong page size",
      (file) => damage("page-size", file),
      / has a damaged header \(page size 1001\)$/,
      backups,
    ],
    [
      "are cut short",
      (file) => damage("truncate", file),
      / is cut short: \d+ bytes, its header says \d+$/,
      backups,
    ],
    [
      "have a damaged page",
      (file) => damage("leaf", file),
      / (is damaged: .*page|can't be checked: Error: database disk image is malformed$)/i,
      repair,
    ],
    [
      "have a damaged index",
      (file) => damage("index", file),
      / is damaged: .*(missing from|out of order|wrong # of entries)/,
      repair,
    ],
  ])("are refused if they %s", async (_, make, problem, fix) => {
    for (const file of both) await make(file);
    const { code, stdout, stderr } = await unchanged(() => inspect());
    const lines = stderr.trimEnd().split("\n");
    expect({ code, stdout, first: lines[0], count: lines.length }).toEqual({
      ...{ code: 1, stdout: "", first: headline, count: 5 },
    });
    both.forEach((file, index) => {
      expect(lines[1 + 2 * index]).toMatch(problem);
      expect(lines[1 + 2 * index]?.slice(0, file.length + 3)).toBe(`✗ ${file} `);
      expect(lines[2 + 2 * index]).toBe(`    fix: ${fix}`);
    });
  });

  test("are refused by stock SQLite, too", async () => {
    for (const file of both) await damage("leaf", file);
    const { stderr } = await inspect({ PLEX_PROGRAMS: "/nothing" });
    expect(stderr).toContain(`✗ ${library} is damaged: `);
    expect(stderr).toContain(`✗ ${blobs} is damaged: `);
  });

  test("are refused without a table that a library has", async () => {
    await host.sql("DROP TABLE metadata_item_views; DROP TABLE media_parts");
    await refuses({}, [
      [
        "com.plexapp.plugins.library.db has no table media_parts metadata_item_views",
        "this is no library of a Plex media server: correct plex.migration.source.library",
      ],
    ]);
  });

  test("are refused without one item, unless that is what is wanted", async () => {
    await host.sql("DELETE FROM metadata_items");
    await refuses({}, [
      [
        "the library is empty: not one item",
        "correct plex.migration.source.library, or leave plex.migration out and start with a new server",
      ],
    ]);
    expect((await unchanged(() => found({ ALLOW_EMPTY: "true" }))).counts.metadata_items).toBe(0);
  });
});

describe("the service", () => {
  test("has to be there", async () => {
    await refuses({ SERVICE: "plex" }, [
      [
        "there is no systemd service plex on old-host",
        "correct plex.migration.source.service; see: systemctl list-units | grep -i plex, or docker ps -a",
      ],
    ]);
  });

  test.each(["", "--runtime"])("must not be masked (%s)", async (how) => {
    await host.sh(`systemctl mask --quiet ${how} plexmediaserver`);
    await refuses({}, [
      [
        "plexmediaserver is masked on old-host: it could not be put back into service",
        "sudo systemctl unmask plexmediaserver",
      ],
    ]);
  });

  test("must be what has the database open", async () => {
    await host.sh(`setsid sleep 100 3<>"${library}" >/dev/null 2>&1 & echo $! >/tmp/pid`);
    await refuses({}, [
      [
        "plexmediaserver does not run, but a process has its database open",
        `find and stop it: sudo fuser -v "${library}"`,
      ],
    ]);
    await host.sh("kill $(cat /tmp/pid)");
  });
});

test("little room for the backup is refused", async () => {
  const { code, stderr } = await unchanged(() => inspect({ BACKUP_DIR: "/small" }));
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(
      /^The old server .*:\n✗ only [\d.]+ \w+ free in \/small on old-host, 25\d\.\d MiB are needed for the backup of the databases and its check\n {4}fix: free some, or name another folder: pulumi config set --path 'media-homelab:plex\.migration\.source\.backupDir' \/mnt\/…\n$/,
    ) as string,
  });
});

test("all that is wrong is told at once", async () => {
  await host.sh(
    `mkfifo "${home}/pipe"; chown plex "${home}/pipe"; : >"${blobs}"; rm "${databases}/com.plexapp.plugins.library.db"`,
  );
  await refuses(
    { VERSION: "1.43.4.10900-0123456ab", SERVICE: "plex" },
    [
      [
        "zstd is missing on old-host",
        "sudo apt-get install coreutils diffutils findutils gawk rsync tar util-linux zstd",
      ],
      [
        `Plex ${version} runs on old-host, 1.43.4.10900-0123456ab in the cluster: the versions must be equal (a newer one would upgrade the database, and there is no way back)`,
        `pulumi config set --path 'media-homelab:plex.tag' version-${version}`,
      ],
      [
        "there is no systemd service plex on old-host",
        "correct plex.migration.source.service; see: systemctl list-units | grep -i plex, or docker ps -a",
      ],
      [`neither file nor folder nor link: ${home}/pipe`, "move it out of the library"],
      [`${library} is missing`, backups],
      [`${blobs} is empty (0 bytes)`, backups],
    ],
    await without("zstd"),
  );
});

test("the token of the account is in nothing that is said", async () => {
  const { stdout, stderr } = await inspect();
  expect(stdout + stderr).not.toContain("canary-plex-online-token");
  expect(scriptText("lab/library/generate.py")).toContain("canary-plex-online-token");
});
