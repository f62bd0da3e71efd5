import * as k8s from "@pulumi/kubernetes";
import type { Input, Output } from "@pulumi/pulumi";
import type * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/kubernetes";
import { selectorLabels, type Labels } from "./labels";

/** Name, namespace and labels of an app's objects. */
export interface AppMetadata {
  readonly name: string;
  readonly namespace: Input<string>;
  readonly labels: Labels;
}

export interface ServiceSpec {
  readonly metadata: AppMetadata;
  /** App whose pods answer. @default the Service's own name */
  readonly app?: string;
  /** Ports by name; each leads to the container port of the same name. */
  readonly ports: Readonly<Record<string, number>>;
  /** `headless` names each pod of a StatefulSet. @default ClusterIP */
  readonly kind?: "ClusterIP" | "headless" | "LoadBalancer";
  /** Fixed address of a LoadBalancer, handed out by MetalLB. */
  readonly address?: string;
}

/** Registers a Service; it leads to the pods with the app's selector labels. */
export function service(
  { metadata, app = metadata.name, ports, kind = "ClusterIP", address }: ServiceSpec,
  opts: { readonly parent: pulumi.ComponentResource },
): k8s.core.v1.Service {
  return new k8s.core.v1.Service(
    metadata.name,
    {
      metadata: {
        ...metadata,
        // https://metallb.io/usage/#requesting-specific-ips
        ...(address && { annotations: { "metallb.io/loadBalancerIPs": address } }),
      },
      spec: {
        ...(kind === "LoadBalancer" && { type: kind }),
        ...(kind === "headless" && { clusterIP: "None" }),
        selector: selectorLabels(app),
        ports: Object.entries(ports).map(([port, number]) => ({
          name: port,
          port: number,
          targetPort: port,
        })),
      },
    },
    opts,
  );
}

/** Base URL of a Service inside the cluster. */
export function clusterUrl(service: k8s.core.v1.Service, port: number): Output<string> {
  return service.metadata.apply(
    ({ name, namespace }) => `http://${name}.${namespace}:${port.toString()}`,
  );
}

/** The address that a LoadBalancer has got; "pending" until then, as in a preview. */
export function loadBalancerAddress(service: k8s.core.v1.Service): Output<string> {
  return service.status.apply((status) => addressOf(status));
}

/** Typed as what a cluster may really answer: no status, no list, nothing in it. */
function addressOf(status?: Partial<types.output.core.v1.ServiceStatus>): string {
  const balancer: Partial<types.output.core.v1.LoadBalancerStatus> | undefined =
    status?.loadBalancer;
  const [first] = balancer?.ingress ?? [];
  return first?.ip ?? "pending";
}
