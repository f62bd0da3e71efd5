import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { allocScript, type NomadAccess } from "../../../components/nomad/alloc-script";
import { record } from "../../../ops/recorder";
import { children, only } from "../../support/children";
import { run, tempTree } from "../../support/scripts";

const library = 'shown() { printf "%s|" "$@"; }\n';
const script = 'shown "$A" "$B" "$C"\n';
const values = { B: "two\nlines", A: "it's $HOME `id`", C: "" };

function recorded(nomad: NomadAccess, given: Record<string, pulumi.Input<string>> = values) {
  const root = tempTree({ "library.sh": library, "step.sh": script });
  const files = ["library.sh", "step.sh"].map((file) => path.join(root, file));
  return record(() => {
    const parent = new pulumi.ComponentResource("test:index:Parent", "parent");
    const before = new random.RandomId("before", { byteLength: 1 }, { parent });
    allocScript(
      "app-step",
      { nomad, jobId: "app", task: "beside", files, values: given },
      { parent, dependsOn: [before] },
    );
  });
}

interface Inputs {
  readonly create: string;
  readonly stdin: string;
}

const stepOf = async (...args: Parameters<typeof recorded>) =>
  only(await recorded(...args), "command:local:Command");
const inputs = async (...args: Parameters<typeof recorded>) =>
  (await stepOf(...args)).inputs as unknown as Inputs;

it("is one command without trigger, update or delete; nothing else was created", async () => {
  expect(children(await recorded({ address: "http://nomad.test:4646" }))).toEqual([
    {
      type: "command:local:Command",
      name: "app-step",
      inputs: {
        create:
          "said=$('env' '-u' 'NOMAD_NAMESPACE' '-u' 'NOMAD_REGION' 'nomad' 'alloc' 'exec' '-address=http://nomad.test:4646' '-i=true' '-t=false' '-task' 'beside' '-job' app bash -s) && printf '%s\\n' \"${said:?Nomad has lost what the script said; run the same command again}\"",
        stdin: `A='it'\\''s $HOME \`id\`'\nB='two\nlines'\nC=''\n${library}${script}`,
        logging: "stderr",
        addPreviousOutputInEnv: false,
      },
    },
    { type: "random:index/randomId:RandomId", name: "before", inputs: { byteLength: 1 } },
  ]);
});

it("waits for what it is told to wait for", async () => {
  const { dependencies } = await stepOf({ address: "http://nomad.test:4646" });
  expect(dependencies).toEqual([expect.stringMatching(/::before$/)]);
});

it("names the region where one is given", async () => {
  const { create } = await inputs({ address: "http://nomad.test:4646", region: "cellar" });
  expect(create).toContain(" '-address=http://nomad.test:4646' '-region=cellar' '-i=true' ");
});

it("gives the scripts their values as they are, whatever is in them", async () => {
  const { stdin } = await inputs({ address: "http://nomad.test:4646" });
  const { code, stdout } = await run(["bash", "-s"], { HOME: "/root" }, stdin);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "it's $HOME `id`|two\nlines||" });
});

it("asks the cluster that it is told, whatever the shell is set up for", async () => {
  const bin = tempTree({ nomad: '#!/bin/sh\necho "$NOMAD_REGION/$NOMAD_NAMESPACE" "$@"\n' });
  await run(["chmod", "+x", path.join(bin, "nomad")], {});
  const { create } = await inputs({ address: "http://nomad.test:4646" });
  const { stdout } = await run(["sh", "-c", create], {
    PATH: `${bin}:${process.env.PATH ?? ""}`,
    NOMAD_REGION: "other",
    NOMAD_NAMESPACE: "other",
  });
  expect(stdout).toBe(
    "/ alloc exec -address=http://nomad.test:4646 -i=true -t=false -task beside -job app bash -s\n",
  );
});

it.each([
  [
    "what Nomad has lost",
    "exit 0",
    "Nomad has lost what the script said; run the same command again",
  ],
  ["what Nomad refuses", "echo refused >&2; exit 1", "refused"],
])("fails on %s", async (_, ends, said) => {
  const bin = tempTree({ nomad: `#!/bin/sh\n${ends}\n` });
  await run(["chmod", "+x", path.join(bin, "nomad")], {});
  const { create } = await inputs({ address: "http://nomad.test:4646" });
  const ended = await run(["sh", "-c", create], { PATH: `${bin}:${process.env.PATH ?? ""}` });
  expect(ended.code).not.toBe(0);
  expect(ended.stderr).toContain(said);
});

it("keeps a secret value secret", async () => {
  const given = { ...values, C: pulumi.secret("canary-token") };
  const recording = await recorded({ address: "http://nomad.test:4646" }, given);
  expect(only(recording, "command:local:Command").inputs).toMatchObject({ stdin: "[secret]" });
  expect(JSON.stringify(recording)).not.toContain("canary");
});
