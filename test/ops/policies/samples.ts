/** Reads the samples: per policy, graphs that it lets pass and graphs in which it finds something. */
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import type { Graph, Resource } from "../../../ops/policies/finding";
import { shippedSetting, type Setting } from "../../../ops/policies/setting";

export interface Samples {
  readonly passes: readonly Graph[];
  readonly fails: readonly { readonly graph: Graph; readonly finds: readonly string[] }[];
}

/** The shipped setting, and one class and one claim that are nowhere else. */
export const setting: Setting = {
  ...shippedSetting,
  storageClasses: ["of-old"],
  claims: ["media/of-old"],
};

/** A Kubernetes manifest, with the options of its resource; or a resource of another kind as it is. */
type Written =
  | (Readonly<Record<string, unknown>> & {
      readonly kind: string;
      readonly metadata: { readonly name: string };
      readonly options?: Resource["options"];
    })
  | (Omit<Resource, "options"> &
      Partial<Pick<Resource, "options">> & { readonly kind?: undefined });

interface WrittenSamples {
  readonly passes?: readonly (readonly Written[])[];
  readonly fails?: readonly {
    readonly graph: readonly Written[];
    readonly finds: readonly string[];
  }[];
}

/** Samples by policy. */
export function samples(): Record<string, Samples> {
  const folder = path.join(__dirname, "samples");
  const files = fs
    .readdirSync(folder)
    .map((file) => fs.readFileSync(path.join(folder, file), "utf8"));
  return Object.fromEntries(
    files
      .flatMap((file) => Object.entries(parse(file) as Record<string, WrittenSamples>))
      .map(([policy, { passes = [], fails = [] }]) => [
        policy,
        {
          passes: passes.map((graph) => graph.map(resource)),
          fails: fails.map(({ graph, finds }) => ({ graph: graph.map(resource), finds })),
        },
      ]),
  );
}

const groups: Readonly<Record<string, string>> = {
  DaemonSet: "apps/v1",
  Deployment: "apps/v1",
  Ingress: "networking.k8s.io/v1",
  Job: "batch/v1",
  StatefulSet: "apps/v1",
  StorageClass: "storage.k8s.io/v1",
};

function resource(written: Written): Resource {
  if (written.kind === undefined) return { ...written, options: written.options ?? {} };
  const { options = {}, ...inputs } = written;
  const type = `kubernetes:${groups[inputs.kind] ?? "core/v1"}:${inputs.kind}`;
  return { type, name: inputs.metadata.name, inputs, options };
}
