/** The Kubernetes objects of a recorded stack as kubectl takes them, for whatever tries the plan out. */
import { autoName, type RecordedResource, type Recording } from "./recorder";

export interface PlannedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

/** Sorted so that whatever an object needs comes before it. */
export function plannedObjects({ resources }: Recording): PlannedObject[] {
  return resources
    .filter(({ custom, type }) => custom && type.startsWith("kubernetes:"))
    .map(planned)
    .sort((a, b) => rank(a) - rank(b));
}

/** Pods are refused without their account, claims stay unbound without their volume; the rest can wait for each other. */
const needed = [
  "Namespace",
  "CustomResourceDefinition",
  "StorageClass",
  "PersistentVolume",
  "PersistentVolumeClaim",
  "ServiceAccount",
  "ConfigMap",
  "Secret",
];

function rank({ kind }: PlannedObject): number {
  const place = needed.indexOf(kind);
  return place < 0 ? needed.length : place;
}

function planned({ name, inputs }: RecordedResource): PlannedObject {
  const { metadata } = inputs as { metadata?: { name?: string } };
  const { stringData, ...rest } = inputs;
  const object = { ...rest, metadata: { ...metadata, name: metadata?.name ?? autoName(name) } };
  // The values of a Secret are not in the recording, and its mark is no map as the API wants it.
  return { ...object, ...(stringData !== undefined && { data: {} }) } as unknown as PlannedObject;
}
