import { labels } from "../../../components/kubernetes/labels";
import { StateClaim, type StateClaimArgs } from "../../../components/storage/state-claim";
import { record } from "../../../ops/recorder";
import { children, only } from "../../support/children";

const claimType = "kubernetes:core/v1:PersistentVolumeClaim";

function recorded(more: Partial<StateClaimArgs> = {}) {
  return record(() => {
    const args = { namespace: "test-media", storageClass: "fast", size: "3Gi", protect: true };
    return { ...new StateClaim("config-app", { ...args, ...more }).mount };
  });
}

it("is one claim for one node, and nothing else was created", async () => {
  expect(children(await recorded())).toEqual([
    {
      type: claimType,
      name: "config-app",
      inputs: {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: {
          name: "config-app",
          namespace: "test-media",
          labels: labels("config-app", "storage"),
        },
        spec: {
          accessModes: ["ReadWriteOnce"],
          storageClassName: "fast",
          resources: { requests: { storage: "3Gi" } },
        },
      },
    },
  ]);
});

it.each<[Partial<StateClaimArgs>, object]>([
  [{}, { protect: true, retainOnDelete: true }],
  [{ protect: false }, { retainOnDelete: true }],
  [
    { adoptFrom: "old" },
    { protect: true, retainOnDelete: true, import: "old/config-app", ignoreChanges: ["*"] },
  ],
])("outlives the stack: %j", async (more, options) => {
  expect(only(await recorded(more), claimType).options).toEqual(options);
});

it("mounts itself", async () => {
  expect((await recorded()).outputs).toEqual({
    volume: "config-app",
    source: { persistentVolumeClaim: { claimName: "config-app" } },
  });
});
