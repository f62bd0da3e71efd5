/** The stack's config and its secrets. */
import { reasonOf } from "../ask";
import { absent, judged, type Check, type Finding } from "../check";
import { secretsOf } from "../stack";

/**
 * The faults that an error of the project's own lists, one finding each; the error itself where it lists none.
 * `sound` is what was expected, where they don't say.
 */
export function faultsOf(error: unknown, sound: string): Finding[] {
  const text = reasonOf(error);
  const [, ...faults] = text.split(/^✗ /m);
  if (faults.length === 0) {
    // As in "there is no such file; make it with: …".
    const [, found = text, fix = "as it says there"] = /^(.*); ([^;]*)$/s.exec(text) ?? [];
    return [{ found, expected: sound, fix }];
  }
  return faults.map((fault) => {
    const [what = "", ...rest] = fault.trimEnd().split("\n");
    const fix = rest.find((line) => line.trim().startsWith("fix: "))?.trim();
    const place = rest.find((line) => line.trim().startsWith("in "))?.trim();
    // As in "storage.media.server: missing, expected the NFS server".
    const [, about, found, expected] =
      /^([^\s:]+): (?:found )?(.*?)(?:, expected (.*))?$/.exec(what) ?? [];
    return {
      ...(about !== undefined && { about }),
      found: `${found ?? what}${place ? ` (${place})` : ""}`,
      expected: expected ?? sound,
      fix: fix?.slice("fix: ".length) ?? "as it says there",
    };
  });
}

export const configValid: Check = {
  id: "config/valid",
  meaning: "the stack's config is what the program expects",
  look: "pulumi preview",
  run: async (world) => {
    try {
      const { platform } = await world.config();
      return { said: `platform ${platform}` };
    } catch (error) {
      return judged(faultsOf(error, "a config without it"));
    }
  },
};

export const configPlans: Check = {
  id: "config/plans",
  meaning: "the program makes a plan of it",
  look: "npm run render",
  needs: ["config/valid"],
  run: async (world) => {
    const { resources } = await world.plan();
    const custom = resources.filter((resource) => resource.custom);
    return { said: `${custom.length.toString()} resources` };
  },
};

export const secretsReadable: Check = {
  id: "secrets/readable",
  meaning: "the secrets decrypt with the key at hand, and are all that the stack needs",
  look: "npm run secrets -- check",
  needs: ["config/valid", "workstation/sops"],
  run: async (world) => {
    const config = await world.config();
    const needed = secretsOf(config);
    if (needed.length === 0) return absent;
    const { file } = config.secrets;
    try {
      await world.secrets(file, needed);
      return { said: `${needed.length.toString()} of ${file}` };
    } catch (error) {
      return judged(faultsOf(error, "secrets that can be read"));
    }
  },
};
