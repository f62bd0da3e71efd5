import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import {
  OverseerrTargets,
  type OverseerrTargetsArgs,
} from "../../../components/nomad/overseerr-targets";
import { record } from "../../../ops/recorder";
import { assigned } from "../../support/assignments";
import { children, only } from "../../support/children";
import { scriptText } from "../../support/scripts";

const args: OverseerrTargetsArgs = {
  nomad: { address: "http://nomad.test:4646", region: "cellar" },
  jobId: pulumi.output("overseerr"),
  targets: {
    plex: "http://plex.test:32400",
    sonarr: "http://sonarr.test/s",
    radarr: "",
    sonarrApiKey: "",
    radarrApiKey: "",
  },
};

const recorded = (
  changes: Partial<OverseerrTargetsArgs> = {},
  printed: Record<string, string> = {},
) =>
  record(
    () => {
      const { report } = new OverseerrTargets("overseerr", { ...args, ...changes });
      return { report };
    },
    { printed },
  );

const type = "command:local:Command";

const values = {
  PLEX: "http://plex.test:32400",
  SONARR: "http://sonarr.test/s",
  RADARR: "",
  SONARR_KEY: "",
  RADARR_KEY: "",
  SETTLE: "60",
  GENERATION: "",
};

it("is one step in the task beside Overseerr; nothing else was created", async () => {
  expect(children(await recorded())).toEqual([
    {
      type,
      name: "overseerr-targets",
      inputs: {
        create: expect.stringContaining(
          "'-address=http://nomad.test:4646' '-region=cellar' '-i=true' '-t=false' '-task' 'litestream' '-job' overseerr bash -s",
        ) as unknown,
        stdin: expect.stringContaining(
          scriptText("components/nomad/overseerr/targets.sh"),
        ) as unknown,
        logging: "stderr",
        addPreviousOutputInEnv: false,
      },
    },
  ]);
});

it("is told the addresses, what is left alone as an empty one", async () => {
  const { inputs } = only(await recorded(), type);
  const libraries = ["lib/common.sh", "overseerr/settings.sh", "overseerr/api.sh"];
  const texts = libraries.map((file) => scriptText(`migrations/${file}`)).join("");
  const [given = ""] = (inputs.stdin as string).split(texts);
  expect(await assigned(given)).toEqual(values);
});

it("is another one for another move, and waits for that", async () => {
  const recording = await record(() => {
    const moved = new random.RandomId("moved", { byteLength: 1 });
    new OverseerrTargets("overseerr", { ...args, generation: 4, after: [moved] });
  });
  const step = only(recording, type);
  expect(step.inputs.stdin).toContain("GENERATION='4'\n");
  expect(step.dependencies).toEqual([only(recording, "random:index/randomId:RandomId").urn]);
});

it("shows no key", async () => {
  const targets = { ...args.targets, sonarrApiKey: pulumi.secret("canary-key") };
  const recording = await recorded({ targets });
  expect(only(recording, type).inputs.stdin).toBe("[secret]");
  expect(JSON.stringify(recording)).not.toContain("canary");
});

it("tells what it has found out, which is no secret, and nothing before", async () => {
  const report = { before: { sonarr: ["http://old:8989"] }, after: { sonarr: ["http://new:80"] } };
  const targets = { ...args.targets, sonarrApiKey: pulumi.secret("canary-key") };
  const printed = { "overseerr-targets": `${JSON.stringify(report)}\n` };
  expect((await recorded({ targets }, printed)).outputs).toEqual({ report });
  expect((await recorded()).outputs.report).not.toHaveProperty("after");
});
