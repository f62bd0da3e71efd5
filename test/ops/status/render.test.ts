import type { Status } from "../../../ops/status/model";
import { html, markdown, text } from "../../../ops/status/render";
import { generatedSecret } from "../../../ops/recorder";
import { now, statusOf } from "../../support/status";

const small: Status = {
  stack: "homelab",
  platform: "k3s",
  at: now,
  apps: [
    {
      name: "sonarr",
      url: "http://sonarr.homelab",
      images: ["sonarr:4.0", "helper:1"],
      version: "4.0",
      live: { state: "ok", said: "1 of 1 ready" },
    },
    { name: "worker", images: ["plex:1"], live: { state: "unknown", said: "not asked" } },
  ],
  volumes: [
    {
      name: "config-sonarr",
      kind: "longhorn",
      size: "10Gi",
      capacity: "12Gi",
      live: { state: "down", said: "Lost" },
      backup: { state: "warning", said: "none" },
    },
  ],
  backups: [],
  moves: [{ app: "plex", generation: 2, phase: "done", said: "over" }],
  verification: {
    at: "2027-01-31T09:00:00.000Z",
    active: true,
    fine: 40,
    blocked: 1,
    warnings: ["plex/libraries"],
    failures: ["plex/pods"],
  },
  unanswered: [{ what: "pods", why: "forbidden" }],
  picture: {
    entrance: {
      title: "Traefik",
      lines: ["*.homelab"],
      live: { state: "ok", said: "" },
      to: ["a"],
    },
    lanes: [
      {
        id: "a",
        title: "Libraries",
        boxes: [
          { title: "Sonarr", lines: ["series"], live: { state: "ok", said: "" }, next: "jobs" },
          { title: "Worker", lines: [] },
        ],
      },
      { id: "b", title: "Files", boxes: [{ title: "NAS", lines: [] }] },
    ],
    arrows: [{ from: "a", to: "b", label: "imports" }],
  },
};

test("for a terminal", () => {
  expect(text(small, { colour: false }))
    .toBe(`homelab, 2027-01-31 12:00 UTC. Apps: 1 up, 1 not asked

Apps
  App     Version  URL                    State
  sonarr  4.0      http://sonarr.homelab  ✓ 1 of 1 ready
  worker  ?                               ? not asked

Volumes
  Volume         Size          Kind      Last backup  State
  config-sonarr  12Gi of 10Gi  longhorn  ! none       ✗ Lost

Backups
  The program itself makes none in this stack: docs/how-to/restore.md

Last verification
  When                                          Result                                        To look at
  3 hours ago, --active (2027-01-31 09:00 UTC)  ✗ 40 fine, 1 to look at, 1 failed, 1 blocked  plex/pods, plex/libraries

Moved in
  App   Phase               Found
  plex  done, generation 2  over

Not answered
  Asked for  What came back
  pods       forbidden

`);
});

test("with colours where they are wanted", () => {
  expect(text(small, { colour: true })).toContain("\u001b[32m✓ 1 of 1 ready\u001b[0m");
  expect(text(small, { colour: false })).not.toContain("\u001b");
});

test("as Markdown", () => {
  const page = markdown(small);
  expect(page.slice(0, page.indexOf("## Volumes"))).toBe(`# homelab

2027-01-31 12:00 UTC. Apps: 1 up, 1 not asked

\`\`\`mermaid
flowchart LR
  subgraph entrance[" "]
    door["✓ Traefik<br>*.homelab"]
  end
  subgraph a["Libraries"]
    a0["✓ Sonarr<br>series"]
    a1["Worker"]
  end
  subgraph b["Files"]
    b0["NAS"]
  end
  door --> a
  a -- "imports" --> b
  a0 -- "jobs" --> a1
\`\`\`

## Apps

| App | Version | URL | Images | State |
| --- | --- | --- | --- | --- |
| sonarr | 4.0 | [http://sonarr.homelab](<http://sonarr.homelab>) | sonarr:4.0<br>helper:1 | ✓ 1 of 1 ready |
| worker | ? |  | plex:1 | ? not asked |

`);
});

describe("as a page", () => {
  const hostile = '<script>alert("1")</script>{{stack}}|`';
  const evil: Status = {
    ...small,
    stack: hostile,
    apps: small.apps.map((app) => ({ ...app, name: hostile, url: "javascript:alert(1)" })),
    unanswered: [{ what: hostile, why: hostile }],
    picture: {
      ...small.picture,
      lanes: small.picture.lanes.map((lane) => ({
        ...lane,
        title: hostile,
        boxes: lane.boxes.map((box) => ({ ...box, title: hostile, lines: [hostile] })),
      })),
    },
  };

  it("takes nothing that it is told for markup, or for a place of its template", () => {
    const page = html(evil);
    expect(page).not.toMatch(/<script|href="javascript/);
    expect(page).toContain("&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62;{{stack}}|`");
    expect(markdown(evil)).not.toContain("<script");
  });

  it("loads nothing: no script, no file, no address but for people to follow", async () => {
    for (const status of [small, await statusOf("homelab"), await statusOf("nomad")]) {
      const page = html(status);
      expect(page).not.toMatch(/<script|<img|<iframe|@import|\bsrc=/);
      expect([...page.matchAll(/url\(([^)]*)\)/g)].map(([, target]) => target?.[0])).not.toContain(
        "h",
      );
      const links = [...page.matchAll(/<(\w+)[^>]*\shref="([^"]*)"/g)].map(([, tag, to]) => [
        tag,
        to,
      ]);
      for (const [tag, to] of links)
        expect(tag === "a" ? to : `${tag ?? ""} ${to ?? ""}`).toMatch(/^https?:|^link data:,$/);
    }
  });

  it("fills every place of its template", async () => {
    for (const name of ["homelab", "nomad"] as const)
      expect(html(await statusOf(name))).not.toMatch(/\{\{|undefined|NaN|\[object/);
  });

  it("names its language, its tables' columns and what it draws", () => {
    const page = html(small);
    expect(page).toContain('<html lang="en">');
    expect(page).toContain("<title>homelab: status</title>");
    expect(page).toContain('scope="col">Version</th>');
    expect(page).toMatch(
      /<desc[^>]*>Traefik \(ok\) leads to Libraries\. Libraries: Sonarr \(ok\), Worker\./,
    );
  });
});

test("no secret gets into any of it", async () => {
  const canary = "canary-5f2c";
  const withSecrets = (name: "homelab" | "nomad") =>
    statusOf(name, (answers) => ({
      ...answers,
      outputs: { ...answers.outputs, secrets: { sonarrApiKey: canary } },
    }));
  for (const status of [await withSecrets("homelab"), await withSecrets("nomad")]) {
    const all = text(status, { colour: false }) + markdown(status) + html(status);
    for (const secret of [canary, generatedSecret, "[secret]"]) expect(all).not.toContain(secret);
  }
});
