import type { Placement } from "../kubernetes/placement";

/** The node with the GPU, as a pod that transcodes sees it. */
export interface GpuNode {
  /** Resource that the device plugin announces, such as `gpu.intel.com/i915`. */
  readonly resource: string;
  readonly nodes: Extract<Placement["nodes"], "gpu" | "gpu-and-storage">;
  /** Group id of /dev/dri/renderD128 on the node. @default the container's own groups suffice */
  readonly renderGroup?: number;
}
