/** Secrets: where they may stand, and that those referred to exist. */
import { idOf, type Fault, type Graph, type Policy, type Resource } from "./finding";
import { among, at, fields, isHidden, list, secretMark, shown, texts } from "./value";
import {
  allContainers,
  exists,
  inContainer,
  lookup,
  ofKind,
  pods,
  qualified,
  volumes,
} from "./views";

/** Names of variables whose value is not for everybody. */
const smells = /(token|key|pass|password|passwd|secret)s?$/i;

export const secretComesByReference: Policy = (graph) =>
  allContainers(graph).flatMap((container) =>
    list(at(container.spec, "env"))
      .filter((entry) => smells.test(shown(at(entry, "name"))))
      .filter((entry) => at(entry, "valueFrom", "secretKeyRef") === undefined)
      .map((entry) =>
        inContainer(
          container,
          `found ${shown(at(entry, "name"))} as a plain value, expected a reference to a Secret`,
          "put it into a Secret, and refer to it with valueFrom.secretKeyRef",
        ),
      ),
  );

/** What is made for secrets. */
const holdsSecrets = /:(Secret|Variable)$/;

export const noSecretInDiff: Policy = (graph) =>
  graph
    .filter(({ type }) => /^(kubernetes|nomad):/.test(type) && !holdsSecrets.test(type))
    .flatMap((resource) =>
      texts(resource.inputs)
        .filter(({ text }) => text === secretMark)
        .map(({ path }) => ({
          resource: idOf(resource),
          message: `found a secret at ${path}, expected none outside a Secret: it hides all around it in the preview`,
          fix: "refer to a Secret, a Vault template or a file",
        })),
    );

/** A reference to an object of the pod's namespace, and to the keys of it that are named. */
interface Reference {
  readonly kind: "Secret" | "ConfigMap";
  readonly namespace: unknown;
  readonly name: unknown;
  readonly keys: readonly unknown[];
  readonly fault: (message: string, fix: string) => Fault;
}

function references(graph: Graph): Reference[] {
  const inVariables = allContainers(graph).flatMap((container) => {
    const { namespace } = container.pod;
    const fault = (message: string, fix: string) => inContainer(container, message, fix);
    const single = list(at(container.spec, "env")).flatMap((entry) => [
      { kind: "Secret" as const, from: at(entry, "valueFrom", "secretKeyRef") },
      { kind: "ConfigMap" as const, from: at(entry, "valueFrom", "configMapKeyRef") },
    ]);
    const whole = list(at(container.spec, "envFrom")).flatMap((entry) => [
      { kind: "Secret" as const, from: at(entry, "secretRef") },
      { kind: "ConfigMap" as const, from: at(entry, "configMapRef") },
    ]);
    return [...single, ...whole]
      .filter(({ from }) => from !== undefined)
      .map(({ kind, from }) => {
        const key = at(from, "key");
        const keys = key === undefined ? [] : [key];
        return { kind, namespace, name: at(from, "name"), keys, fault };
      });
  });
  const inVolumes = pods(graph).flatMap((pod) =>
    volumes(pod)
      .flatMap((volume) => [
        { kind: "Secret" as const, from: at(volume, "secret"), field: "secretName" },
        { kind: "ConfigMap" as const, from: at(volume, "configMap"), field: "name" },
      ])
      .filter(({ from }) => from !== undefined)
      .map(({ kind, from, field }) => ({
        kind,
        namespace: pod.namespace,
        name: at(from, field),
        keys: list(at(from, "items")).map((item) => at(item, "key")),
        fault: (message: string, fix: string) => ({ resource: idOf(pod.workload), message, fix }),
      })),
  );
  return [...inVariables, ...inVolumes];
}

export const referenceExists: Policy = (graph) =>
  references(graph)
    .filter(({ kind, namespace, name }) => !exists(ofKind(graph, kind))(qualified(namespace, name)))
    .map(({ kind, name, fault }) =>
      fault(
        `found a reference to the ${kind} ${shown(name)}, expected one of the graph`,
        "refer to it by the name that its registration gives",
      ),
    );

/** The keys of a Secret or ConfigMap. In a recording and in a preview, secret data hide theirs. */
function keysOf({ inputs }: Resource): unknown[] {
  return ["data", "stringData", "binaryData"]
    .map((field) => at(inputs, field))
    .flatMap((data) => (isHidden(data) ? [data] : Object.keys(fields(data))));
}

export const keyExists: Policy = (graph) =>
  references(graph).flatMap(({ kind, namespace, name, keys, fault }) => {
    const object = lookup(ofKind(graph, kind))(qualified(namespace, name));
    if (!object || isHidden(at(object.inputs))) return [];
    return keys
      .filter((key) => !among(keysOf(object))(key))
      .map((key) =>
        fault(
          `found the key ${shown(key)} of the ${kind} ${shown(name)}, expected one of ${keysOf(object).join(", ")}`,
          "refer to a key that it has",
        ),
      );
  });

/** A claim token of Plex: good for four minutes and one use, so wherever it is stored it is stale. */
const claimToken = /\bclaim-[A-Za-z0-9_-]{8,}/;

export const noClaimToken: Policy = (graph) =>
  graph.flatMap((resource) => {
    const variables = allContainers([resource]).flatMap(({ spec }) => list(at(spec, "env")));
    const asked = variables.filter((entry) => at(entry, "name") === "PLEX_CLAIM");
    const found = [
      ...texts(resource.inputs)
        .filter(({ text }) => claimToken.test(text))
        .map(({ path }) => `a claim token at ${path}`),
      ...asked.map(() => "the variable PLEX_CLAIM"),
    ];
    return found.map((what) => ({
      resource: idOf(resource),
      message: `found ${what}, expected none: it is good for four minutes and one use`,
      fix: "let the program mint one while it runs (config: plex.claim)",
    }));
  });
