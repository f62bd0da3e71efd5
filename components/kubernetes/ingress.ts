import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { AppMetadata } from "./service";

export interface IngressRules {
  readonly className: string;
  /** Traefik's entry point. @default the controller's own */
  readonly entryPoint?: string;
  /** Serve the hosts over https. */
  readonly tls: boolean;
}

/** Registers an Ingress that serves `host` from the port `http` of a Service; gives its base URL. */
export function ingress(
  metadata: AppMetadata,
  host: string,
  { className, entryPoint, tls }: IngressRules,
  service: k8s.core.v1.Service,
  opts: { readonly parent: pulumi.ComponentResource },
): string {
  const router = "traefik.ingress.kubernetes.io/router";
  const backend = { service: { name: service.metadata.name, port: { name: "http" } } };
  new k8s.networking.v1.Ingress(
    metadata.name,
    {
      metadata: {
        ...metadata,
        annotations: {
          ...(entryPoint && { [`${router}.entrypoints`]: entryPoint }),
          ...(tls && { [`${router}.tls`]: "true" }),
        },
      },
      spec: {
        ingressClassName: className,
        rules: [{ host, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
        ...(tls && { tls: [{ hosts: [host] }] }),
      },
    },
    opts,
  );
  return `${tls ? "https" : "http"}://${host}`;
}
