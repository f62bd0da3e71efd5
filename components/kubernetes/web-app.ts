import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { ingress, type IngressRules } from "./ingress";
import { labels, selectorLabels } from "./labels";
import { placementLabels } from "./placement";
import { podSpec, type PodSpec } from "./pod";
import type { Identity } from "./security";
import { clusterUrl, service } from "./service";

/** Where, as whom and behind what the apps of one stack run; the same for all of them. */
export interface Site {
  readonly namespace: pulumi.Input<string>;
  readonly identity: Identity;
  readonly ingress: IngressRules;
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
  const { namespace } = spec.site;
  const metadata = { name, namespace, labels: labels(name, spec.component) };
  new k8s.apps.v1.Deployment(
    name,
    {
      metadata,
      spec: {
        // SQLite allows one writer, and a claim of one node can't be mounted by two pods.
        replicas: 1,
        strategy: { type: "Recreate" },
        selector: { matchLabels: selectorLabels(name) },
        template: podTemplate(name, spec),
      },
    },
    opts,
  );
  const front = service({ metadata, ports: spec.ports }, opts);
  return {
    url: clusterUrl(front, spec.ports.http),
    publicUrl: ingress(metadata, spec.host, spec.site.ingress, front, opts),
  };
}

/** The pods of a workload, with the labels of the app and of what attracts them. */
export function podTemplate(name: string, spec: PodSpec & { readonly component: string }) {
  return {
    metadata: { labels: { ...labels(name, spec.component), ...placementLabels(spec.placement) } },
    spec: podSpec(name, spec),
  };
}
