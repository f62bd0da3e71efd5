/** The fields of an object that can't be changed in place: a change replaces the object, and what it holds is lost. */
import { at, fields, isHidden, type Fields } from "../policies/value";

/** One field as it was and as it would be; `breaks` says whether that takes another object. */
export interface Field {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly breaks: boolean;
}

type Reader = (before: Fields, after: Fields) => Field[];

/** What is unknown until an `up`, or secret, is neither changed nor unchanged. */
function field(path: string, before: unknown, after: unknown, same = isSame): Field {
  const readable = !hides(before) && !hides(after);
  return { path, before, after, breaks: readable && !same(before, after) };
}

function hides(value: unknown): boolean {
  return isHidden(value) || Object.values(fields(value)).some(hides);
}

/** Equal but for the order of keys. */
function isSame(a: unknown, b: unknown): boolean {
  return sorted(a) === sorted(b);
}

function sorted(value: unknown): string {
  if (typeof value !== "object" || value === null)
    return value === undefined ? "nothing" : JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(sorted).join()}]`;
  const entries = Object.entries(value).map(([key, inner]) => `${key}:${sorted(inner)}`);
  return `{${entries.sort().join()}}`;
}

const same =
  (...paths: readonly string[]): Reader =>
  (before, after) =>
    paths.map((path) => {
      const steps = path.split(".");
      return field(path, at(before, ...steps), at(after, ...steps));
    });

const sameSet =
  (path: string): Reader =>
  (before, after) => {
    const steps = path.split(".");
    const set = (value: unknown) => (Array.isArray(value) ? value.map(String).sort() : value);
    return [field(path, set(at(before, ...steps)), set(at(after, ...steps)))];
  };

const notSmaller =
  (path: string): Reader =>
  (before, after) => {
    const steps = path.split(".");
    return [
      field(path, at(before, ...steps), at(after, ...steps), (was, is) => bytes(is) >= bytes(was)),
    ];
  };

const everything: Reader = (before, after) =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((key) => !key.startsWith("__"))
    .flatMap((key) => same(key)(before, after));

/** The fields of a volume's spec that don't say where its data lies. */
const besidesSource = [
  ...["accessModes", "capacity", "claimRef", "mountOptions", "nodeAffinity"],
  ...["persistentVolumeReclaimPolicy", "storageClassName", "volumeAttributesClassName"],
  "volumeMode",
];

const source: Reader = (before, after) => {
  const keys = [before, after].flatMap((inputs) => Object.keys(fields(at(inputs, "spec"))));
  return [...new Set(keys)]
    .filter((key) => !besidesSource.includes(key))
    .flatMap((key) => same(`spec.${key}`)(before, after));
};

/** The provider makes such a name up, another one at each preview of something new. */
const autonamed = "pulumi.com/autonamed";

const identity: Reader = (before, after) => {
  const madeUp = [before, after].some((inputs) => at(inputs, "metadata", "annotations", autonamed));
  return same(...(madeUp ? [] : ["metadata.name"]), "metadata.namespace")(before, after);
};

interface Rule {
  /** Whether it also holds for what nobody protects. */
  readonly always: boolean;
  readonly fields: readonly Reader[];
}

const rules: Readonly<Record<string, Rule>> = {
  Namespace: { always: true, fields: [same("metadata.name")] },
  Deployment: { always: true, fields: [same("spec.selector")] },
  StatefulSet: { always: true, fields: [same("spec.selector", "spec.volumeClaimTemplates")] },
  PersistentVolumeClaim: {
    always: false,
    fields: [
      identity,
      same("spec.storageClassName", "spec.volumeName", "spec.volumeMode", "spec.selector"),
      sameSet("spec.accessModes"),
      notSmaller("spec.resources.requests.storage"),
    ],
  },
  PersistentVolume: { always: false, fields: [identity, source] },
  StorageClass: {
    always: false,
    fields: [identity, same("provisioner", "parameters", "reclaimPolicy", "volumeBindingMode")],
  },
  CsiVolume: { always: false, fields: [everything] },
  // The provider: another cluster's objects are other objects, so that all of them would be replaced.
  kubernetes: { always: true, fields: [same("clusterIdentifier")] },
};

/** The fields whose change takes another object, of an object of this kind. */
export function brokenFields(kind: string, before: Fields, after: Fields, kept: boolean): Field[] {
  const { always, fields: readers } = rules[kind] ?? { always: false, fields: [identity] };
  if (!kept && !always) return [];
  return readers.flatMap((read) => read(before, after)).filter(({ breaks }) => breaks);
}

const powers: Readonly<Record<string, number>> = { k: 1, M: 2, G: 3, T: 4, P: 5 };

/** A quantity of Kubernetes as a number of bytes; none at all is as good as none. */
export function bytes(quantity: unknown): number {
  const text = typeof quantity === "number" ? quantity.toString() : (quantity ?? "0");
  const [, digits, unit = "", binary = ""] =
    /^([\d.]+(?:[eE]\d+)?)([kKMGTP]?)(i?)$/.exec(typeof text === "string" ? text : "") ?? [];
  return Number(digits) * (binary === "i" ? 1024 : 1000) ** (powers[unit.replace("K", "k")] ?? 0);
}
