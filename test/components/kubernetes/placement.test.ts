import { onStorageNodes } from "../../../components/kubernetes/placement";

it("requires a storage node, prefers the primary one and leaves a lost one after 30 seconds", () => {
  const lost = { operator: "Exists", effect: "NoExecute", tolerationSeconds: 30 };
  expect(onStorageNodes()).toEqual({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            {
              matchExpressions: [
                { key: "node.longhorn.io/storage", operator: "In", values: ["enabled"] },
              ],
            },
          ],
        },
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 100,
            preference: {
              matchExpressions: [
                { key: "node.longhorn.io/primary", operator: "In", values: ["true"] },
              ],
            },
          },
        ],
      },
    },
    tolerations: [
      {
        key: "node.longhorn.io/storage",
        value: "enabled",
        operator: "Equal",
        effect: "NoSchedule",
      },
      { key: "node.kubernetes.io/not-ready", ...lost },
      { key: "node.kubernetes.io/unreachable", ...lost },
    ],
  });
});
