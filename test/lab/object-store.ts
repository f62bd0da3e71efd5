/** A real object store of a test's own, with one bucket. */
import { spawn } from "node:child_process";
import * as path from "node:path";
import { labEnvironment } from "../../lab/engine";
import { freePort } from "../support/ports";
import { run, tempTree } from "../support/scripts";
import { until } from "./tools";

export const bucket = "overseerr-litestream";
export const accessKey = "overseerr";
export const secretKey = "canary-3f9c1a-secret";

export interface ObjectStore {
  readonly endpoint: string;
  /** MinIO's own client; the store is named store. */
  mc(...args: string[]): Promise<string>;
  /** What lies in the bucket: names, sizes and checksums. */
  contents(): Promise<string>;
  stop(): void;
}

export async function objectStore(): Promise<ObjectStore> {
  const tools = labEnvironment().PATH ?? "";
  const address = `127.0.0.1:${(await freePort()).toString()}`;
  const endpoint = `http://${address}`;
  const data = tempTree({ "data/": "", "mc/": "" });
  const env = { MINIO_ROOT_USER: accessKey, MINIO_ROOT_PASSWORD: secretKey, MINIO_UPDATE: "off" };
  const args = ["server", "--quiet", "--address", address, path.join(data, "data")];
  const store = spawn("minio", args, { env: { PATH: tools, HOME: data, ...env }, stdio: "ignore" });
  const mc = async (...command: string[]) => {
    const { code, stdout, stderr } = await run(["mc", "--quiet", ...command], {
      PATH: tools,
      HOME: path.join(data, "mc"),
      MC_HOST_store: endpoint.replace("//", `//${accessKey}:${secretKey}@`),
    });
    expect([code, stderr]).toEqual([0, ""]);
    return stdout;
  };
  await until(30, async () => {
    expect((await fetch(`${endpoint}/minio/health/live`)).status).toBe(200);
  });
  await mc("mb", `store/${bucket}`);
  return {
    endpoint,
    mc,
    contents: () => mc("ls", "--recursive", "--json", `store/${bucket}`),
    stop: () => store.kill("SIGKILL"),
  };
}
