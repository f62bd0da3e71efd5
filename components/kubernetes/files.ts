import * as fs from "node:fs";
import * as path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { labels } from "./labels";
import type { Mount } from "./pod";

/**
 * Registers a ConfigMap with files and gives the mount that shows them to a container. Autonamed and
 * immutable: a changed file is a new ConfigMap, and that rolls the pods that mount it.
 */
export function fileMount(
  name: string,
  namespace: pulumi.Input<string>,
  files: Readonly<Record<string, string>>,
  opts: { readonly parent: pulumi.ComponentResource },
): Mount {
  const map = new k8s.core.v1.ConfigMap(
    name,
    { metadata: { namespace, labels: labels(name, "files") }, immutable: true, data: { ...files } },
    opts,
  );
  return { volume: name, source: { configMap: { name: map.metadata.name } }, readOnly: true };
}

/** Files of the project by their own names, as `fileMount` takes them. */
export function projectFiles(folder: string, ...names: string[]): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => [name, fs.readFileSync(path.join(folder, name), "utf8")]),
  );
}
