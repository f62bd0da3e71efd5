/** The archive of a stopped server's databases: proved by being unpacked, or not made. */
import { OldHost, resultOf, textOf, type Values } from "./machines";

jest.setTimeout(60_000);

const host = new OldHost("move-archive");
const { databases, home, library, blobs } = OldHost;
const archive = "/var/backups/plex/plex-g1.tar.zst";
let epoch: string;

const pack = (values: Values = {}, env: Values = {}) =>
  host.far("source", "plex/source/archive.sh", { EPOCH: epoch, ...values }, env);
const made = () => host.sh("cd /var/backups/plex; ls -A | grep -v plex-service-before || true");

async function stop(values: Values = {}) {
  const ended = await host.far("source", "lib/source/stop.sh", values);
  if (ended.code !== 0) throw new Error(ended.stderr);
  epoch = /"epoch":"?(\w+)/.exec(ended.stdout)?.[1] ?? "";
}

beforeAll(() => host.boot());
afterAll(() => host.remove());
beforeEach(async () => {
  await host.renew();
  await host.sh("rm -rf /tmp/programs");
});

const whole =
  "plex-g1.tar.zst\nplex-g1.tar.zst.epoch\nplex-g1.tar.zst.json\nplex-g1.tar.zst.sha256";

test("holds the databases and the settings byte by byte, and says what is in them", async () => {
  await host.python(textOf("test/lab/move/damage.py"), library, "wal");
  await stop();
  const before = await host.manifest("/var/lib/plexmediaserver");
  const ended = await pack();
  expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: "" });
  const said = JSON.parse(resultOf(ended)) as { digest: string; counts: object };
  expect(said).toMatchObject({
    checked: "plex",
    counts: { accounts: 5, metadata_items: 139, metadata_item_views: 100, "section 1": 12 },
  });
  expect(await made()).toBe(whole);
  expect(
    await host.sh(
      `sha256sum <${archive} | cut -d' ' -f1; cd /var/backups/plex; sha256sum -c *.sha256`,
    ),
  ).toBe(`${said.digest}\nplex-g1.tar.zst: OK`);
  expect(await host.sh(`cat ${archive}.epoch`)).toBe(epoch);
  const unpack = `rm -rf /tmp/out; mkdir /tmp/out; cd /tmp/out; tar --zstd -xf ${archive}`;
  expect(await host.sh(`${unpack}; sha256sum *`)).toBe(
    await host.sh(
      `cd "${databases}"; sha256sum $(ls | grep -v shm) | cat - <(cd "${home}"; sha256sum Preferences.xml) | sort -k2,2`,
    ),
  );
  expect(
    await host.sh("stat -c '%a %U' /var/backups/plex/plex-g1* /var/backups/plex | sort -u"),
  ).toBe("600 root\n700 root");
  expect(await host.manifest("/var/lib/plexmediaserver")).toBe(before);
});

test.each([
  ["leaf", library],
  ["index", blobs],
  ["truncate", blobs],
])("is not made of a database that is found to be damaged only now (%s)", async (what, file) => {
  await host.python(textOf("test/lab/move/damage.py"), file, what);
  await stop();
  const { code, stdout, stderr } = await pack();
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr.startsWith(`✗ ${file} `)).toBe(true);
  expect(stderr).toContain(
    "\n    the old server is put back into service; repair it there: https://",
  );
  expect(await made()).toBe("");
});

test("is not made without a database", async () => {
  await host.sh(`rm "${blobs}"`);
  await stop();
  const { code, stderr } = await pack();
  expect({ code, first: stderr.split("\n")[0] }).toEqual({
    code: 1,
    first: `✗ ${blobs} is missing`,
  });
  expect(await made()).toBe("");
});

test("is not made of a database that changes meanwhile", async () => {
  await stop();
  await host.sh(
    `mkdir -p /tmp/programs; cat >/tmp/programs/zstd; chmod +x /tmp/programs/zstd`,
    `#!/bin/sh\ncase "$*" in *--decompress*) printf x | dd of='${library}' bs=1 seek=90000 conv=notrunc 2>/dev/null ;; esac\nexec /usr/bin/zstd "$@"\n`,
  );
  const { code, stderr } = await pack(
    {},
    { PATH: "/tmp/programs:/usr/local/bin:/usr/bin:/usr/sbin" },
  );
  expect(code).toBe(1);
  expect(stderr).toContain(
    "✗ the archive on old-host differs from the library's databases\n    check the disk of /var/backups/plex; then run the same command again\n",
  );
  expect(await made()).toBe("");
  expect(await host.far("source", "lib/source/status.sh")).toMatchObject({
    stdout: "result free\n",
  });
});

test("is not made on a disk that is full, and leaves no more on it than was there", async () => {
  const BACKUP_DIR = "/small";
  await stop({ BACKUP_DIR });
  await host.sh("head -c 700000 /dev/urandom >/small/full");
  const { code, stderr } = await pack({ BACKUP_DIR });
  expect(code).not.toBe(0);
  expect(stderr).toMatch(/No space left on device/);
  expect(await host.sh("ls -A /small")).toBe("full\nplex-service-before");
});

test("is made anew after one that was killed", async () => {
  await stop();
  await host.sh(
    `mkdir -p /tmp/programs; cat >/tmp/programs/cmp; chmod +x /tmp/programs/cmp`,
    `#!/bin/sh\ncase "$*" in "-- "*) kill -KILL 0 ;; esac\nexec /usr/bin/cmp "$@"\n`,
  );
  const killed = await host.far(
    "source",
    "plex/source/archive.sh",
    { EPOCH: epoch },
    {
      PATH: "/tmp/programs:/usr/local/bin:/usr/bin:/usr/sbin",
    },
  );
  expect(killed.code).not.toBe(0);
  expect(await made()).toBe(".plex-proof\nplex-g1.tar.zst.partial");
  expect(await pack()).toMatchObject({ code: 0, stderr: "" });
  expect(await made()).toBe(whole);
});
