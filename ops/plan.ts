/** The files that show a recorded stack to a person: name to text. */
import { markdownTable } from "./markdown";
import type { RecordedResource, Recording } from "./recorder";
import { topology } from "./topology";

export function planFiles({ resources, outputs }: Recording): Record<string, string> {
  const shown = resources.map(({ type, name, options, inputs }) => ({
    type,
    name,
    ...options,
    inputs,
  }));
  return {
    "resources.json": `${JSON.stringify(shown, undefined, 2)}\n`,
    "topology.md": `\`\`\`mermaid\n${topology(resources)}\`\`\`\n`,
    "urls.md": urlTable(outputs),
    ...Object.fromEntries(resources.flatMap(jobFiles)),
  };
}

interface JobInputs {
  readonly jobspec: string;
  readonly hcl2: { readonly vars: Readonly<Record<string, string>> };
}

/** A job as Nomad's own CLI takes it: `nomad job plan -var-file=<name>.vars.hcl <name>.nomad.hcl`. */
function jobFiles({ type, name, inputs }: RecordedResource): [string, string][] {
  if (type !== "nomad:index/job:Job") return [];
  const { jobspec, hcl2 } = inputs as unknown as JobInputs;
  const vars = Object.entries(hcl2.vars).map(([key, value]) => `${key} = ${hclString(value)}\n`);
  return [
    [`${name}.nomad.hcl`, jobspec],
    [`${name}.vars.hcl`, vars.join("")],
  ];
}

/** Quoted as JSON is, but for what would be a template: https://developer.hashicorp.com/nomad/docs/reference/hcl2/expressions */
function hclString(value: string): string {
  return JSON.stringify(value).replaceAll(/[$%](?=\{)/g, "$&$&");
}

function urlTable(outputs: Record<string, unknown>): string {
  const { urls, images, nextSteps } = outputs as {
    urls: Record<string, string>;
    images: Record<string, string>;
    nextSteps: string[];
  };
  return [
    ...markdownTable(
      ["App", "URL", "Image"],
      Object.entries(urls).map(([app, url]) => [app, url, images[app] ?? ""]),
    ),
    "",
    ...nextSteps.map((step) => `- ${step}`),
    "",
  ].join("\n");
}
