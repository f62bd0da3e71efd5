import type { Recording, RecordedResource } from "../../ops/recorder";

export type Child = Pick<RecordedResource, "type" | "name" | "inputs">;

/** Everything that was registered, but for the component itself: type, name and inputs, nothing else. */
export function children({ resources }: Recording): Child[] {
  return resources
    .filter(({ parent }) => parent !== "")
    .map(({ type, name, inputs }) => ({ type, name, inputs }));
}

/** The one child of a type; fails where there are several or none. */
export function only(recording: Recording, type: string): RecordedResource {
  const found = recording.resources.filter((resource) => resource.type === type);
  const [first] = found;
  if (!first || found.length > 1) throw new Error(`${found.length.toString()} of ${type}, not one`);
  return first;
}
