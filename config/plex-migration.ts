/** What the stack file may say of moving an old Plex server's library into the cluster. */
import { z } from "zod";
import { folder, movedFolder, name, text } from "./fields";
import { generation, phase, rolledBack, sshHost, switchMinutes } from "./migration";

const source = z
  .strictObject({
    ...sshHost(
      "192.168.13.21",
      "Address of the old server's host, for this machine and for the cluster.",
    ),
    clusterAddresses: z
      .array(text(/^[0-9a-fA-F.:]+(\/\d{1,3})?$/, "an address or a network", "192.168.13.1"))
      .default([])
      .describe(
        "Where the cluster comes from, for this host, if a router hides its nodes' addresses.",
      ),
    service: z
      .strictObject({
        kind: z
          .enum(["systemd", "docker"])
          .default("systemd")
          .describe("Whether Plex runs as a systemd unit or in a Docker container."),
        name: name("plexmediaserver")
          .default("plexmediaserver")
          .describe("Name of the unit or of the container."),
      })
      .prefault({})
      .describe("How Plex runs there."),
    library: folder("/var/lib/plexmediaserver/Library")
      .default("/var/lib/plexmediaserver/Library")
      .describe('The folder named Library that holds "Application Support".'),
    backupDir: folder("/var/backups/media-homelab")
      .default("/var/backups/media-homelab")
      .describe("Where the archive of the databases is made and kept."),
  })
  .describe("The old server.");

export const plexMigration = z
  .strictObject({
    generation: generation("library"),
    phase: phase("the library stays"),
    rolledBack,
    source,
    pathChange: z
      .enum(["edit", "keep"])
      .default("edit")
      .describe("edit the sections to the new paths through Plex; or keep the old paths, mounted."),
    paths: z
      .array(movedFolder)
      .default(["/mnt/nas-plex:/media/library", "/mnt/nas-plex-optimized:/media/optimized"])
      .describe("Where the media were, and where they are now, as old:new."),
    followLinks: z
      .boolean()
      .default(false)
      .describe("Follow symbolic links that lead out of the library, instead of refusing them."),
    replace: z
      .boolean()
      .default(false)
      .describe("Put a library aside that lies on the claim already, instead of refusing it."),
    allowEmpty: z.boolean().default(false).describe("Move a library without a single item."),
    maxHours: z
      .int()
      .min(1)
      .default(4)
      .describe("Refuse to begin what is forecast to take longer, in hours."),
    switchMinutes: switchMinutes("server"),
  })
  .describe("Moves the library of an old Plex server into the cluster.");

export type PlexMigrationConfig = z.infer<typeof plexMigration>;

/** A folder on the old server, and the same in the cluster. */
export interface MovedFolder {
  readonly from: string;
  readonly to: string;
}

/** What an entry of `paths` says. */
export function movedFolders({ paths }: Pick<PlexMigrationConfig, "paths">): MovedFolder[] {
  return paths.map((entry) => {
    const [from = "", to = ""] = entry.split(":");
    return { from, to };
  });
}
