/** What the stack file may say of moving Overseerr from a container of Docker's to Nomad. */
import { z } from "zod";
import { text, webUrl } from "./fields";
import { generation, phase, rolledBack, sshHost, switchMinutes } from "./migration";

/** A folder that is handed to a container as it is: Docker divides by colons. */
const folder = (example: string) =>
  text(
    /^(\/[^/:\p{Cc}'"\\]+)+$/u,
    "an absolute path without a slash at its end, colons, quotes or backslashes",
    example,
  );

/** A day of the calendar. YAML takes one without quotes for a moment, which Pulumi then writes out in its own way. */
const day = z.iso
  .date({ error: "a date in quotes, as YYYY-MM-DD" })
  .meta({ examples: ["2027-01-31"] });

const source = z
  .strictObject({
    ...sshHost("192.168.1.5", "Address of the old Overseerr's host."),
    container: text(/^[a-zA-Z0-9][\w.-]*$/, "a container's name", "overseerr")
      .default("overseerr")
      .describe("Name of its container."),
    data: folder("/var/lib/docker/volumes/downloads_config-overseerr/_data").describe(
      "The folder that the container has at /app/config.",
    ),
    backupDir: folder("/var/backups/media-homelab")
      .default("/var/backups/media-homelab")
      .describe("Where the archive of its data is made and kept."),
  })
  .describe("The old Overseerr. Its host is a client of Nomad's, which sees the new one's volume.");

export const overseerrMigration = z
  .strictObject({
    generation: generation("data"),
    phase: phase("the data stay"),
    removeOldData: day
      .optional()
      .describe(
        "The day on which the old container and its data are removed, a day after the move or later; the archive stays.",
      ),
    rolledBack,
    source,
    volumePath: folder("/storage/v/glusterfs_overseerr_config")
      .optional()
      .describe("Folder of the volume on that host; by default /storage/v/ and the volume's id."),
    endpoint: webUrl("http://192.168.1.5:9000")
      .optional()
      .describe("URL of the object store for that host; by default replica.endpoint."),
    allowEmpty: z
      .boolean()
      .default(false)
      .describe("Move an Overseerr that was never set up, too."),
    switchMinutes: switchMinutes("one"),
  })
  .describe("Moves Overseerr here from a container of Docker's.");

export type OverseerrMigrationConfig = z.infer<typeof overseerrMigration>;
