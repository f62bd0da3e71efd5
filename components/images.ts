/** Typed reader of images.yaml: the one place where the program learns an image's version. */
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { z } from "zod";

const names = z.enum([
  "clusterplexOrchestrator",
  "clusterplexPmsMod",
  "clusterplexWorkerMod",
  "decypharr",
  "importer",
  "intelGpuPlugin",
  "litestream",
  "overseerr",
  "plex",
  "profilarr",
  "prowlarr",
  "pulsarr",
  "radarr",
  "rclone",
  "seerr",
  "sonarr",
]);

const entry = z
  .strictObject({
    image: z.strictObject({
      repository: z.string(),
      tag: z.string().regex(/^(?!latest).*\d/, { error: "is not pinned to a version" }),
    }),
  })
  .transform(({ image }) => `${image.repository}:${image.tag}`);

export type Images = Readonly<Record<z.infer<typeof names>, string>>;

/** The references of exactly the images that the program knows, as a container runtime takes them. */
export function parseImages(text: string): Images {
  const result = z.record(names, entry).safeParse(parse(text));
  if (!result.success) throw new Error(`images.yaml\n${z.prettifyError(result.error)}`);
  return result.data;
}

export const images = parseImages(fs.readFileSync(path.join(__dirname, "images.yaml"), "utf8"));
