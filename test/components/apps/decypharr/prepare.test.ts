import * as fs from "node:fs";
import * as path from "node:path";
import {
  run,
  scriptText,
  self,
  tempTree,
  users,
  well,
  type Ended,
  type User,
} from "../../../support/scripts";

const seed = '{"port": "8282"}\n';
const quiet = { code: 0, stdout: "", stderr: "" };

/** A node's folder, a library and a claim in one tree; `more` lies there already. */
function prepared(more: Readonly<Record<string, string>> = {}, user: User = self) {
  const files = { "node/": "", "library/": "", "app/": "", "seed.json": seed, ...more };
  const root = tempTree(
    { ...files, "prepare.sh": scriptText("components/apps/decypharr/prepare.sh") },
    user,
  );
  const at = (name: string) => path.join(root, name);
  // Root gives everything to somebody else; nobody else may give anything away.
  const owner = user.uid === 0 ? { uid: 568, gid: 569 } : user;
  const env = {
    PARENT: at("node"),
    MOUNTPOINT: "debrid",
    LIBRARY: at("library"),
    LINK: "links",
    OWNER: `${owner.uid.toString()}:${owner.gid.toString()}`,
    FOLDERS: ".downloads tv",
    SEED: at("seed.json"),
    SETTINGS: at("app/config.json"),
    HANDLES: at("app/handles"),
  };
  const again = (changed: Readonly<Record<string, string>> = {}): Promise<Ended> =>
    run(["sh", at("prepare.sh")], { ...env, ...changed }, "", user);
  return { at, owner, again, read: (name: string) => fs.readFileSync(at(name), "utf8") };
}

/** Everything in the tree but what was given, with its kind, mode and owner. */
function found(at: (name: string) => string): Record<string, string> {
  const names = ["node", "library", "app"].flatMap((folder) =>
    fs.readdirSync(at(folder)).map((name) => `${folder}/${name}`),
  );
  return Object.fromEntries(
    names.map((name) => {
      const { uid, gid, mode } = fs.lstatSync(at(name));
      if (fs.lstatSync(at(name)).isSymbolicLink()) return [name, `-> ${fs.readlinkSync(at(name))}`];
      return [name, [(mode & 0o777).toString(8), uid, gid].join(" ")];
    }),
  );
}

describe.each(users)("as user $uid", (user) => {
  it("makes folders, link and settings for their owner, and the second time nothing", async () => {
    const { at, again, owner, read } = prepared({}, user);
    const of = ({ uid, gid }: User) => `${uid.toString()} ${gid.toString()}`;
    const expected = {
      "node/debrid": `755 ${of(user)}`,
      "node/links": `-> ${at("library")}`,
      "library/.downloads": `755 ${of(owner)}`,
      "library/tv": `755 ${of(owner)}`,
      "app/handles": `755 ${of(owner)}`,
      "app/config.json": `600 ${of(owner)}`,
    };
    expect(await again()).toEqual({
      ...quiet,
      stdout: `wrote the first settings to ${at("app/config.json")}\n`,
    });
    expect(found(at)).toEqual(expected);
    expect(read("app/config.json")).toBe(seed);

    expect(await again()).toEqual(quiet);
    expect(found(at)).toEqual(expected);
  });
});

it("never touches a user's own settings", async () => {
  const { again, read } = prepared({ "app/config.json": '{"mine": true}' });
  expect(await again()).toEqual(quiet);
  expect(await again()).toEqual(quiet);
  expect(read("app/config.json")).toBe('{"mine": true}');
});

it("writes settings in place of an empty file, which Decypharr could not read", async () => {
  const { again, read } = prepared({ "app/config.json": "" });
  well(await again());
  expect(read("app/config.json")).toBe(seed);
});

it("goes on where a killed run has stopped", async () => {
  const { at, again, read, owner } = prepared({
    "app/config.json.partial": '{"po',
    "app/handles.partial/": "",
    "library/tv.partial/": "",
  });
  well(await again());
  expect(read("app/config.json")).toBe(seed);
  expect(Object.keys(found(at)).filter((name) => name.endsWith(".partial"))).toEqual([]);
  expect(fs.statSync(at("library/tv"))).toMatchObject(owner);
});

it("leaves a file system alone that is there already", async () => {
  const { again, read } = prepared({ "node/debrid/version.txt": "v2.4" });
  expect(await again()).toMatchObject({ code: 0, stderr: "" });
  expect(read("node/debrid/version.txt")).toBe("v2.4");
});

it("leads the link to where the library is now", async () => {
  const { at, again } = prepared({ "moved/": "" });
  await again();
  well(await again({ LIBRARY: at("moved") }));
  expect(fs.readlinkSync(at("node/links"))).toBe(at("moved"));
});

it("refuses a folder in place of the link, and says where", async () => {
  const { at, again } = prepared({ "node/links/film.mkv": "" });
  expect(await again()).toEqual({
    code: 1,
    stdout: "",
    stderr: `found ${at("node/links")}, expected a link or nothing: the library is linked there; move it away on the node\n`,
  });
});

it("refuses a file in place of the file system's folder", async () => {
  const { at, again } = prepared({ "node/debrid": "" });
  const { code, stderr } = await again();
  expect(code).not.toBe(0);
  expect(stderr).toContain(at("node/debrid"));
});

it.each([
  ...["PARENT", "MOUNTPOINT", "LIBRARY", "LINK", "FOLDERS"],
  ...["OWNER", "SEED", "SETTINGS", "HANDLES"],
])("asks for %s before it touches anything", async (variable) => {
  const { at, again } = prepared();
  const { code, stderr } = await again({ [variable]: "" });
  expect(code).not.toBe(0);
  expect(stderr).toContain(variable);
  expect(found(at)).toEqual({});
});
