/**
 * What has been brought from an old server, on the claim: nothing is taken over that is not what the source has, and
 * a library is in its place whole or not at all. The importer pulls over SSH from a host of its own.
 */
import { well } from "../../support/scripts";
import {
  composed,
  images,
  Machine,
  OldHost,
  died,
  given,
  refused,
  resultOf,
  textOf,
  sourceScript,
  type Values,
} from "./machines";

jest.setTimeout(60_000);

const source = new OldHost("move-arrive-source");
const importer = new Machine("move-arrive-importer");
const plex = new Machine("move-arrive-plex");

const state = "/config/.migration";
const staging = `${state}/library`;
const inLibrary = "Application Support/Plex Media Server";
const home = `${staging}/${inLibrary}`;
const contents = `${home}/Metadata/Movies/0/ddba11.bundle/Contents`;
const archive = "/var/backups/plex/plex-g1.tar.zst";
const again = "run the same command again";

/** Of the hold in which the library was brought, and of the server. */
let epoch: string, identity: string, counts: string, limit: string, digest: string;

async function passed(script: string, values: Values = {}): Promise<string> {
  const ended = await importer.far("importer", `plex/importer/${script}.sh`, values);
  if (ended.code !== 0) throw new Error(ended.stderr);
  return resultOf(ended);
}
const transfer = (values: Values = {}) =>
  importer.far("importer", "plex/importer/transfer.sh", {
    ...{ EPOCH: epoch, DIGEST: digest, ARCHIVE: "plex-g1.tar.zst", LIMIT: limit },
    ...values,
  });
const compare = (values: Values = {}) =>
  importer.far("importer", "plex/importer/compare.sh", { EPOCH: epoch, ...values });
const verify = (values: Values = {}) =>
  importer.far("importer", "plex/importer/verify.sh", {
    ...{ EPOCH: epoch, IDENTITY: identity },
    ...values,
  });

const notOfThisHold = (done: string) =>
  died(`what lies on the claim was not ${done} in this hold`, again);

/** Lines of a manifest by path, without what a migration leaves behind or what differs on purpose. */
function kept(manifest: string, ...without: readonly RegExp[]): string[] {
  const behind = /\/(Cache|Codecs|Crash Reports|Logs|plexmediaserver\.pid)(\/|\t)|^\.\t/;
  return manifest
    .split("\n")
    .filter((line) => ![behind, ...without].some((pattern) => pattern.test(line)))
    .map((line) => line.replace("\t997:997\t", "\t1000:1000\t").trimEnd());
}
const databases = /Plug-in Support\/Databases(\/|\t)/;
/** Its content came with the archive and was changed for the new server; its folder's time with it. */
const settings = /Plex Media Server(\/Preferences\.xml)?\t|Plug-in Support\t/;

beforeAll(async () => {
  await Promise.all([source.boot(["--tmpfs=/packed"]), plex.remove(), importer.remove()]);
  await importer.start(
    images.importer,
    [
      ...[`--network=container:move-arrive-source`, "--volume=/config", "--tmpfs=/keys"],
      ...["--tmpfs=/prepared", "--tmpfs=/tmp:exec"],
    ],
    ...["sleep", "infinity"],
  );
  await plex.start(
    images.plex,
    ["--volumes-from=move-arrive-importer", "--entrypoint=sleep"],
    "infinity",
  );
  await source.renew();

  const on = async (script: string, values: Values = {}) => {
    const ended = await source.far("source", sourceScript(script), values);
    if (ended.code !== 0) throw new Error(ended.stderr);
    return JSON.parse(resultOf(ended)) as Record<string, string>;
  };
  identity = (await on("inspect")).identity ?? "";
  epoch = String((await on("stop")).epoch);
  const packed = await on("archive", { EPOCH: epoch });
  [digest, counts, limit] = [
    packed.digest ?? "",
    JSON.stringify(packed.counts),
    String(packed.unpacked),
  ];
  await on("admit", { KEYS: await passed("keys"), FROM: "127.0.0.1" });
  await source.sh(
    `cp ${archive} /packed/; cd /packed; mkdir members; tar --zstd -xf *.zst -C members`,
  );

  await importer.sh(`mkdir -p ${state}`);
  await passed("pre-copy");
  await passed("catch-up", { EPOCH: epoch });
  const ended = await transfer();
  if (ended.code !== 0) throw new Error(ended.stderr);
  await passed("compare", { EPOCH: epoch });
  await passed("verify", { EPOCH: epoch, IDENTITY: identity });
  await importer.sh("cp --archive /config/. /prepared/");
});
afterAll(() => Promise.all([source, importer, plex].map((machine) => machine.remove())));
beforeEach(async () => {
  await importer.sh("find /config -mindepth 1 -delete; cp --archive /prepared/. /config/");
});

describe("an archive", () => {
  beforeEach(() => importer.sh(`rm -rf ${state}/databases`));
  afterEach(async () => {
    await source.sh(`cp /packed/plex-g1.tar.zst ${archive}`);
    expect(await importer.sh(`ls /tmp ${state}/databases 2>/dev/null || true`)).not.toMatch(/evil/);
  });

  const tampered = (what: string) =>
    source.python(textOf("test/lab/move/archive.py"), "/packed/members", archive, what);
  /** Nothing was unpacked, and nobody takes it for brought. */
  const nothingBrought = async () => {
    expect(
      await importer.sh(`ls -d ${state}/databases ${state}/transferred 2>/dev/null || true`),
    ).toBe("");
  };

  test("with another digest is thrown away", async () => {
    const is = await tampered("nothing");
    expect(await transfer()).toMatchObject({
      code: 1,
      stderr: died(
        `the archive has arrived with another digest: ${is}, expected ${digest}`,
        "run the same command again: it is fetched anew",
      ),
    });
    await nothingBrought();
    expect(await importer.sh(`ls ${state}/archive`)).toBe("");
    await source.sh(`cp /packed/plex-g1.tar.zst ${archive}`);
    well(await transfer());
  });

  const unnamed = (name: string) => `the archive holds ${name}, which no Plex database is named`;
  const noFile = (name: string) => `the archive holds something that is no file: ${name}`;
  const log = "com.plexapp.plugins.library.db-wal";
  const changed = "nothing was unpacked; was plex-g1.tar.zst changed on the source?";
  test.each([
    ["an absolute path", "absolute", unnamed("/tmp/evil")],
    [
      "an absolute path of a good name",
      "absolute-database",
      unnamed("/tmp/com.plexapp.plugins.library.db"),
    ],
    ["a path that leads up", "parent", unnamed("../evil")],
    [
      "a path that leads up behind a good name",
      "parent-database",
      unnamed("com.plexapp.plugins.library.db-x/../../../evil-wal"),
    ],
    [
      "a folder with a good name's beginning",
      "folder-of-database",
      unnamed("com.plexapp.plugins.library.db-x/evil-wal"),
    ],
    ["a name that no database has", "unknown", unnamed("com.plexapp.plugins.library.db-shm")],
    ["a symbolic link", "symlink", noFile(`${log} -> /etc/passwd`)],
    ["a hard link", "hard-link", noFile(`${log} link to Preferences.xml`)],
    ["a device", "device", noFile(log)],
    ["a pipe", "pipe", noFile(log)],
    ["a folder", "folder", noFile("com.plexapp.plugins.library.db/")],
  ])("with %s is not unpacked", async (_, what, problem) => {
    const ended = await transfer({ DIGEST: await tampered(what) });
    expect(ended.stderr.replace(/^tar: Removing leading.*\n/gm, "")).toBe(died(problem, changed));
    expect(ended.code).toBe(1);
    await nothingBrought();
  });

  test("with more bytes than were announced is not unpacked", async () => {
    const ended = await transfer({ DIGEST: await tampered("more") });
    expect(ended.stderr).toMatch(
      new RegExp(
        `^✗ the archive unpacks to 9\\d{6} bytes, more than the ${limit} that were announced\n    nothing was unpacked\n$`,
      ),
    );
    expect(ended.code).toBe(1);
    await nothingBrought();
  });

  test("gives no file rights that it had", async () => {
    const DIGEST = await tampered("setuid");
    well(await transfer({ DIGEST, LIMIT: "900000" }));
    expect(await importer.sh(`stat -c '%a %u:%g' ${state}/databases/* | sort -u`)).toBe(
      "600 1000:1000",
    );
  });
});

describe("what has arrived", () => {
  test("is what the source has, odd names and all", async () => {
    const before = kept(await source.manifest(given.LIBRARY), databases);
    const after = kept(await importer.manifest(staging), databases);
    expect(after).toEqual(before);
    expect(before.filter((line) => line.includes("touch pwned"))).toHaveLength(4);
    well(await compare());
    expect(await verify()).toMatchObject({ code: 0, stderr: "" });
  });

  test.each([
    ["a file has another size", `echo x >>"${contents}/_combined/empty.jpg"`, "empty.jpg"],
    ["a file has another time", `touch "${contents}/_combined/empty.jpg"`, "empty.jpg"],
    ["a file has another mode", `chmod 640 "${contents}/_combined/empty.jpg"`, "empty.jpg"],
    ["a file has another owner", `chown 1:1 "${contents}/_combined/empty.jpg"`, "empty.jpg"],
    ["a file is missing", `rm "${contents}/_combined/empty.jpg"`, "empty.jpg"],
    ["a file was added", `: >"${contents}/_combined/added.jpg"`, "added.jpg"],
    ["a folder was added", `mkdir "${contents}/added"`, "added/"],
    ["a folder is missing", `rm -r "${contents}/_stored"`, "_stored/"],
    ["a link leads elsewhere", `ln -sf elsewhere "${contents}/_combined/poster.jpg"`, "poster.jpg"],
    [
      "a link is a file",
      `rm "${contents}/_combined/poster.jpg"; echo >"${contents}/_combined/poster.jpg"`,
      "poster.jpg",
    ],
  ])("is refused if %s", async (_, make, name) => {
    const time = await importer.sh(`stat -c @%.9Y "${contents}" "${contents}/_combined"`);
    const [outer = "", inner = ""] = time.split("\n");
    // The folder's own time would tell all the same.
    await importer.sh(
      `${make}; touch --date=${outer} "${contents}"; touch --date=${inner} "${contents}/_combined"`,
    );
    const { code, stdout, stderr } = await compare();
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^✗ what has arrived differs from its source: \d+ entries, the first: /);
    expect(stderr.split("\n")[0]).toContain(`ddba11.bundle/Contents/`);
    expect(stderr.split("\n")[0]).toContain(name);
    expect(stderr).toContain(`\n    ${again}: it is fetched anew\n`);
    // An earlier comparison counts no more.
    expect(await verify()).toMatchObject({ code: 1, stderr: notOfThisHold("compared") });
  });

  test("is refused if the settings are of another server", async () => {
    await importer.sh(`sed -i 's/${identity}/0123456789/' ${state}/databases/Preferences.xml`);
    expect(await verify()).toEqual({
      code: 1,
      stdout: "",
      stderr: died(
        `the settings that have arrived are of the server "0123456789", expected "${identity}"`,
        again,
      ),
    });
  });

  test("is refused if it is of another hold", async () => {
    const EPOCH = "0123456789ab";
    const refusal = (done: string) => ({ code: 1, stdout: "", stderr: notOfThisHold(done) });
    expect(await transfer({ EPOCH })).toEqual(refusal("fetched"));
    expect(await compare({ EPOCH })).toEqual(refusal("fetched"));
    expect(await verify({ EPOCH })).toEqual(refusal("compared"));
    well(await importer.far("importer", "plex/importer/catch-up.sh", { EPOCH }));
    // What was brought in another hold may be out of date.
    expect(await verify()).toEqual(refusal("compared"));
    well(await compare({ EPOCH }));
    expect(await verify({ EPOCH })).toEqual(refusal("transferred"));
  });

  test("is counted by Plex's own SQLite, row by row", async () => {
    const count = async () => {
      const ended = await plex.far("plex", "plex/importer/count.sh");
      well(ended);
      return resultOf(ended);
    };
    const database = `${state}/databases/com.plexapp.plugins.library.db`;
    expect(await count()).toBe(counts);
    await plex.sh(
      `"/usr/lib/plexmediaserver/Plex SQLite" ${database} "DELETE FROM metadata_item_views WHERE id = 1"`,
    );
    expect(await count()).toBe(
      counts.replace('"metadata_item_views":100', '"metadata_item_views":99'),
    );
  });

  test("is refused if a database is cut short", async () => {
    const database = "com.plexapp.plugins.library.blobs.db";
    await importer.sh(`truncate -s -4096 ${state}/databases/${database}`);
    const { code, stderr } = await plex.far("plex", "plex/importer/count.sh");
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^✗ com\.plexapp\.plugins\.library\.blobs\.db has arrived and is cut short: \d+ bytes, its header says \d+\n {4}run the same command again: it is fetched anew\n$/,
    );
  });
});

describe("the claim", () => {
  const probe = (values: Values = {}) => importer.far("importer", "plex/importer/probe.sh", values);
  const refusedWith = async (what: string, fix: string, values: Values = {}) => {
    const before = await importer.manifest("/config/Library").catch(() => "");
    expect(await probe(values)).toEqual(
      refused("The cluster is not ready; nothing was stopped:", [what, fix]),
    );
    expect(await importer.manifest("/config/Library").catch(() => "")).toBe(before);
  };
  const foreign = (attributes: string) =>
    importer.sh(
      `mkdir -p "/config/Library/${inLibrary}"; cat >"/config/Library/${inLibrary}/Preferences.xml"`,
      `<Preferences MachineIdentifier="x" ${attributes}/>`,
    );
  const replace =
    "if nobody needs it: pulumi config set --path 'media-homelab:plex.migration.replace' true (it is kept aside, in /config/.migration/previous)";

  test("may hold nothing, or an attempt that was broken off", async () => {
    expect(JSON.parse(resultOf(await probe()))).toMatchObject({ holds: "attempt" });
    await importer.sh("rm -rf /config/.migration");
    expect(JSON.parse(resultOf(await probe()))).toMatchObject({ holds: "nothing", present: 0 });
  });

  test("must not hold a server's library that no migration has brought, unless it may be put aside", async () => {
    await foreign('FriendlyName="Theirs" PlexOnlineToken="canary"');
    await refusedWith(
      `the claim holds a Plex library that no migration has brought: a claimed server's, "Theirs"`,
      replace,
    );
    well(await probe({ REPLACE: "true" }));
    expect(await importer.sh("ls /config/Library")).toBe("Application Support");
  });

  test("must not hold what a server left that was started once", async () => {
    await foreign("");
    await refusedWith(
      "the claim holds a Plex library that no migration has brought: a server's that was started once and never claimed",
      replace,
    );
  });

  test("must not hold a generation that was rolled back, or a newer one", async () => {
    await passed("mark", { SAY: "rolled-back" });
    await refusedWith(
      "generation 1 was rolled back on this claim",
      "pulumi config set --path 'media-homelab:plex.migration.generation' 2",
    );
    well(await probe({ GENERATION: "2" }));
    await importer.sh(
      `rm ${state}/rolled-back; echo '3 abc' >${state}/arrived; mkdir /config/Library`,
    );
    await refusedWith(
      "the claim holds generation 3, newer than 1",
      "pulumi config set --path 'media-homelab:plex.migration.generation' 4",
    );
  });
});

describe("the mounts of the media", () => {
  const mounts = (values: Values) => plex.far("plex", "plex/importer/mounts.sh", values);

  test("are looked at as the new server's user, and left as they were", async () => {
    await plex.sh(
      "rm -rf /tmp/media; mkdir -p /tmp/media/full/film /tmp/media/open; chown 1000:1000 /tmp/media/open",
    );
    const values = { MEDIA: "/tmp/media/full", WRITABLE: "/tmp/media/open" };
    expect(await mounts(values)).toEqual({ code: 0, stdout: "result seen\n", stderr: "" });
    expect(await plex.sh("ls -A /tmp/media/open")).toBe("");
  });

  test("that are empty, away, closed or read-only are told together", async () => {
    await plex.sh(
      "rm -rf /tmp/media; mkdir -p /tmp/media/empty /tmp/media/closed/film /tmp/media/others; chmod 700 /tmp/media/closed",
    );
    const unread = (folder: string): [string, string] => [
      `/tmp/media/${folder} is empty, or can't be read by 1000:1000, in the cluster`,
      "check the export, its path and its permissions: storage.library and storage.optimized",
    ];
    expect(
      await mounts({
        MEDIA: "/tmp/media/empty\n/tmp/media/away\n/tmp/media/closed",
        WRITABLE: "/tmp/media/others",
      }),
    ).toEqual(
      refused(
        "The media are not ready in the cluster; nothing was stopped:",
        unread("empty"),
        unread("away"),
        unread("closed"),
        [
          "/tmp/media/others can't be written to by 1000:1000 in the cluster",
          "check the export's permissions for that user, and its root squashing",
        ],
      ),
    );
  });
});

describe("putting it in its place", () => {
  const promote = () => importer.far("importer", "plex/importer/promote.sh", { EPOCH: epoch });
  const verified = (EPOCH = epoch) => importer.sh(`echo 1 ${EPOCH} >${state}/verified`);

  test("brings the library whole, with a server that never empties its trash", async () => {
    await verified();
    expect(await promote()).toEqual({ code: 0, stdout: "result arrived\n", stderr: "" });
    const after = await importer.manifest("/config/Library");
    expect(kept(after, databases, settings)).toEqual(
      kept(await source.manifest(given.LIBRARY), databases, settings),
    );
    const files = (folder: string) =>
      `cd "${folder}/${inLibrary}/Plug-in Support/Databases"; sha256sum *`;
    expect(await importer.sh(files("/config/Library"))).toBe(await source.sh(files(given.LIBRARY)));
    const text = await source.sh(`cat "${OldHost.home}/Preferences.xml"`);
    expect(await importer.sh(`cat "/config/Library/${inLibrary}/Preferences.xml"`)).toBe(
      text.replace('autoEmptyTrash="1"', 'autoEmptyTrash="0"'),
    );
    expect(
      await importer.sh(
        `cat ${state}/arrived; ls -A ${state} | grep -c -e databases -e '^library$' || true`,
      ),
    ).toBe(`1 ${epoch}\n0`);
    expect(after).not.toMatch(/\t(997:997|0:0)\t/);
  });

  test("waits until it was verified in this hold", async () => {
    await verified("0123456789ab");
    expect(await promote()).toEqual({
      code: 1,
      stdout: "",
      stderr: died("what lies on the claim was not verified in this hold", again),
    });
    expect(await importer.sh("ls -A /config")).toBe(".migration");
  });

  test.each([
    ["an empty claim", ""],
    ["a foreign library on it", `mkdir /config/Library; echo theirs >/config/Library/theirs`],
    [
      "an earlier library of ours",
      `mkdir /config/Library; echo old >/config/Library/old; echo 1 >${state}/in-place; echo '1 before' >${state}/arrived`,
    ],
  ])("killed before any of its commands, it ends the same (%s)", async (_, make) => {
    // A library of a few files: it is put in its place a good many times.
    await importer.sh(
      `cd "${home}"; find Metadata Media Cache Codecs "Crash Reports" Logs -mindepth 1 -delete 2>/dev/null || true; echo x >Metadata/x; ${make}`,
    );
    await verified();
    const script = "plex/importer/promote.sh";
    await importer.sh("cat >/tmp/script", await composed("importer", script, { EPOCH: epoch }));
    const ended = await importer.attempt(["bash", "--norc"], textOf("test/lab/move/killed.sh"));
    expect(ended).toEqual({
      ...{ code: 0, stderr: "" },
      stdout: expect.stringMatching(
        /^killed before each of [12]\d commands: it ended the same\n/,
      ) as string,
    });
    const aside = _.includes("foreign")
      ? "previous/theirs"
      : _.includes("earlier")
        ? "outdated/old"
        : "";
    expect(await importer.sh(`ls ${state}/${aside}`)).toContain(aside && `${state}/${aside}`);
  });
});
