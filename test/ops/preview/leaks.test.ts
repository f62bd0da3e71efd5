import * as pulumi from "@pulumi/pulumi";
import { leaks, markedSecrets, scrubbed, type Secret } from "../../../ops/preview/leaks";
import { record } from "../../../ops/recorder";

const canary = "canary-5d1e0b77";
const secrets: Secret[] = [{ name: "the secret plexToken", value: canary }];
const at = (value: unknown) => leaks([{ place: "t:m:Thing::x", value }], secrets);

describe("a secret in a plan", () => {
  it.each([
    ["as it is", { inputs: { env: [{ value: canary }] } }, "inputs.env.0.value"],
    ["within a text", { inputs: { script: `TOKEN=${canary}\n` } }, "inputs.script"],
    ["as a Secret shows it", { data: Buffer.from(canary).toString("base64") }, "data"],
    ["as a key", { [canary]: "x" }, "a key"],
  ])("is found %s, and the finding does not show it", (_, value, where) => {
    const found = at(value);
    expect(found).toEqual([`t:m:Thing::x: found the secret plexToken in clear at ${where}`]);
    expect(found.join()).not.toContain(canary);
  });

  it("is not found where there is none", () => {
    expect(at({ inputs: { value: "[secret]", other: "canary" } })).toEqual([]);
  });

  it("that is short is found where it is all there is, not in every word", () => {
    const short = [{ name: "the secret usenetUsername", value: "anna" }];
    const look = (value: string) => leaks([{ place: "x", value: { value } }], short);
    expect(look("banana")).toEqual([]);
    expect(look("anna")).toHaveLength(1);
  });

  it("is taken out of what is said of a fault", () => {
    expect(scrubbed(`refused ${canary}, twice ${canary}`, secrets)).toBe(
      "refused [secret], twice [secret]",
    );
  });
});

class Thing extends pulumi.CustomResource {}

it("knows what a program marks secret, wherever it stands, but for the open parts of a connection", async () => {
  const found: Secret[] = [];
  await record(
    () => {
      const options = { host: "old-host.lan", privateKey: canary };
      new Thing("t:m:Thing", "x", {
        text: pulumi.secret(`${canary}-text`),
        connection: pulumi.secret(options),
        short: pulumi.secret("on"),
      });
      return { told: pulumi.secret(`${canary}-output`) };
    },
    { onSecret: (value, place) => found.push(...markedSecrets(value, place)) },
  );
  expect(found.map(({ value }) => value).sort()).toEqual([
    canary,
    `${canary}-output`,
    `${canary}-text`,
  ]);
  expect(found.map(({ name }) => name)).toContain(
    "what is marked secret at t:m:Thing::x.connection.privateKey",
  );
});
