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

function planned(resource: RecordedResource): PlannedObject {
  const { metadata, ...rest } = resource.inputs as {
    metadata?: { name?: string };
    stringData?: unknown;
  };
  // The values of a Secret are not in the recording, and its mark is no map as the API wants it.
  delete rest.stringData;
  const name = metadata?.name ?? autoName(resource.name);
  return { ...rest, metadata: { ...metadata, name } } as unknown as PlannedObject;
}
