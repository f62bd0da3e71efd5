import { secretMark } from "../../../ops/policies/value";
import { changesBetween } from "../../../ops/preview/changes";
import type { Planned } from "../../../ops/preview/planned";
import { markdown, type StackReport } from "../../../ops/preview/summary";
import { box, changed, claim, planned } from "./resources";

const report = (rest: Partial<StackReport>): StackReport => ({
  stack: "homelab",
  evidence: "Planned by the recorder.",
  resources: 2,
  faults: [],
  losses: [],
  ...rest,
});
const summary = (before: Planned, after: Planned) =>
  markdown([report({ changes: changesBetween(before, after) })]);

const app = planned("homelab:apps:Sonarr", "sonarr");
const pod = (image: string, more: object = {}, prepare = image) =>
  planned("kubernetes:apps/v1:Deployment", "sonarr", {
    parent: app.urn,
    inputs: {
      spec: {
        template: {
          spec: {
            initContainers: [{ name: "prepare", image: prepare }],
            containers: [{ name: "sonarr", image, ...more }],
          },
        },
      },
    },
  });
const job = (vars: object, jobspec = "job {}") =>
  planned("nomad:index/job:Job", "overseerr", { inputs: { jobspec, hcl2: { vars } } });

describe("a summary", () => {
  it("says that nothing changes, and what that stands on", () => {
    expect(summary([app, pod("a:1.0")], [app, pod("a:1.0")])).toBe(
      "## Preview\n\n### homelab: no changes\n\n<sub>Planned by the recorder.</sub>\n\n",
    );
  });

  it("counts what is planned where there is nothing to compare with", () => {
    expect(markdown([report({})])).toContain("### homelab: 2 resources planned\n");
  });

  it("has one line for a changed image, and nothing else for what follows from it", () => {
    const text = summary(
      [app, pod("lscr.io/linuxserver/sonarr:4.0.1")],
      [app, pod("lscr.io/linuxserver/sonarr:4.0.2")],
    );
    expect(text).toContain("### homelab: 1 new image, 1 changed\n\n- `sonarr: 4.0.1 -> 4.0.2`\n");
    expect(text).not.toContain("Deployment");
  });

  it("names an image that comes from elsewhere in full", () => {
    expect(summary([pod("linuxserver/sonarr:4.0")], [pod("hotio/sonarr:4.0")])).toContain(
      "- `sonarr: linuxserver/sonarr:4.0 -> hotio/sonarr:4.0`",
    );
  });

  it("knows the images of a job by their variables, and digests", () => {
    const text = summary(
      [job({ image: "sctx/overseerr:1.33.0", litestream_image: "litestream/litestream:0.5.16" })],
      [
        job({
          image: `sctx/overseerr:1.34.0@sha256:${"0".repeat(64)}`,
          litestream_image: "litestream/litestream:0.5.17",
        }),
      ],
    );
    expect(text).toContain("- `litestream: 0.5.16 -> 0.5.17`");
    expect(text).toContain(`- \`overseerr: 1.33.0 -> 1.34.0@sha256:${"0".repeat(64)}\``);
  });

  it("groups what comes, goes and changes by the component that people name", () => {
    const service = planned("kubernetes:core/v1:Service", "sonarr", { parent: app.urn });
    const text = summary(
      [app, pod("a:1.0"), box, claim()],
      [app, pod("a:1.0", { tty: true }), service],
    );
    expect(text).toContain(
      [
        "### homelab: 1 added, 1 changed, 1 removed",
        "",
        "**config-sonarr**",
        "",
        "- removed `PersistentVolumeClaim config-sonarr`",
        "",
        "**sonarr**",
        "",
        "- added `Service sonarr`",
        "- changed `Deployment sonarr`",
        "  - `pod containers.sonarr.tty: nothing -> true`",
        "",
      ].join("\n"),
    );
  });

  it("takes no new place in a list of named things for a change", () => {
    const list = (names: string[]) =>
      planned("kubernetes:core/v1:Pod", "p", { inputs: { env: names.map((name) => ({ name })) } });
    expect(summary([list(["B"])], [list(["A", "B"])])).toContain("  - `env.A added`\n");
  });

  it("shows files as changed, and not what stands in them", () => {
    const text = summary([job({}, "job {\n}")], [job({}, "job {\n\n}")]);
    expect(text).toContain("  - `jobspec changes`\n");
  });

  it("shows an alias as a new name", () => {
    const now = claim({ urn: "urn:new", aliases: [claim().urn] });
    expect(summary([claim()], [now])).toContain("URN changes");
  });

  it("shows no secret, and none of what differs from machine to machine", () => {
    const provider = (kubeconfig: string) =>
      planned("pulumi:providers:kubernetes", "cluster", { inputs: { kubeconfig } });
    expect(summary([provider("/a")], [provider("/b")])).toContain("no changes");
    const [hidden = claim()] = changed(claim(), "spec.volumeName", secretMark);
    expect(summary([claim()], [hidden])).toContain("`spec.volumeName: pv-1 -> (not shown)`");
  });

  it("puts faults first, in a block that they can't end", () => {
    const text = markdown([
      report({
        faults: ["the program says ```` and @everybody"],
        losses: [
          {
            resource: "PersistentVolumeClaim config-sonarr",
            field: "spec.storageClassName",
            before: "a",
            after: "b",
            message: "it can't be changed in place",
            fix: "leave it",
          },
        ],
      }),
    ]);
    expect(text).toContain(
      [
        "### homelab: ❌ 2 faults, 2 resources planned",
        "",
        "````text",
        "✗ the program says '``` and @everybody",
        "✗ PersistentVolumeClaim config-sonarr: spec.storageClassName: a -> b: it can't be changed in place",
        "  fix: leave it",
        "````",
      ].join("\n"),
    );
  });

  it("fits into a comment, whatever changes", () => {
    const many = Array.from({ length: 2000 }, (_, index) =>
      planned("kubernetes:core/v1:ConfigMap", `map-${index.toString()}`),
    );
    const text = summary([], many);
    expect(text.length).toBeLessThan(65_000);
    expect(text).toContain("… and more; all of it: `npm run preview:ci -- --markdown`");
    const group = many.map((each) => ({ ...each, parent: app.urn }));
    expect(summary([app], [app, ...group])).toContain("- … and 1975 more lines\n");
  });
});
