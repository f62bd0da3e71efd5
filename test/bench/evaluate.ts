/** Loads and runs the homelab stack's program with nothing behind it: what the benchmark times. */
import { program } from "../../index";
import { record } from "../../ops/recorder";
import { projectName, stackFileConfig } from "../../ops/stack-file";

const where = {
  project: projectName(),
  stack: "homelab",
  config: stackFileConfig("Pulumi.homelab.yaml"),
};

record(program, where).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
