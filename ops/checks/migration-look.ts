/** The first step of a migration, which only looks at both sides, with exactly the values that the program gives it. */
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { loadConfig } from "../../config/load";
import { loadSecrets } from "../../config/secrets";
import { assignments } from "../../components/kubernetes/shell";
import { program } from "../../index";
import { record, type Surroundings } from "../recorder";
import { mergePatch } from "../stack-file";
import { stepValues } from "../rollback";
import { ask, type Ended } from "./ask";

/** Minutes that it may take: it copies and examines databases. */
export const lookMinutes = 30;

export async function lookAtMove(app: "plex" | "overseerr", where: Surroundings): Promise<Ended> {
  // As if it were over: the one step left then is told all values of a move, and no secret.
  const key = `${where.project ?? ""}:${app}`;
  const told = JSON.parse(where.config?.[key] ?? "{}") as Record<string, unknown>;
  const over = JSON.stringify(mergePatch(told, { migration: { phase: "done" } }));
  const recording = await record(program, { ...where, config: { ...where.config, [key]: over } });
  const { migration } = told as { migration?: { generation?: number } };
  const values = stepValues(recording, app, migration?.generation ?? 1);
  const input = `${values}\n${app === "overseerr" ? await storeKeys(where) : ""}\n`;
  const script = path.join(__dirname, "..", "..", "migrations", app, "steps", "check.sh");
  return ask("bash", [script], { input, seconds: lookMinutes * 60 });
}

/** The object store's keys, which go to the step's standard input and nowhere else. */
async function storeKeys(where: Surroundings): Promise<string> {
  const { outputs } = await record(() => {
    const { minioAccessKey, minioSecretKey } = loadSecrets(loadConfig().secrets.file, [
      "minioAccessKey",
      "minioSecretKey",
    ]);
    const keys = { MINIO_ACCESS_KEY: minioAccessKey, MINIO_SECRET_KEY: minioSecretKey };
    return { keys: pulumi.unsecret(assignments(keys)) };
  }, where);
  return String(outputs.keys);
}
