/** What the operator's machine has to have. */
import { isMissing, reasonOf } from "../ask";
import { absent, judged, type Check, type Outcome } from "../check";
import { isAtLeast, secretsOf } from "../stack";
import type { World } from "../world";

/** Judges what a program prints; says where to get the program where there is none. */
async function withTool(
  world: World,
  [program = "", ...args]: readonly string[],
  from: string,
  judge: (text: string) => Outcome,
): Promise<Outcome> {
  let text: string;
  try {
    text = await world.tool(program, ...args);
  } catch (error) {
    if (!isMissing(error)) throw error;
    return judged([{ found: reasonOf(error), expected: program, fix: `install it: ${from}` }]);
  }
  return judge(text);
}

const node: Check = {
  id: "workstation/node",
  meaning: "Node is 20 or later",
  look: "node --version",
  run: async (world) => {
    const version = (await world.tool("node", "--version")).trim();
    if (isAtLeast(version, [20, 0])) return { said: version };
    const fix = "install a newer one: https://nodejs.org/en/download";
    return judged([{ found: version, expected: "v20 or later", fix }]);
  },
};

const pulumi: Check = {
  id: "workstation/pulumi",
  meaning: "Pulumi's command line is 3.259 or later",
  look: "pulumi version",
  run: (world) => {
    const from = "https://www.pulumi.com/docs/install/";
    return withTool(world, ["pulumi", "version"], from, (text) => {
      const version = text.trim();
      if (isAtLeast(version, [3, 259])) return { said: version };
      const fix = `install a newer one: ${from}`;
      return judged([{ found: version, expected: "v3.259 or later", fix }]);
    });
  },
};

const stack: Check = {
  id: "workstation/stack",
  meaning: "Pulumi knows the stack, and no `up` of it was cut off",
  look: "pulumi stack ls",
  needs: ["workstation/pulumi"],
  run: async (world) => {
    const state = await world.state();
    if (!state) {
      const fix = `pulumi stack init ${world.stack}`;
      return judged([{ found: "no such stack yet", expected: "one", fix, warning: true }]);
    }
    if (state.pending > 0) {
      const found = `${state.pending.toString()} operations begun and not noted as done`;
      const fix = `npm run recover -- ${world.stack}`;
      return judged([{ found, expected: "none", fix }]);
    }
    return { said: `${state.resources.length.toString()} resources` };
  },
};

const sops: Check = {
  id: "workstation/sops",
  meaning: "sops is installed, to decrypt the stack's secrets",
  look: "sops --version",
  needs: ["config/valid"],
  run: async (world) => {
    if (secretsOf(await world.config()).length === 0) return absent;
    const from = "https://github.com/getsops/sops/releases";
    return withTool(world, ["sops", "--version"], from, firstLine);
  },
};

const kubectl: Check = {
  id: "workstation/kubectl",
  meaning: "kubectl is installed",
  look: "kubectl version --client",
  run: (world) => {
    const command = ["kubectl", "version", "--client", "--output=json"];
    return withTool(world, command, "https://kubernetes.io/docs/tasks/tools/", (text) => {
      const { clientVersion } = JSON.parse(text) as { clientVersion: { gitVersion: string } };
      return { said: clientVersion.gitVersion };
    });
  },
};

const nomad: Check = {
  id: "workstation/nomad",
  meaning: "Nomad's command line is installed",
  look: "nomad version",
  run: (world) =>
    withTool(
      world,
      ["nomad", "version"],
      "https://developer.hashicorp.com/nomad/install",
      firstLine,
    ),
};

function firstLine(text: string): Outcome {
  return { said: text.split("\n")[0] ?? "" };
}

export const workstationChecks = {
  common: [node, pulumi, stack],
  secrets: [sops],
  k3s: [kubectl],
  nomad: [nomad],
};
