/** The k3s stack: what it is made of, in the order in which the parts need each other. */
import * as k8s from "@pulumi/kubernetes";
import { Sonarr } from "../components/apps/sonarr";
import { Namespace } from "../components/foundation/namespace";
import { images } from "../components/images";
import type { Site } from "../components/kubernetes/web-app";
import { StateClaim } from "../components/storage/state-claim";
import type { HomelabConfig } from "../config/schema";
import { stackOutputs, type AppOutputs, type StackOutputs } from "./outputs";

export function homelabStack(config: HomelabConfig): StackOutputs {
  const cluster = new k8s.Provider("cluster", {
    ...config.kubernetes,
    // The cluster is the one named: a certificate renewed in the kubeconfig replaces nothing.
    clusterIdentifier: config.kubernetes.context,
    enableServerSideApply: true,
  });
  const opts = { providers: { kubernetes: cluster } };

  const namespace = new Namespace("namespace", config.namespace, opts);
  const site: Site = {
    namespace: namespace.name,
    identity: config.identity,
    ingress: config.ingress,
  };
  const stateOf = (app: string, { size }: { size: string }) =>
    new StateClaim(
      `config-${app}`,
      {
        namespace: namespace.name,
        storageClass: config.storage.configClass,
        size,
        protect: config.storage.protect,
      },
      opts,
    ).mount;
  const hostOf = (app: string, { host }: { host?: string }) =>
    host ?? `${app}.${config.ingress.domain}`;

  const apps: Record<string, AppOutputs> = {};

  const { sonarr } = config.apps;
  if (sonarr.enabled) {
    const { publicUrl, apiKey } = new Sonarr(
      "sonarr",
      { site, state: stateOf("sonarr", sonarr), host: hostOf("sonarr", sonarr) },
      opts,
    );
    apps.sonarr = {
      url: publicUrl,
      image: images.sonarr,
      secrets: { sonarrApiKey: apiKey },
      nextSteps: [
        `Sonarr: open ${publicUrl} and add a root folder under Settings, Media Management`,
      ],
    };
  }

  return stackOutputs(apps);
}
