import * as fs from "node:fs";
import * as path from "node:path";
import { images } from "../../../components/images";
import { Overseerr, type OverseerrArgs } from "../../../components/nomad/overseerr";
import { record } from "../../../ops/recorder";
import { children } from "../../support/children";

const folder = path.join(__dirname, "..", "..", "..", "components", "nomad");
const jobspec = fs.readFileSync(path.join(folder, "overseerr.nomad.hcl"), "utf8");

const args: OverseerrArgs = {
  host: "requests.test",
  datacenters: ["cellar", "rack-*"],
  timezone: "Europe/Berlin",
  volume: { kind: "host", source: "test-volume" },
  service: { provider: "nomad", mesh: false },
};

const vars = {
  image: images.overseerr,
  host: "requests.test",
  datacenters: "cellar,rack-*",
  timezone: "Europe/Berlin",
  volume_type: "host",
  volume_source: "test-volume",
  service_provider: "nomad",
  mesh: "false",
};

const recorded = () => record(() => ({ url: new Overseerr("overseerr", args).url }));

it("is one job that is waited for and leaves its name free; nothing else was created", async () => {
  expect(children(await recorded())).toEqual([
    {
      type: "nomad:index/job:Job",
      name: "overseerr",
      inputs: { jobspec, hcl2: { vars }, detach: false, purgeOnDestroy: true },
    },
  ]);
});

it("tells its address", async () => {
  expect((await recorded()).outputs).toEqual({ url: "https://requests.test" });
});

describe("the job file", () => {
  /** Without comments, and with one space wherever there is white space. */
  const code = jobspec.replaceAll(/^\s*#.*$/gm, "").replaceAll(/\s+/g, " ");

  it("declares and uses exactly the variables that the component sets", () => {
    const names = (pattern: RegExp) =>
      [...new Set([...code.matchAll(pattern)].map(([, name]) => name))].sort();
    const set = Object.keys(vars).sort();
    expect(names(/variable "(\w+)"/g)).toEqual(set);
    expect(names(/var\.(\w+)/g)).toEqual(set);
  });

  it.each([
    ["joins a bridge network with Overseerr's port", 'mode = "bridge"'],
    ["maps that port outside the mesh", "content { to = 5055 }"],
    ["names the literal port inside the mesh", 'port = var.mesh ? "5055" : "http"'],
    [
      "keeps and moves its disk of 500 MB",
      "ephemeral_disk { size = 500 sticky = true migrate = true }",
    ],
    ["has the database on that disk", 'volumes = ["../alloc/data/db:/app/config/db"]'],
    ["has the settings on the volume", 'volume = "config" destination = "/app/config"'],
    [
      "asks the stable endpoint",
      'path = "/api/v1/settings/public" interval = "30s" timeout = "5s"',
    ],
    ["exposes the check through the proxy", "expose = var.mesh"],
    ["joins the mesh through a transparent proxy", "proxy { transparent_proxy {} }"],
    ["is routed by host name", "traefik.http.routers.overseerr.rule=Host(`${var.host}`)"],
    ["is served on websecure", "traefik.http.routers.overseerr.entrypoints=websecure"],
    ["takes the plan's CPU and memory", "resources { cpu = 200 memory = 256 memory_max = 512 }"],
    ["runs once", "count = 1"],
    ["is tried again for ever", "unlimited = true"],
    ["never goes back to an older version by itself", "auto_revert = false"],
  ])("%s", (_, text) => {
    expect(code).toContain(text);
  });

  it.each(["constraint", "latest", "vault", "template"])("has no %s", (word) => {
    expect(code).not.toContain(word);
  });
});
