import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { images } from "../images";
import { labels, selectorLabels } from "../kubernetes/labels";
import { onGpuNodes } from "../kubernetes/placement";
import type { GpuNode } from "./gpu-node";

export interface DevicePluginArgs {
  readonly namespace: pulumi.Input<string>;
  readonly nodes: GpuNode["nodes"];
  /** How many pods may share one GPU. */
  readonly shared: number;
}

/** Folders of the node, by the path that the plugin knows them under; all but one are only read. */
const folders: Readonly<Record<string, { path: string; readOnly: boolean }>> = {
  devices: { path: "/dev/dri", readOnly: true },
  drivers: { path: "/sys/class/drm", readOnly: true },
  kubelet: { path: "/var/lib/kubelet/device-plugins", readOnly: false },
  cdi: { path: "/var/run/cdi", readOnly: false },
};

/**
 * Intel's GPU device plugin: announces the GPU of the labelled node as the resource `gpu.intel.com/i915`
 * (or `xe`), so that a pod asks for it instead of mounting devices as a privileged one.
 * https://github.com/intel/intel-device-plugins-for-kubernetes/blob/main/cmd/gpu_plugin/README.md
 */
export class DevicePlugin extends pulumi.ComponentResource {
  constructor(name: string, args: DevicePluginArgs, opts?: pulumi.ComponentResourceOptions) {
    super("homelab:gpu:DevicePlugin", name, {}, opts);

    const { namespace, nodes, shared } = args;
    const metadata = { name, namespace, labels: labels(name, "gpu") };
    new k8s.apps.v1.DaemonSet(
      name,
      {
        metadata,
        spec: {
          selector: { matchLabels: selectorLabels(name) },
          template: {
            metadata: { labels: metadata.labels },
            spec: {
              ...onGpuNodes(nodes),
              enableServiceLinks: false,
              automountServiceAccountToken: false,
              containers: [
                {
                  name,
                  image: images.intelGpuPlugin,
                  args: ["-shared-dev-num", shared.toString()],
                  env: [
                    {
                      name: "NODE_NAME",
                      valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } },
                    },
                  ],
                  // As published: root, for the kubelet's socket, but with nothing to gain.
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
                  volumeMounts: Object.entries(folders).map(([folder, { path, readOnly }]) => ({
                    name: folder,
                    mountPath: path,
                    ...(readOnly && { readOnly }),
                  })),
                },
              ],
              volumes: Object.entries(folders).map(([folder, { path }]) => ({
                name: folder,
                hostPath: { path },
              })),
            },
          },
        },
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
