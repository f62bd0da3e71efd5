/** What can only be proved by doing it: small files and a link, each taken away again. */
import { rootFolders, sections } from "../../../components/storage/media";
import { absent, judged, type Check, type Finding } from "../check";
import { expectedObjects, workloadName, type Expected } from "../expected";
import { configOf } from "../world";
import { placeOf, readers, run } from "./streaming";

/** One container for each shared claim that may write to it, and where it has it. */
function writers({ claims, workloads }: Expected) {
  const shared = claims.filter(({ spec }) => spec.accessModes?.includes("ReadWriteMany"));
  return shared.flatMap(({ metadata }) => {
    const [writer] = workloads.flatMap((workload) => {
      const volume = workload.pod.volumes?.find(
        (each) => each.persistentVolumeClaim?.claimName === metadata.name,
      );
      return workload.pod.containers.flatMap((container) =>
        (container.volumeMounts ?? [])
          .filter((mount) => mount.name === volume?.name && !mount.readOnly)
          .map(({ mountPath }) => ({ claim: metadata.name, workload, container, mountPath })),
      );
    });
    return writer ? [writer] : [];
  });
}

/** A name that nobody else takes, and that no app looks at. */
const probeName = () => `.media-homelab-probe-${process.pid.toString()}-${Date.now().toString()}`;

const write: Check = {
  id: "foundation/writable",
  meaning: "every shared claim takes a file, and gives it back",
  look: "kubectl exec deployment/sonarr -- touch /mnt/media/probe",
  needs: ["foundation/claims", "arr/pods", "decypharr/pods", "plex/pods"],
  run: async (world) => {
    const all = writers(await expectedObjects(world));
    if (all.length === 0) return absent;
    const findings = await Promise.all(
      all.map(async ({ claim, mountPath, ...place }): Promise<Finding[]> => {
        const values = { FOLDER: mountPath, NAME: probeName() };
        const said = await run(place, world, { file: "write-probe.sh", values });
        if (said === "written") return [];
        const about = `claim ${claim}, at ${mountPath} of ${workloadName(place.workload)}`;
        const fix =
          "an export of the NAS: is it writable, and for this user? a claim of Longhorn's: is its volume healthy?";
        return [{ about, found: said, expected: "a file that can be written", fix }];
      }),
    );
    return judged(findings.flat(), all.map(({ claim }) => claim).join(", "));
  },
};

const link: Check = {
  id: "integration/new-link",
  meaning: "a link that Decypharr makes leads to its file in every reader",
  look: "kubectl exec statefulset/plex -- ls -l /mnt/streaming-media",
  needs: ["decypharr/readers"],
  seconds: 20,
  run: async (world) => {
    const { paths } = await configOf(world, "k3s");
    const expected = await expectedObjects(world);
    const home = placeOf(expected, "decypharr");
    if (!home) return absent;
    const made = `${paths.streaming}/${probeName()}`;
    const target = `${paths.dfs}/version.txt`;
    await run(home, world, { file: "link.sh", values: { LINK: made, TARGET: target } });
    try {
      const places = readers(expected);
      const findings = await Promise.all(
        places.map(async (place): Promise<Finding[]> => {
          const said = await run(place, world, { file: "resolve.sh", values: { LINKS: made } });
          const about = workloadName(place.workload);
          const fix = `kubectl rollout restart ${about}`;
          return said === "" ? [] : [{ about, found: said, expected: "its file", fix }];
        }),
      );
      return judged(
        findings.flat(),
        places.map(({ workload }) => workload.metadata.name).join(", "),
      );
    } finally {
      await run(home, world, { file: "link.sh", values: { LINK: made, TARGET: "" } });
    }
  },
};

/** The plan's own: "playback begins within 5 seconds". */
const mostSeconds = 5;

const plays: Check = {
  id: "plex/plays",
  meaning: "Plex serves a film and an episode from each folder that has one, within 5 s",
  look: "play one, streamed and permanent",
  needs: ["plex/media", "decypharr/readers"],
  // For each of the four folders the script waits 15 s at most.
  seconds: 90,
  run: async (world) => {
    const { paths } = await configOf(world, "k3s");
    const place = placeOf(await expectedObjects(world), "plex");
    if (!place) return absent;
    const folders = sections.flatMap((section) => rootFolders(paths, section)).join("\n");
    const said = await run(place, world, { file: "plex-play.sh", values: { FOLDERS: folders } });
    const played = said.split("\n").filter((line) => line !== "");
    if (played.length === 0) return { said: "there is nothing to play yet" };
    const findings = played.flatMap((line): Finding[] => {
      const [, status = "", seconds = "", about = line] = /^(\d+) (\S+) (.*)$/.exec(line) ?? [];
      const expected = `its beginning within ${mostSeconds.toString()} s`;
      if (status !== "206") {
        const found = status === "000" ? "no answer" : `status ${status}`;
        const fix = "kubectl logs statefulset/plex --tail 50; is the file itself readable there?";
        return [{ about, found, expected, fix }];
      }
      if (Number(seconds) <= mostSeconds) return [];
      const fix =
        "the first bytes of a streamed file come from its provider: try again, then look at Decypharr's page";
      return [{ about, found: `${seconds} s`, expected, fix, warning: true }];
    });
    return judged(findings, `${played.length.toString()} of them`);
  },
};

export const activeChecks = [write, link, plays];
