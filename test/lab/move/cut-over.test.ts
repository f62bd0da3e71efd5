/** What the new server is asked before the move is over. Plex's stand-in runs in a pod's place, on a tiny library. */
import { well } from "../../support/scripts";
import {
  Machine,
  died,
  images,
  quoted,
  refused,
  resultOf,
  textOf,
  version,
  type Values,
} from "./machines";

jest.setTimeout(60_000);

const pod = new Machine("move-cut-over");
const home = "/config/Library/Application Support/Plex Media Server";
const database = `${home}/Plug-in Support/Databases/com.plexapp.plugins.library.db`;
const token = "canary-plex-online-token-9b21";
const moved = "/mnt/nas-plex\t/media/library";
const goesOn = "nothing is lost: the old server goes on with all of them";
const logs = "see: kubectl --context lab --namespace media logs statefulset/plex";
const [lacks, immovable] = [
  "The new server lacks something of the old one:",
  "The sections of the new server could not be moved:",
];
let counts: string, identity: string;

const sql = (statement: string) =>
  pod.sh(`exec "/usr/lib/plexmediaserver/Plex SQLite" ${quoted(database)} "$SQL"`, "", {
    SQL: statement,
  });
const cutOver = (values: Values = {}, env: Values = {}) =>
  pod.far(
    "server",
    "plex/server/cut-over.sh",
    {
      ...{ IDENTITY: identity, CLAIMED: "true", COUNTS: counts, PATHS: moved, SETTLE: "0" },
      ...values,
    },
    env,
  );

/** The server, on what lies on the claim by now; it runs a changed program if one is given. */
async function serve(change = ":") {
  await pod.sh(
    `rm -rf /tmp/program; cp -a /usr/lib/plexmediaserver /tmp/program; cd /tmp/program; ${change}
     chown -R 911:911 /config
     setsid "/tmp/program/Plex Media Server" >/tmp/log 2>&1 </dev/null &
     for _ in $(seq 100); do curl -sf -o /dev/null http://127.0.0.1:32400/identity && exit 0; sleep 0.1; done; cat /tmp/log; exit 1`,
  );
}

beforeAll(async () => {
  await pod.start(images.plex, ["--entrypoint=/usr/bin/tini"], "--", "sleep", "infinity");
  const options = ["--profile=tiny", "--library=/pristine", "--media=/pristine/media"];
  await pod.python(
    textOf("lab/library/generate.py"),
    ...options,
    "--media-path=/mnt/nas-plex",
    `--version=${version}`,
  );
  await pod.sh(
    "find /pristine/Library -path '*/Metadata/*' -delete; find /pristine/Library -path '*/Media/localhost/*' -delete",
  );
  identity = await pod.sh(
    `sed -n 's/.* ProcessedMachineIdentifier="\\([^"]*\\)".*/\\1/p' "/pristine/Library/Application Support/Plex Media Server/Preferences.xml"`,
  );
  const count = `${textOf("migrations/lib/common.sh")}${textOf("migrations/lib/sqlite.sh")}${textOf("migrations/plex/sqlite.sh")}
    sqlite() { "/usr/lib/plexmediaserver/Plex SQLite" "$@"; }; counts "${database.replace("/config", "/pristine")}"`;
  counts = (await pod.attempt(["bash", "--norc", "-s"], count)).stdout.trim();
});
afterAll(() => pod.remove());
beforeEach(async () => {
  await pod.sh(
    `pkill -KILL --full '[/]tmp/program' || true
     rm -rf /config/Library /media /mnt/nas-plex; mkdir -p /config /media
     cp --archive /pristine/Library /config/; cp --archive /pristine/media /media/library`,
  );
});

const places = () => sql("SELECT root_path FROM section_locations ORDER BY id");
const people = () =>
  sql(
    "SELECT * FROM metadata_item_settings ORDER BY id; SELECT id, guid FROM metadata_items ORDER BY id",
  );

describe("a server that has all", () => {
  test("gets its sections moved, and nobody's marks are lost; asked again, nothing changes", async () => {
    const before = await people();
    await serve();
    const ended = await cutOver();
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(resultOf(ended))).toMatchObject({
      ...{ identity, version, sections: 3, items: 16, moved: 3, played: 9 },
      counts: { accounts: 4, playlists: 3 },
    });
    expect(await places()).toBe("/media/library/movies\n/media/library/tv\n/media/library/music");
    expect(await people()).toBe(before);
    expect(await pod.sh(`grep -c 'autoEmptyTrash="0"' "${home}/Preferences.xml"`)).toBe("1");

    const parts = () => sql("SELECT id, file, deleted_at FROM media_parts ORDER BY id");
    const then = await parts();
    expect(JSON.parse(resultOf(await cutOver()))).toMatchObject({ moved: 0, items: 16, played: 9 });
    expect(await parts()).toBe(then);
    expect(await people()).toBe(before);
  });

  test("may have names with anything in them", async () => {
    const [name, folder] = [`Kids' & "Größe" <1> 100%`, `mo & "v" ü's;$(x)+%41`];
    const text = (value: string) => value.replaceAll("'", "''");
    await sql(
      `UPDATE library_sections SET name = '${text(name)}' WHERE id = 1;
       UPDATE section_locations SET root_path = '/mnt/nas-plex/${text(folder)}' WHERE library_section_id = 1;
       UPDATE media_parts SET file = replace(file, '/mnt/nas-plex/movies/', '/mnt/nas-plex/${text(folder)}/')`,
    );
    await pod.sh(`mv /media/library/movies /media/library/${quoted(folder)}`);
    await serve();
    expect(await cutOver()).toMatchObject({ code: 0, stderr: "" });
    expect(await sql("SELECT name FROM library_sections WHERE id = 1")).toBe(name);
    expect((await places()).split("\n")[0]).toBe(`/media/library/${folder}`);
  });

  test("is asked without its token being seen in an argument or in what is said", async () => {
    await pod.sh(
      "mkdir -p /tmp/seen; cat >/tmp/seen/curl; chmod +x /tmp/seen/curl; rm -f /tmp/args",
      '#!/bin/sh\nps -eo args >>/tmp/args\nexec /usr/bin/curl "$@"\n',
    );
    await serve();
    const ended = await cutOver({}, { PATH: "/tmp/seen:/usr/local/bin:/usr/bin:/bin" });
    well(ended);
    const seen = await pod.sh("cat /tmp/args");
    expect(seen).toContain("/tmp/seen/curl --config -");
    expect(seen + ended.stdout + ended.stderr).not.toContain(token);
  });
});

describe("a server that is not the old one", () => {
  test("is refused with all by which it differs", async () => {
    await serve();
    expect(
      await cutOver({ IDENTITY: "somebody", VERSION: "1.0.0.1-abc", CLAIMED: "false" }),
    ).toEqual(
      refused(
        "The new server is not the old one:",
        [
          `the new server is another one: found ${identity}, expected somebody`,
          "its settings did not arrive; the old server goes on",
        ],
        [
          `the new server is Plex ${version}, expected 1.0.0.1-abc`,
          "leave VERSION=docker as it is, and the image's tag at the old server's version",
        ],
        [
          "the new server belongs to an account, the old one to nobody",
          "claim it in its web UI, or sign the old server in first",
        ],
      ),
    );
    expect(await places()).toContain("/mnt/nas-plex/movies");
  });

  test("is refused if it does not answer", async () => {
    expect(await cutOver()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        died("Plex does not answer on http://127.0.0.1:32400/identity", logs),
      ) as string,
    });
  });
});

describe("a server is refused", () => {
  test("that would empty its trash, before any section is moved", async () => {
    await serve("sed -i 's/        save(wanted)/        pass/' 'Plex Media Server'");
    const { code, stderr } = await cutOver();
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: died(
        "Plex would empty its trash by itself, and with it forget what is away for a moment",
        logs,
      ),
    });
    expect(await places()).toContain("/mnt/nas-plex/movies");
  });

  test("that lacks a section", async () => {
    await serve();
    expect(
      await cutOver({ COUNTS: counts.replace('"library_sections":3', '"library_sections":4') }),
    ).toEqual(refused(immovable, ["the new server has 3 library sections, expected 4", logs]));
  });

  test("that lacks one item", async () => {
    await sql(
      "DELETE FROM metadata_items WHERE metadata_type = 1 AND id = (SELECT MIN(id) FROM metadata_items WHERE metadata_type = 1)",
    );
    await pod.sh("true");
    await serve();
    const { code, stderr } = await cutOver({ PATHS: "" });
    expect(code).toBe(1);
    expect(stderr).toContain(`✗ "Movies" has 11 items, expected 12\n    fix: ${goesOn}\n`);
  });

  test("where the media are not mounted, for each section", async () => {
    await pod.sh("rm -rf /media/library");
    await serve();
    const problem = (name: string, folder: string): [string, string] => [
      `the folder /mnt/nas-plex/${folder} of "${name}" would be /media/library/${folder}, which is not in the pod`,
      "correct plex.migration.paths, or what storage.library exports",
    ];
    expect(await cutOver()).toEqual(
      refused(
        immovable,
        problem("Movies", "movies"),
        problem("TV", "tv"),
        problem("Music", "music"),
      ),
    );
    expect(await places()).toBe("/mnt/nas-plex/movies\n/mnt/nas-plex/tv\n/mnt/nas-plex/music");
  });

  test("whose parts are not there", async () => {
    await pod.sh(
      "mkdir /mnt/nas-plex; cp -a /media/library/tv /media/library/music /mnt/nas-plex/",
    );
    await serve();
    const { code, stderr } = await cutOver({ PATHS: "" });
    expect(code).toBe(1);
    expect(stderr.split("\n").filter((line) => line.startsWith("✗"))).toEqual(
      Array<unknown>(3).fill(
        expect.stringMatching(/^✗ "Movies": \/mnt\/nas-plex\/movies\/.* is not in the pod$/),
      ),
    );
  });

  test("where people have less of anything than before, and all of it is told", async () => {
    const tables = ["accounts", "metadata_item_settings", "metadata_item_views"];
    const deleted = tables.map(
      (table) => `DELETE FROM ${table} WHERE id = (SELECT MAX(id) FROM ${table})`,
    );
    await sql([...deleted, "DELETE FROM metadata_items WHERE metadata_type = 15"].join("; "));
    await serve();
    const had = JSON.parse(counts) as Record<string, number>;
    const less = (name: string, left: number): [string, string] => [
      `${name}: the new server has ${String(left)}, the old one had ${String(had[name])}`,
      goesOn,
    ];
    expect(await cutOver()).toEqual(
      refused(
        lacks,
        ...tables.map((table) => less(table, (had[table] ?? 0) - 1)),
        less("playlists", 0),
      ),
    );
  });

  test("that takes new folders and keeps to the old ones", async () => {
    await serve("sed -i 's/            if not locations:/            if True:/' library.py");
    const { code, stderr } = await cutOver();
    expect(code).toBe(1);
    for (const [name, folder] of [
      ["Movies", "movies"],
      ["TV", "tv"],
      ["Music", "music"],
    ])
      expect(stderr).toContain(
        `✗ "${name ?? ""}" still looks for its media in /mnt/nas-plex/${folder ?? ""}\n    fix: edit the section in Plex's web UI\n`,
      );
  });
});
