import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { labels, selectorLabels } from "./labels";
import { podSpec, type PodSpec } from "./pod";
import type { Identity } from "./security";

/** Where, as whom and behind what the apps of one stack run; the same for all of them. */
export interface Site {
  readonly namespace: pulumi.Input<string>;
  readonly identity: Identity;
  readonly ingress: IngressRules;
}

export interface IngressRules {
  readonly className: string;
  /** Traefik's entry point. @default the controller's own */
  readonly entryPoint?: string;
  /** Serve the hosts over https. */
  readonly tls: boolean;
}

export interface WebAppSpec extends PodSpec {
  readonly site: Site;
  /** The app's part in the stack, for the label `app.kubernetes.io/component`. */
  readonly component: string;
  /** Ports by name; the Ingress serves `http`. */
  readonly ports: PodSpec["ports"] & { readonly http: number };
  /** Host name of the Ingress. */
  readonly host: string;
}

export interface WebApp {
  /** Base URL inside the cluster. */
  readonly url: pulumi.Output<string>;
  /** Base URL for people, through the Ingress. */
  readonly publicUrl: string;
  readonly deployment: k8s.apps.v1.Deployment;
  readonly service: k8s.core.v1.Service;
}

/**
 * Registers the Deployment, Service and Ingress of a web app under the calling component. A function
 * and not a component: it leaves no trace in a URN, so it can be reshaped without replacing anything.
 */
export function webApp(
  name: string,
  spec: WebAppSpec,
  opts: { readonly parent: pulumi.ComponentResource },
): WebApp {
  const metadata = {
    name,
    namespace: spec.site.namespace,
    labels: labels(name, spec.component),
  };
  const deployment = new k8s.apps.v1.Deployment(
    name,
    {
      metadata,
      spec: {
        // SQLite allows one writer, and a claim of one node can't be mounted by two pods.
        replicas: 1,
        strategy: { type: "Recreate" },
        selector: { matchLabels: selectorLabels(name) },
        template: { metadata: { labels: metadata.labels }, spec: podSpec(name, spec) },
      },
    },
    opts,
  );
  const service = new k8s.core.v1.Service(
    name,
    {
      metadata,
      spec: {
        selector: selectorLabels(name),
        ports: Object.entries(spec.ports).map(([port, number]) => ({
          name: port,
          port: number,
          targetPort: port,
        })),
      },
    },
    opts,
  );
  new k8s.networking.v1.Ingress(
    name,
    {
      metadata: { ...metadata, annotations: ingressAnnotations(spec.site.ingress) },
      spec: ingressSpec(spec.host, spec.site.ingress, service.metadata.name),
    },
    opts,
  );

  return {
    url: pulumi.interpolate`http://${service.metadata.name}.${spec.site.namespace}:${spec.ports.http}`,
    publicUrl: `${spec.site.ingress.tls ? "https" : "http"}://${spec.host}`,
    deployment,
    service,
  };
}

function ingressAnnotations({ entryPoint, tls }: IngressRules): Record<string, string> {
  const router = "traefik.ingress.kubernetes.io/router";
  return {
    ...(entryPoint && { [`${router}.entrypoints`]: entryPoint }),
    ...(tls && { [`${router}.tls`]: "true" }),
  };
}

function ingressSpec(
  host: string,
  { className, tls }: IngressRules,
  service: pulumi.Input<string>,
) {
  const backend = { service: { name: service, port: { name: "http" } } };
  return {
    ingressClassName: className,
    rules: [{ host, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
    ...(tls && { tls: [{ hosts: [host] }] }),
  };
}
