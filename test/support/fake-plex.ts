/** Plays a Plex server and plex.tv, as far as setting up a server concerns them. */
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";

export interface FakePlex {
  readonly url: string;
  /** Claim tokens that it was given. */
  readonly claims: string[];
  /** How many claim tokens were minted for the one account. */
  readonly minted: number;
  /** Preferences that were set and kept. */
  readonly preferences: Readonly<Record<string, string>>;
  /** What a claimed server asks for. */
  readonly serverToken: string;
  /** Its troubles. */
  answer: string;
  drops: readonly string[];
  forgetsClaims: boolean;
  refusesClaims: boolean;
  refusesPreferences: boolean;
  /** Milliseconds after a claim until it has written its token; negative for never. */
  writesAfter: number;
  /** Whether it writes switches as words. */
  words: boolean;
  stop(): Promise<void>;
}

const defaults: Readonly<Record<string, string>> = {
  HardwareAcceleratedCodecs: "0",
  TranscoderTempDirectory: "",
  autoEmptyTrash: "1",
  customConnections: "",
};

/** Starts one that keeps its token in `settings`, as Plex does. */
export async function fakePlex(settings: string): Promise<FakePlex> {
  const preferences: Record<string, string> = {};
  const state = {
    url: "",
    claims: [] as string[],
    minted: 0,
    preferences,
    serverToken: "canary-server-token",
    answer: '{"token":"claim-test","expiresAt":"soon"}',
    drops: [] as readonly string[],
    forgetsClaims: false,
    refusesClaims: false,
    refusesPreferences: false,
    writesAfter: 0,
    words: false,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
  fs.writeFileSync(settings, '<Preferences OldestPreviousVersion="test"/>\n');
  let claimed = false;
  const isClaimed = () => claimed || fs.readFileSync(settings, "utf8").includes("PlexOnlineToken");

  const claim = (token: string) => {
    state.claims.push(token);
    if (state.refusesClaims || token !== "claim-test") return 401;
    if (!state.forgetsClaims) {
      const attribute = `OldestPreviousVersion="test" PlexOnlineToken="${state.serverToken}"`;
      const write = () => {
        fs.writeFileSync(settings, `<Preferences ${attribute}/>\n`);
      };
      claimed = true;
      if (state.writesAfter > 0) setTimeout(write, state.writesAfter);
      else if (state.writesAfter === 0) write();
    }
    return 200;
  };

  const shown = () =>
    Object.entries({ ...defaults, ...preferences }).map(([id, value]) => {
      const isSwitch = state.words && /^[01]$/.test(value);
      const text = isSwitch ? (value === "1" ? "true" : "false") : value;
      return `<Setting id="${id}" label="a value" default="1" summary="" value="${text}" hidden="0"/>`;
    });

  const respond = (method: string, url: URL, token: string | undefined): [number, string] => {
    const trusted = !isClaimed() || token === state.serverToken;
    switch (`${method} ${url.pathname}`) {
      case "GET /identity": {
        const claimed = isClaimed() ? "1" : "0";
        return [
          200,
          `<?xml version="1.0"?>\n<MediaContainer size="0" claimed="${claimed}" machineIdentifier="test-machine" version="1"/>\n`,
        ];
      }
      case "GET /api/claim/token.json":
        if (token !== "canary-account-token") return [401, "{}"];
        state.minted++;
        return [200, state.answer];
      case "POST /myplex/claim":
        return [claim(url.searchParams.get("token") ?? ""), ""];
      case "PUT /:/prefs":
        if (!trusted || state.refusesPreferences) return [401, ""];
        for (const [name, value] of url.searchParams) {
          if (name in defaults && !state.drops.includes(name)) preferences[name] = value;
        }
        return [200, ""];
      case "GET /:/prefs":
        return trusted
          ? [200, `<MediaContainer>\n${shown().join("\n")}</MediaContainer>`]
          : [401, ""];
      default:
        return [404, `${method} ${url.pathname}`];
    }
  };

  const server = http.createServer((request, response) => {
    const token = request.headers["x-plex-token"];
    const url = new URL(request.url ?? "/", "http://plex.test");
    const [status, body] = respond(request.method ?? "", url, token?.toString());
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port.toString()}`;
  return state;
}
