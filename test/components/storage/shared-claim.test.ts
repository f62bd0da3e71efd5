import { labels } from "../../../components/kubernetes/labels";
import { SharedClaim } from "../../../components/storage/shared-claim";
import { record } from "../../../ops/recorder";
import { children, only } from "../../support/children";

const claimType = "kubernetes:core/v1:PersistentVolumeClaim";

function recorded() {
  return record(() => {
    const { mount, volumeName } = new SharedClaim("links", {
      namespace: "test-media",
      storageClass: "shared",
      size: "3Gi",
      protect: true,
    });
    return { ...mount, volumeName };
  });
}

it("is one claim for many nodes, and nothing else was created", async () => {
  const recording = await recorded();
  expect(children(recording)).toEqual([
    {
      type: claimType,
      name: "links",
      inputs: {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name: "links", namespace: "test-media", labels: labels("links", "storage") },
        spec: {
          accessModes: ["ReadWriteMany"],
          storageClassName: "shared",
          resources: { requests: { storage: "3Gi" } },
        },
      },
    },
  ]);
  expect(only(recording, claimType).options).toEqual({ protect: true, retainOnDelete: true });
});

it("mounts itself, and tells the volume behind it", async () => {
  expect((await recorded()).outputs).toEqual({
    volume: "links",
    source: { persistentVolumeClaim: { claimName: "links" } },
    volumeName: "links-volume",
  });
});
