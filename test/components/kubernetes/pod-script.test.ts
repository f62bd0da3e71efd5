import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { podScript, type ClusterAccess } from "../../../components/kubernetes/pod-script";
import { record } from "../../../ops/recorder";
import { children } from "../../support/children";
import { run, tempTree } from "../../support/scripts";

const script = 'printf "%s|" "$A" "$B" "$C"\n';
const values = { B: "two\nlines", A: "it's $HOME `id`", C: "" };

function recorded(cluster: ClusterAccess, given: Record<string, pulumi.Input<string>> = values) {
  const file = path.join(tempTree({ "step.sh": script }), "step.sh");
  return record(() => {
    const parent = new pulumi.ComponentResource("test:index:Parent", "parent");
    const pod = "statefulset/app";
    podScript(
      "app-step",
      { cluster, namespace: "test-media", pod, file, values: given },
      { parent },
    );
  });
}

interface Inputs {
  readonly create: string;
  readonly stdin: string;
}

async function inputs(...args: Parameters<typeof recorded>): Promise<Inputs> {
  const [only] = children(await recorded(...args));
  return only?.inputs as unknown as Inputs;
}

it("is one command without trigger, update or delete; nothing else was created", async () => {
  expect(children(await recorded({ context: "home" }))).toEqual([
    {
      type: "command:local:Command",
      name: "app-step",
      inputs: {
        create:
          "'kubectl' '--context' 'home' --namespace test-media exec -i statefulset/app -- bash -s",
        stdin: `A='it'\\''s $HOME \`id\`'\nB='two\nlines'\nC=''\n${script}`,
        logging: "stderr",
        addPreviousOutputInEnv: false,
      },
    },
  ]);
});

it("names the kubeconfig where one is given, as one word", async () => {
  const { create } = await inputs({ context: "home", kubeconfig: "/my files/it's" });
  expect(create).toBe(
    "'kubectl' '--context' 'home' '--kubeconfig' '/my files/it'\\''s' --namespace test-media exec -i statefulset/app -- bash -s",
  );
});

it("gives the script its values as they are, whatever is in them", async () => {
  const { stdin } = await inputs({ context: "home" });
  const { code, stdout } = await run(["bash", "-s"], { HOME: "/root" }, stdin);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "it's $HOME `id`|two\nlines||" });
});

it("keeps a secret value secret", async () => {
  const secrets = { ...values, C: pulumi.secret("canary-token") };
  const recording = await recorded({ context: "home" }, secrets);
  expect(children(recording)).toMatchObject([{ inputs: { stdin: "[secret]" } }]);
  expect(JSON.stringify(recording)).not.toContain("canary");
});
