import { DevicePlugin } from "../../../components/gpu/device-plugin";
import { images } from "../../../components/images";
import { labels, selectorLabels } from "../../../components/kubernetes/labels";
import { onGpuNodes } from "../../../components/kubernetes/placement";
import { record } from "../../../ops/recorder";
import { children } from "../../support/children";

const folders = [
  ["devices", "/dev/dri", true],
  ["drivers", "/sys/class/drm", true],
  ["kubelet", "/var/lib/kubelet/device-plugins", false],
  ["cdi", "/var/run/cdi", false],
] as const;

it.each(["gpu", "gpu-and-storage"] as const)(
  "is one unprivileged DaemonSet on %s nodes; nothing else was created",
  async (nodes) => {
    const recording = await record(() => {
      new DevicePlugin("test-plugin", { namespace: "test-media", shared: 7, nodes });
    });
    expect(children(recording)).toEqual([
      {
        type: "kubernetes:apps/v1:DaemonSet",
        name: "test-plugin",
        inputs: {
          apiVersion: "apps/v1",
          kind: "DaemonSet",
          metadata: {
            name: "test-plugin",
            namespace: "test-media",
            labels: labels("test-plugin", "gpu"),
          },
          spec: {
            selector: { matchLabels: selectorLabels("test-plugin") },
            template: {
              metadata: { labels: labels("test-plugin", "gpu") },
              spec: {
                ...onGpuNodes(nodes),
                enableServiceLinks: false,
                automountServiceAccountToken: false,
                containers: [
                  {
                    name: "test-plugin",
                    image: images.intelGpuPlugin,
                    args: ["-shared-dev-num", "7"],
                    env: [
                      {
                        name: "NODE_NAME",
                        valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } },
                      },
                    ],
                    securityContext: {
                      readOnlyRootFilesystem: true,
                      allowPrivilegeEscalation: false,
                      capabilities: { drop: ["ALL"] },
                      seLinuxOptions: { type: "container_device_plugin_t" },
                    },
                    resources: {
                      requests: { cpu: "10m", memory: "32Mi" },
                      limits: { cpu: "100m", memory: "64Mi" },
                    },
                    volumeMounts: folders.map(([name, mountPath, readOnly]) => ({
                      name,
                      mountPath,
                      ...(readOnly && { readOnly }),
                    })),
                  },
                ],
                volumes: folders.map(([name, path]) => ({ name, hostPath: { path } })),
              },
            },
          },
        },
      },
    ]);
  },
);
