/** Moving Overseerr from a container of Docker's into the Nomad stack, as its config asks for it. */
import * as pulumi from "@pulumi/pulumi";
import { movedImages, litestreamSettings, type Move } from "../components/nomad/overseerr";
import type { NomadConfig } from "../config/schema";
import { loadSecrets } from "../config/secrets";
import { OverseerrMove } from "../migrations/overseerr";
import type { OverseerrReport } from "../migrations/overseerr-report";

export interface PlannedMove extends Move {
  /** What the move has found out, once it was asked for; nothing where it is over. */
  report: pulumi.Output<OverseerrReport> | undefined;
  /** Its last steps, once it was asked for; none where it is over. */
  finished: readonly pulumi.Resource[];
}

/** The move, if one is asked for; it is made when the job's volume is. */
export function overseerrMove({ nomad, overseerr, secrets }: NomadConfig): PlannedMove | undefined {
  const { migration, replica, volume } = overseerr;
  if (!migration || !replica) return undefined;
  const { identityFile, ...host } = migration.source;
  const { endpoint, bucket, path, region } = replica;
  const move: PlannedMove = {
    generation: migration.generation,
    report: undefined,
    finished: [],
    before: (needed) => {
      const { released, finished, report } = new OverseerrMove("overseerr", {
        ...migration,
        ...movedImages,
        litestreamConfig: litestreamSettings(),
        stack: pulumi.getStack(),
        nomad: { address: nomad.address, ...(nomad.region && { region: nomad.region }) },
        source: { ...host, ...(identityFile !== undefined && { identityFile }) },
        volumePath: migration.volumePath ?? `/storage/v/${volume.source}`,
        replica: { endpoint: migration.endpoint ?? endpoint, bucket, path, region },
        keys: keysOf(migration.phase, secrets.file),
        needed,
      });
      move.report = report;
      move.finished = finished;
      return released;
    },
  };
  return move;
}

function keysOf(phase: "move" | "done", file: string) {
  // What is over asks for no secrets.
  if (phase === "done") return { access: "", secret: "" };
  const { minioAccessKey, minioSecretKey } = loadSecrets(file, [
    "minioAccessKey",
    "minioSecretKey",
  ]);
  return { access: minioAccessKey, secret: minioSecretKey };
}
