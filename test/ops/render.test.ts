import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { generatedSecret } from "../../ops/recorder";
import { render } from "../../ops/render";

describe("render", () => {
  let folder: string;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "render-"));
  });
  afterEach(() => {
    fs.rmSync(folder, { recursive: true });
  });

  const names = (files: string[]) => files.map((file) => path.relative(folder, file)).sort();
  const read = (...parts: string[]) => fs.readFileSync(path.join(folder, ...parts), "utf8");

  it("writes resources, topology and addresses of the homelab stack", async () => {
    expect(names(await render("homelab", folder))).toEqual([
      "homelab/resources.json",
      "homelab/topology.md",
      "homelab/urls.md",
    ]);
    expect(read("homelab", "urls.md")).toContain("| sonarr | http://sonarr.homelab |");
    expect(read("homelab", "topology.md")).toContain('["Deployment sonarr"]');
  });

  it("writes the Nomad job as Nomad's own CLI takes it", async () => {
    expect(names(await render("nomad", folder))).toEqual([
      "nomad/overseerr.nomad.hcl",
      "nomad/overseerr.vars.hcl",
      "nomad/resources.json",
      "nomad/topology.md",
      "nomad/urls.md",
    ]);
    expect(read("nomad", "overseerr.vars.hcl")).toContain(
      'volume_source = "glusterfs_overseerr_config"\n',
    );
  });

  it("shows no secret", async () => {
    await render("homelab", folder);
    const resources = read("homelab", "resources.json");
    expect(resources).toContain("[secret]");
    expect(resources).not.toContain(generatedSecret);
  });
});
