/** What the stack file says of every move: how the old one's host is reached, and which attempt this is. */
import { z } from "zod";
import { hostKey, hostname, name } from "./fields";

/** How scripts get to the host of what is moved; `host` says whose address it is. */
export const sshHost = (example: string, host: string) => ({
  host: hostname(example).describe(host),
  port: z.int().min(1).max(65535).default(22).describe("Port of its SSH server."),
  user: name("alex").describe("User to log in as; root, or one that may use sudo unasked."),
  hostKey: hostKey.describe(
    "Public key of the host: cat /etc/ssh/ssh_host_ed25519_key.pub there, without its comment.",
  ),
  identityFile: name("~/.ssh/id_ed25519")
    .optional()
    .describe("Private key to log in with; by default the agent's, or those that ssh tries."),
});

export const generation = (moved: string) =>
  z
    .int()
    .min(1)
    .default(1)
    .describe(`Which attempt this is; a higher number moves the ${moved} anew.`);

export const phase = (kept: string) =>
  z
    .enum(["move", "done"])
    .default("move")
    .describe(`done: the move is over and leaves the program; ${kept}.`);

export const rolledBack = z
  .int()
  .min(1)
  .optional()
  .describe("The generation that was rolled back; written by npm run rollback.");

export const switchMinutes = (old: string) =>
  z
    .int()
    .min(5)
    .default(15)
    .describe(`Minutes without a word after which the old ${old} starts again by itself.`);
