/**
 * What a stack file may say: one strict object per concern, joined by `platform`.
 * A `description` and an example on each leaf feed the editors' schema and the errors' "fix" line.
 */
import { z } from "zod";
import { dnsLabel, hostname, name, quantity, text, timezone } from "./fields";

const kubernetes = z
  .strictObject({
    context: name("default").describe("Context of the kubeconfig that names the cluster."),
    kubeconfig: name("/etc/rancher/k3s/k3s.yaml")
      .optional()
      .describe("Path of the kubeconfig; by default the one that kubectl uses."),
  })
  .describe("The cluster.");

const namespace = z
  .strictObject({
    name: dnsLabel("media").describe("Namespace that holds everything of this stack."),
    mode: z
      .enum(["create", "adopt", "reference"])
      .default("create")
      .describe("create it; adopt one that exists (kept on destroy); or only reference it."),
  })
  .describe("The namespace, and whether it exists already.");

const storage = z
  .strictObject({
    configClass: name("longhorn-simple")
      .default("longhorn-simple")
      .describe("StorageClass of the apps' config claims."),
    protect: z
      .boolean()
      .default(true)
      .describe("Refuse to delete what holds data; false only for a throw-away stack."),
  })
  .prefault({})
  .describe("Where the apps' state lies.");

const ingress = z
  .strictObject({
    domain: hostname("homelab").describe("Domain under which each app gets its host name."),
    className: name("traefik").default("traefik").describe("IngressClass of the controller."),
    entryPoint: name("web")
      .optional()
      .describe(
        "Traefik entry point; by default the controller's own. A wrong one drops the route.",
      ),
    tls: z.boolean().default(false).describe("Serve the hosts over https."),
  })
  .describe("Host names, and the controller that serves them.");

const identity = z
  .strictObject({
    puid: z.int().min(1).default(1000).describe("User id that owns the apps' files."),
    pgid: z.int().min(1).default(1000).describe("Group id that owns the apps' files."),
    timezone: timezone.default("UTC").describe("Time zone of the apps."),
  })
  .prefault({})
  .describe("As whom the apps run.");

/** The keys that every web app has; `size` differs from app to app. */
function webApp(size: string) {
  return z
    .strictObject({
      enabled: z.boolean().default(true).describe("Leave the app out when false."),
      host: hostname("tv.homelab")
        .optional()
        .describe("Host name; by default the app's name under ingress.domain."),
      size: quantity(size).default(size).describe("Size of the config claim."),
    })
    .prefault({});
}

const apps = z
  .strictObject({ sonarr: webApp("10Gi").describe("Sonarr: TV series.") })
  .prefault({})
  .describe("The apps, each of which can be left out.");

/** The k3s stack. */
export const homelabConfig = z.strictObject({
  platform: z.literal("k3s"),
  kubernetes,
  namespace,
  storage,
  ingress,
  identity,
  apps,
});

const nomad = z
  .strictObject({
    address: z
      .url({ protocol: /^https?$/, error: "an http or https URL" })
      .meta({ examples: ["https://nomad.example.org:4646"] })
      .describe("URL of the Nomad API."),
    region: name("global").optional().describe("Region; by default the one of the agent asked."),
    datacenters: z
      .array(text(/^[^\s,]+$/, "a datacenter's name or pattern", "dc1"))
      .min(1, { error: "at least one datacenter" })
      .default(["*"])
      .describe("Datacenters in which the job may run."),
  })
  .describe("The Nomad cluster.");

const overseerr = z
  .strictObject({
    host: hostname("overseerr.example.org").describe("Host name that Traefik routes to Overseerr."),
    timezone: timezone.default("Europe/London").describe("Time zone of the logs and schedules."),
    volume: z
      .strictObject({
        kind: z.enum(["csi", "host"]).describe("CSI volume, or a host volume of the clients."),
        source: name("glusterfs_overseerr_config").describe("Id of the volume, as Nomad knows it."),
      })
      .describe("Where Overseerr's settings live."),
    service: z
      .strictObject({
        provider: z.enum(["consul", "nomad"]).describe("Catalogue that Traefik reads."),
        mesh: z
          .boolean()
          .default(false)
          .describe("Join Consul's mesh through a transparent proxy; needs provider consul."),
      })
      .refine((service) => !service.mesh || service.provider === "consul", {
        path: ["mesh"],
        error: "false, because only Consul has a mesh",
        params: { fix: false },
      })
      .describe("How Overseerr is announced."),
  })
  .describe("Overseerr and what surrounds it.");

/** The Nomad stack. */
export const nomadConfig = z.strictObject({ platform: z.literal("nomad"), nomad, overseerr });

/** Either stack, told apart by `platform`. */
export const stackConfig = z.discriminatedUnion("platform", [homelabConfig, nomadConfig]);

export type HomelabConfig = z.infer<typeof homelabConfig>;
export type NomadConfig = z.infer<typeof nomadConfig>;
export type StackConfig = z.infer<typeof stackConfig>;
