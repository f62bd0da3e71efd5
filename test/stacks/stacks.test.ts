import * as fs from "node:fs";
import * as path from "node:path";
import { images } from "../../components/images";
import { generatedSecret, type Recording } from "../../ops/recorder";
import { stackNames } from "../../ops/stack-file";
import { shippedStack } from "../support/stacks";

/** What must hold in every stack. */
describe.each(stackNames())("the stack %s", (stack) => {
  let recording: Recording;

  beforeAll(async () => {
    recording = await shippedStack(stack);
  });

  it("consists of the reviewed identities", () => {
    const identities = recording.resources.map(({ type, name }) => `${type}::${name}`).sort();
    const reviewed = fs.readFileSync(path.join(__dirname, `${stack}.identities.txt`), "utf8");
    expect(identities.join("\n")).toBe(reviewed.trimEnd());
  });

  it("has a component above every resource but the providers", () => {
    const orphans = recording.resources.filter(({ custom, parent }) => custom && parent === "");
    expect(orphans.map(({ urn }) => urn)).toEqual([expect.stringContaining("pulumi:providers:")]);
  });

  it("sends everything that reaches a cluster through the explicit provider", () => {
    const clustered = recording.resources.filter(({ type }) => /^(kubernetes|nomad):/.test(type));
    expect(clustered.length).toBeGreaterThan(0);
    for (const { provider } of clustered) expect(provider).toMatch(/::cluster$/);
  });

  it("never puts an Output into a text", () => {
    expect(JSON.stringify(recording)).not.toContain("Calling [toString]");
  });

  it("shows no generated secret in clear", () => {
    expect(JSON.stringify(recording)).not.toContain(generatedSecret);
  });

  it("runs no image but the pinned ones", () => {
    const texts = JSON.stringify(recording.resources);
    const used = [...texts.matchAll(/"image":"([^"]+)"/g)].map(([, image]) => image);
    expect(used.length).toBeGreaterThan(0);
    for (const image of used) expect(Object.values(images)).toContain(image);
  });

  it("tells the same groups of outputs as the others", () => {
    expect(Object.keys(recording.outputs)).toEqual(
      expect.arrayContaining(["images", "loadBalancers", "nextSteps", "secrets", "urls"]),
    );
  });

  it("lists both clusters among the disabled default providers", () => {
    const text = fs.readFileSync(path.join(__dirname, `../../Pulumi.${stack}.yaml`), "utf8");
    expect(text).toContain("pulumi:disable-default-providers: [kubernetes, nomad]");
  });
});
