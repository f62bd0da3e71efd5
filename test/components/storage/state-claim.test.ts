import { StateClaim } from "../../../components/storage/state-claim";
import { record } from "../../../ops/recorder";
import { children, only } from "../../support/children";

const claimType = "kubernetes:core/v1:PersistentVolumeClaim";

function recorded(protect: boolean) {
  return record(() => {
    const args = { namespace: "test-media", storageClass: "fast", size: "3Gi", protect };
    return { ...new StateClaim("config-app", args).mount };
  });
}

it("is one claim for one node, and nothing else was created", async () => {
  expect(children(await recorded(true))).toEqual([
    {
      type: claimType,
      name: "config-app",
      inputs: {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: {
          name: "config-app",
          namespace: "test-media",
          labels: expect.objectContaining({ "app.kubernetes.io/component": "state" }) as unknown,
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

it("is protected, and kept even where protection is off", async () => {
  expect(only(await recorded(true), claimType).options).toEqual({
    protect: true,
    retainOnDelete: true,
  });
  expect(only(await recorded(false), claimType).options).toEqual({ retainOnDelete: true });
});

it("mounts itself", async () => {
  expect((await recorded(true)).outputs).toEqual({
    volume: "config-app",
    source: { persistentVolumeClaim: { claimName: "config-app" } },
  });
});
