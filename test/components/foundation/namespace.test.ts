import { Namespace, type NamespaceArgs } from "../../../components/foundation/namespace";
import { record } from "../../../ops/recorder";
import { children, only } from "../../support/children";

function recorded(mode: NamespaceArgs["mode"]) {
  return record(() => ({ name: new Namespace("namespace", { name: "media", mode }).name }));
}

const namespace = {
  type: "kubernetes:core/v1:Namespace",
  name: "namespace",
  inputs: { apiVersion: "v1", kind: "Namespace", metadata: { name: "media" } },
};

it("creates the namespace and keeps it on destroy; nothing else was created", async () => {
  const recording = await recorded("create");
  expect(children(recording)).toEqual([namespace]);
  expect(only(recording, namespace.type).options).toEqual({ retainOnDelete: true });
});

it("adopts one that exists as it was found; nothing else was created", async () => {
  const recording = await recorded("adopt");
  expect(children(recording)).toEqual([namespace]);
  expect(only(recording, namespace.type).options).toEqual({
    retainOnDelete: true,
    import: "media",
    ignoreChanges: ["*"],
  });
});

it("references one that exists without a resource of its own", async () => {
  const recording = await recorded("reference");
  expect(children(recording)).toEqual([]);
  expect(recording.outputs).toEqual({ name: "media" });
});
