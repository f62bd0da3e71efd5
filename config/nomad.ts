/** What the stack file of the Nomad stack may say: one strict object per concern. */
import { z } from "zod";
import { hostname, name, text, timezone, webUrl } from "./fields";

const nomad = z
  .strictObject({
    address: webUrl("https://nomad.example.org:4646").describe("URL of the Nomad API."),
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

export type NomadConfig = z.infer<typeof nomadConfig>;
