/** The world as it is: the stack's files, Pulumi's command line, the cluster, Nomad. Each question is asked once. */
import * as fs from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { quoted } from "../../components/kubernetes/shell";
import { loadConfig } from "../../config/load";
import type { HomelabConfig, NomadConfig, StackConfig } from "../../config/schema";
import { proveSecrets } from "../../config/secrets";
import { program } from "../../index";
import { record, type Recording, type Surroundings } from "../recorder";
import { engineConfig, mergePatch, projectName, stackFileValues } from "../stack-file";
import { answer, ask, lastWords, toItsEnd, type AskOptions, type Ended } from "./ask";
import { lookAtMove } from "./migration-look";
import type { Answer, HttpOptions, Rights, Script, World } from "./world";

const scripts = path.join(__dirname, "scripts");

/** A world that can be asked anew, and changed. */
export interface LiveWorld extends World {
  /** The same stack with what is known of its files; cluster, Nomad and apps are asked again. */
  readonly afresh: () => LiveWorld;
  /** Runs kubectl or nomad, whichever the stack's platform has, and says how that ended. */
  readonly act: (args: readonly string[], options: AskOptions) => Promise<Ended>;
}

/** Questions whose answers don't change while the stack runs. */
const lasting = ["file", "config", "plan", "secrets", "tool", "pulumi"];

/** The stack of the stack file in a folder. */
export function liveWorld(
  stack: string,
  folder: string,
  asked = new Map<string, Promise<unknown>>(),
): LiveWorld {
  /** The same question is the same answer, also while it is still being asked. */
  const once = <T>(question: readonly unknown[], find: () => Promise<T>): Promise<T> => {
    const key = JSON.stringify(question);
    const before = asked.get(key) as Promise<T> | undefined;
    if (before) return before;
    const found = find();
    asked.set(key, found);
    return found;
  };

  const file = path.join(folder, `Pulumi.${stack}.yaml`);
  const surroundings = () => once(["file"], () => stackSurroundings(stack, file, pulumiCli));
  const pulumiCli = (...args: string[]) =>
    once(["pulumi", ...args], () => answer("pulumi", [...args, "--stack", stack], { env: quiet }));
  const config = () =>
    once(["config"], async (): Promise<StackConfig> => {
      const where = await surroundings();
      const loaded: StackConfig[] = [];
      await hushed(() =>
        record(() => {
          loaded.push(loadConfig(file));
        }, where),
      );
      const [found] = loaded;
      if (!found) throw new Error("the config could not be loaded");
      return found;
    });
  const plan = () =>
    once(["plan"], async (): Promise<Recording> => {
      // One program at a time: it finds its config in one place.
      const { secrets } = await config();
      const where = await surroundings();
      // Without their file the secrets are placeholders: whether it can be read is a question of its own.
      const nowhere = {
        [`${where.project}:secrets`]: JSON.stringify({ file: `${secrets.file}-` }),
      };
      return hushed(() => record(program, { ...where, config: { ...where.config, ...nowhere } }));
    });

  const kubectl = async (args: readonly string[], input = ""): Promise<string> => {
    const known = await config();
    if (known.platform !== "k3s") throw new Error("this stack has no Kubernetes");
    return answer("kubectl", [...clusterOf(known), "--request-timeout=10s", ...args], { input });
  };

  const nomadCli = async (args: readonly string[], more: AskOptions = {}): Promise<string> => {
    const known = await config();
    if (known.platform !== "nomad") throw new Error("this stack has no Nomad");
    return answer("nomad", args, { ...more, env: nomadOf(known) });
  };

  return {
    stack,
    config,
    plan,
    afresh: () => {
      const kept = [...asked].filter(([key]) =>
        lasting.includes((JSON.parse(key) as string[])[0] ?? ""),
      );
      return liveWorld(stack, folder, new Map(kept));
    },
    act: async (args, options) => {
      const known = await config();
      return known.platform === "k3s"
        ? ask("kubectl", [...clusterOf(known), ...args], options)
        : ask("nomad", args, { ...options, env: nomadOf(known) });
    },
    outputs: async () => {
      const text = await ifThere(pulumiCli("stack", "output", "--json"));
      return JSON.parse(text ?? "{}") as Record<string, unknown>;
    },
    state: async () => {
      const text = await ifThere(pulumiCli("stack", "export"));
      if (text === undefined) return undefined;
      const { deployment } = JSON.parse(text) as Export;
      const { resources = [], pending_operations: pending } = deployment ?? {};
      return {
        resources: resources.map(({ type, urn }) => ({ type, name: urn.split("::").at(-1) ?? "" })),
        pending: pending?.length ?? 0,
      };
    },
    secrets: (of, needed) =>
      once(["secrets", of, needed], () =>
        Promise.resolve().then(() => {
          proveSecrets(stack, of, needed);
        }),
      ),
    tool: (name, ...args) => once(["tool", name, ...args], () => answer(name, args)),
    kube: <T>(...args: string[]) =>
      once(
        ["kube", ...args],
        async () => JSON.parse(await kubectl(["get", ...args, "--output", "json"])) as T,
      ),
    rights: (namespace) =>
      once(["rights", namespace], async () => {
        // A review is asked for by making one; nothing is kept of it.
        const review = { apiVersion: "authorization.k8s.io/v1", spec: { namespace } };
        const route = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
        const text = await kubectl(
          ["create", "--raw", route, "--filename", "-"],
          JSON.stringify({ ...review, kind: "SelfSubjectRulesReview" }),
        );
        return (JSON.parse(text) as { status: Rights }).status;
      }),
    inPod: (pod, container, script) =>
      once(["pod", pod, container, script], async () => {
        const known = await config();
        if (known.platform !== "k3s") throw new Error("this stack has no Kubernetes");
        const into = ["exec", "-i", "--namespace", known.namespace.name, pod];
        return kubectl([...into, "--container", container, "--", "sh", "-s"], textOf(script));
      }),
    nomad: <T>(route: string) =>
      once(["nomad", route], async () => {
        const text = await nomadCli(["operator", "api", "-X", "GET", route]);
        try {
          return JSON.parse(text) as T;
        } catch {
          // What it refuses, it says in plain words.
          throw new Error(lastWords(text) || `no answer to ${route}`);
        }
      }),
    inTask: (allocation, task, script) =>
      once(["task", allocation, task, script], () =>
        toItsEnd((lastLine) =>
          nomadCli([...intoTask, `-task=${task}`, allocation, shellOf(script), "-s"], {
            input: `${textOf(script)}\n${lastLine}`,
            // A restore takes longer than anything else; a check has a bound of its own.
            seconds: 115,
          }),
        ),
      ),
    http: (url, options = {}) => once(["http", url, options], () => get(url, options)),
    look: (app) =>
      once(["look", app], async () => {
        await plan();
        return hushed(async () => lookAtMove(app, await surroundings()));
      }),
  };
}

/** What kubectl is told so that it speaks to the stack's own cluster. */
function clusterOf({ kubernetes: { context, kubeconfig } }: HomelabConfig): string[] {
  return ["--context", context, ...(kubeconfig ? ["--kubeconfig", kubeconfig] : [])];
}

/** As the program does: a shell set up for another cluster must not redirect this. */
function nomadOf({ nomad: { address, region } }: NomadConfig) {
  return { NOMAD_ADDR: address, NOMAD_NAMESPACE: "default", NOMAD_REGION: region };
}

/** The engine's config, and where it was found: what the program is recorded with. */
export interface StackSurroundings extends Surroundings {
  readonly project: string;
  readonly stack: string;
  readonly config: Record<string, string>;
}

interface Export {
  readonly deployment?: {
    readonly resources?: readonly { readonly urn: string; readonly type: string }[];
    readonly pending_operations?: readonly unknown[];
  };
}

/** Nobody is there to be asked for a passphrase, or told of a newer version. */
const quiet = { PULUMI_SKIP_UPDATE_CHECK: "true" };

type Cli = (...args: string[]) => Promise<string>;

async function stackSurroundings(
  stack: string,
  file: string,
  pulumiCli: Cli,
): Promise<StackSurroundings> {
  const project = projectName();
  if (!fs.existsSync(file))
    throw new Error(`there is no ${path.basename(file)} in ${path.dirname(file)}`);
  const written = stackFileValues(file);
  const encrypted = Object.keys(written).filter((key) => holdsSecret(written[key]));
  if (encrypted.length === 0) return { project, stack, config: engineConfig(written) };
  // Only Pulumi can decrypt what was set with --secret.
  const text = await pulumiCli("config", "--json", "--show-secrets");
  const all = JSON.parse(text) as Record<string, { value?: string; objectValue?: unknown }>;
  const values = Object.entries(all).map(([key, { value, objectValue }]) => [
    key,
    objectValue ?? value,
  ]);
  const config = mergePatch(written, Object.fromEntries(values) as Record<string, unknown>);
  return { project, stack, config: engineConfig(config), encrypted };
}

/** How a stack file marks what is encrypted: https://www.pulumi.com/docs/iac/concepts/config/ */
function holdsSecret(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const entries = Object.entries(value);
  return entries.some(
    ([key, inner]) => (key === "secure" && typeof inner === "string") || holdsSecret(inner),
  );
}

/** An answer about a stack that may not exist yet. */
async function ifThere(asked: Promise<string>): Promise<string | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Error && error.message.includes("no stack named")) return undefined;
    throw error;
  }
}

/** What the program has to say in a preview is not for those who asked something else; its faults are. */
async function hushed<T>(run: () => Promise<T>): Promise<T> {
  const { log, warn } = console;
  console.log = console.warn = () => undefined;
  try {
    return await run();
  } catch (error) {
    if (pulumi.RunError.isInstance(error)) throw new Error(error.message);
    throw error;
  } finally {
    Object.assign(console, { log, warn });
  }
}

const intoTask = ["alloc", "exec", "-i=true", "-t=false"];

/** What a script is written for, by its first line: not every image has bash. */
function shellOf({ file }: Script): string {
  return fs.readFileSync(path.join(scripts, file), "utf8").startsWith("#!/bin/sh") ? "sh" : "bash";
}

function textOf({ file, values = {} }: Script): string {
  const lines = Object.entries(values).map(([key, value]) => `${key}=${quoted(value)}\n`);
  return `${lines.join("")}${fs.readFileSync(path.join(scripts, file), "utf8")}`;
}

/** A GET that follows nothing and is given up after five seconds. */
function get(url: string, { host }: HttpOptions): Promise<Answer> {
  const { protocol, hostname } = new URL(url);
  const name = host ?? hostname;
  const options = {
    headers: { Host: name, Accept: "application/json, */*" },
    timeout: 5000,
    // Who is behind the address is what is asked, not who has signed its certificate.
    ...(protocol === "https:" && { servername: name, rejectUnauthorized: false }),
  };
  return new Promise((resolve, reject) => {
    const request = (protocol === "https:" ? https : http).get(url, options, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (part: string) => (body += part));
      response.on("error", reject).on("end", () => {
        const { location } = response.headers;
        resolve({ status: response.statusCode ?? 0, body, ...(location && { location }) });
      });
    });
    request.on("timeout", () => request.destroy(new Error(`${url} does not answer within 5 s`)));
    request.on("error", (error) => {
      reject(new Error(`${url}: ${error.message}`));
    });
  });
}
