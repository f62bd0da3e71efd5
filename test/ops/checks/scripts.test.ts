import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { answers } from "../../../ops/checks/verify/arr";
import { addressesOf } from "../../../ops/checks/verify/nomad";
import { freePort } from "../../support/ports";
import { run, scriptText, tempTree } from "../../support/scripts";

/** Runs a script as the checks do: it and its variables on standard input. */
async function script(file: string, values: Record<string, string>, env = {}): Promise<string> {
  const lines = Object.entries(values).map(([key, value]) => `${key}='${value}'\n`);
  const text = scriptText(`ops/checks/scripts/${file}`);
  const shell = text.startsWith("#!/bin/sh") ? "sh" : "bash";
  const { code, stdout, stderr } = await run([shell, "-s"], env, lines.join("") + text);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

/** A server that answers 200 with the path and the key that it was shown, and 404 below /none. */
let url: string;
let server: http.Server;
beforeAll(async () => {
  server = http.createServer(({ url = "", headers }, response) => {
    const key = headers["x-api-key"] ?? headers["x-plex-token"] ?? "";
    response.writeHead(url.startsWith("/none") ? 404 : 200).end(JSON.stringify({ url, key }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port.toString()}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test("api.sh asks with the key of the named variable; who doesn't answer has no status", async () => {
  const own = { OWN_KEY: "key-1" };
  const asked = { URL: url, KEY: "OWN_KEY", PATHS: "/api/one /none/two" };
  expect([...answers(await script("api.sh", asked, own), "")]).toEqual([
    ["/api/one", { status: 200, body: '{"url":"/api/one","key":"key-1"}' }],
    ["/none/two", { status: 404, body: '{"url":"/none/two","key":"key-1"}' }],
  ]);
  const nobody = { ...asked, URL: `http://127.0.0.1:${(await freePort()).toString()}` };
  expect([...answers(await script("api.sh", nobody, own), "").values()][0]?.status).toBe(0);
});

test("reach.sh and connect.sh tell who answers", async () => {
  const free = (await freePort()).toString();
  const said = await script("reach.sh", { URLS: `${url}/x ${url}/none http://127.0.0.1:${free}/` });
  expect(said).toBe(`${url}/x 200\n${url}/none 404\nhttp://127.0.0.1:${free}/ 000\n`);
  const there = url.replace("http://", "");
  const gone = `127.0.0.1:${free}`;
  expect(await script("connect.sh", { ADDRESSES: `${there} ${gone}` })).toBe(`${gone}\n`);
});

test("names.sh says which name has no address", async () => {
  const said = await script("names.sh", { NAMES: "localhost nobody.invalid" });
  expect(said).toBe("nobody.invalid\n");
});

test("overseerr-public.sh gives the whole answer", async () => {
  const said = await script("overseerr-public.sh", { PORT: new URL(url).port });
  expect(said).toMatch(/^HTTP\/\S+ 200 [\s\S]*"\/api\/v1\/settings\/public"/);
});

test("overseerr-addresses.sh names addresses and no keys", async () => {
  const settings = {
    main: { apiKey: "canary" },
    plex: { name: "home", ip: "10.0.0.5", port: 32400, useSsl: false },
    radarr: [{ name: "films", hostname: "radarr", port: 7878, apiKey: "canary" }],
    sonarr: [],
  };
  const folder = tempTree({ "settings.json": JSON.stringify(settings, undefined, " ") });
  const said = await script("overseerr-addresses.sh", { SETTINGS: `${folder}/settings.json` });
  expect(said).not.toContain("canary");
  expect(addressesOf(said)).toEqual(["10.0.0.5:32400", "radarr:7878"]);
});

test("plex-play.sh asks for one part of each folder that has one, and tells how that went", async () => {
  const part = (id: number, file: string) =>
    `<Video><Part key="/parts/${id.toString()}" file="${file}"/></Video>`;
  const pages: Record<string, string> = {
    "/library/sections":
      '<M><Directory key="1" type="movie"/><Directory key="2" type="show"/><Directory key="3" type="photo"/></M>',
    "/library/sections/1/all?type=1":
      part(1, "/links/movies/a.mkv") + part(2, "/nas/movies/b 1.mkv"),
    "/library/sections/2/all?type=4": part(3, "/nas/tv/c.mkv") + part(4, "/nas/tv/d.mkv"),
  };
  const asked: string[] = [];
  const plex = http.createServer(({ url: path = "", headers }, response) => {
    asked.push(`${path.split("&")[0] ?? ""} ${String(headers["x-plex-token"])}`);
    const page = pages[path.split("&")[0] ?? ""];
    const isGone = path === "/parts/3";
    response.writeHead(page ? 200 : isGone ? 404 : 206).end(page ?? "x");
  });
  await new Promise<void>((resolve) => plex.listen(0, "127.0.0.1", resolve));
  const folder = tempTree({ "Preferences.xml": '<Preferences PlexOnlineToken="own"/>' });
  const values = {
    SERVER: `http://127.0.0.1:${(plex.address() as AddressInfo).port.toString()}`,
    SETTINGS: `${folder}/Preferences.xml`,
    FOLDERS: "/links/tv\n/nas/tv\n/links/movies\n/nas/movies",
  };
  const said = await script("plex-play.sh", values);
  plex.close();
  expect(said.replaceAll(/ [\d.]+ /g, " ")).toBe(
    "404 /nas/tv/c.mkv\n206 /links/movies/a.mkv\n206 /nas/movies/b 1.mkv\n",
  );
  expect(asked.every((line) => line.endsWith(" own"))).toBe(true);
});

test("look-at-dfs.sh tells a living file system from a folder without one", async () => {
  const folder = tempTree({ "version.txt": "v2\n", "empty/": "" });
  expect(await script("look-at-dfs.sh", { DFS: folder })).toBe("alive v2\n");
  expect(await script("look-at-dfs.sh", { DFS: `${folder}/empty` })).toMatch(
    /^dead .*No such file/,
  );
});

test("folders.sh, links.sh and resolve.sh name what can't be read", async () => {
  const folder = tempTree({ "tv/a show.mkv": "x", "none/": "" });
  fs.symlinkSync(`${folder}/tv/a show.mkv`, `${folder}/tv/good link`);
  fs.symlinkSync(`${folder}/gone`, `${folder}/tv/broken`);
  fs.symlinkSync(`${folder}/gone`, `${folder}/tv/.media-homelab-probe-1-2`);
  const listed = await script("links.sh", { LIBRARY: `${folder}/tv` });
  expect(
    listed
      .trim()
      .split("\n")
      .map((link) => path.basename(link))
      .sort(),
  ).toEqual(["broken", "good link"]);
  const said = await script("resolve.sh", { LINKS: listed.trim() });
  expect(said.trim().split("\n")).toHaveLength(1);
  expect(said).toContain("broken: ");
  expect(await script("links.sh", { LIBRARY: `${folder}/none` })).toBe("");
  const folders = await script("folders.sh", { FOLDERS: `${folder}/tv\n${folder}/gone` });
  expect(folders).toMatch(/gone: .*No such file/);
  expect(folders.trim().split("\n")).toHaveLength(1);
});

test("write-probe.sh and link.sh leave nothing behind", async () => {
  const folder = tempTree({ "version.txt": "v2" });
  expect(await script("write-probe.sh", { FOLDER: folder, NAME: ".probe" })).toBe("written\n");
  const gone = await script("write-probe.sh", { FOLDER: `${folder}/gone`, NAME: ".probe" });
  expect(gone).not.toBe("written\n");
  const link = { LINK: `${folder}/.link`, TARGET: `${folder}/version.txt` };
  await script("link.sh", link);
  expect(await script("resolve.sh", { LINKS: link.LINK })).toBe("");
  await script("link.sh", { ...link, TARGET: "" });
  expect(fs.readdirSync(folder)).toEqual(["version.txt"]);
});
