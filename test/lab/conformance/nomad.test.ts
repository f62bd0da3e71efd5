import * as nomad from "@pulumi/nomad";
import { behaves, eventually, tool } from "./scenario";

const terraform = "hashicorp/terraform-provider-nomad nomad/resource_job.go";
const seen = "seen with the published plugin";

interface Shape {
  id: string;
  fails?: boolean;
  meta?: string;
  group?: string;
  variable?: string;
}

/** A job that does nothing for ever, on whichever driver a node has; with a command that there isn't it fails to start. */
const jobspec = ({ id, fails = false, meta = "1", group = "", variable = "" }: Shape) => `
${variable}
job "${id}" {
  meta { turn = "${meta}" }
  group "app" {
    ${group}
    update {
      min_healthy_time  = "1s"
      healthy_deadline  = "10s"
      progress_deadline = "15s"
    }
    task "app" {
      driver = "${driver}"
      config {
        ${fails ? 'command = "no-such-command"' : idle[driver]}
        ${fails ? image[driver] : ""}
      }
      resources {
        cpu    = 10
        memory = 10
      }
    }
  }
}
`;
/** The lab's node has Docker and the image of its pods' sandboxes; a bare `nomad agent -dev` has raw_exec. */
const image = { docker: 'image = "lab.local/pause:1"', raw_exec: "" };
const idle = {
  docker: 'image = "lab.local/pause:1"',
  raw_exec: 'command = "sleep"\n args = ["600"]',
};
let driver: keyof typeof idle = "docker";

beforeAll(async () => {
  const nodes = JSON.parse(await cli("operator", "api", "-X", "GET", "/v1/nodes")) as {
    Drivers: Record<string, { Healthy: boolean }>;
  }[];
  if (nodes.some((node) => node.Drivers.raw_exec?.Healthy)) driver = "raw_exec";
});

const cli = (...args: string[]) => tool("nomad", args);
interface Inspected {
  Job: { Meta: Record<string, string>; Stop: boolean };
}
const inspect = async (id: string) =>
  (JSON.parse(await cli("job", "inspect", id)) as Inspected).Job;

const job = (args: nomad.JobArgs) => () => {
  const j = new nomad.Job("j", args);
  return {
    id: j.id,
    name: j.name,
    status: j.status,
    deployment: j.deploymentStatus,
    version: j.version,
  };
};
const named = (s: { id: string }) => `conformance-${s.id}`;
const tidy = { purgeOnDestroy: true };

describe("parsing", () => {
  behaves(
    "a misspelt attribute fails in the preview, with its line",
    "schema docs: HCL2 is parsed strictly",
    async (s) => {
      const broken = jobspec({ id: named(s) }).replace("driver =", "drivver =");
      const message = await s.fails(s.preview(job({ jobspec: broken })));
      expect(message).toMatch(/error parsing jobspec/);
      expect(message).toMatch(/\d+,7-14: Unsupported argument/);
    },
  );

  behaves(
    "variables are filled in; an undeclared or missing one fails",
    `${terraform} parseHCL2Jobspec`,
    async (s) => {
      const text = jobspec({ id: named(s), meta: "${var.turn}", variable: 'variable "turn" {}' });
      await s.preview(job({ jobspec: text, hcl2: { vars: { turn: "7" } } }));
      expect(await s.fails(s.preview(job({ jobspec: text })))).toMatch(/[Mm]issing|Unset/);
      expect(
        await s.fails(s.preview(job({ jobspec: text, hcl2: { vars: { turn: "7", other: "1" } } }))),
      ).toContain("other");
    },
  );

  behaves(
    "variables of the environment do not slip in",
    `${terraform} parseHCL2Jobspec: ArgVars only`,
    async (s) => {
      const text = jobspec({ id: named(s), meta: "${var.turn}", variable: 'variable "turn" {}' });
      process.env.NOMAD_VAR_turn = "9";
      try {
        await s.fails(s.preview(job({ jobspec: text })));
      } finally {
        delete process.env.NOMAD_VAR_turn;
      }
    },
  );

  behaves("functions that read files are off unless allowed", `${terraform} AllowFS`, async (s) => {
    const text = jobspec({ id: named(s), meta: '${file("/etc/hostname")}' }).replace(
      /"\$\{(file.*?\))\}"/,
      "$1",
    );
    expect(await s.fails(s.preview(job({ jobspec: text })))).toContain(
      "filesystem function disabled",
    );
    await s.preview(job({ jobspec: text, hcl2: { allowFs: true } }));
  });

  behaves(
    "a preview needs no server and names the job",
    `${terraform} resourceJobCustomizeDiff: a failed plan is a warning`,
    async (s) => {
      let name: unknown;
      const program = () => {
        const provider = new nomad.Provider("nowhere", { address: "http://127.0.0.1:1" });
        new nomad.Job("j", { jobspec: jobspec({ id: named(s) }) }, { provider }).name.apply(
          (value) => (name = value),
        );
      };
      expect((await s.preview(program)).ops.j).toBe("create");
      expect(name).toBe(named(s));
      expect(await s.fails(s.up())).toContain("connection refused");
    },
  );
});

describe("deploying", () => {
  behaves(
    "with detach off it waits for the deployment, and the second up changes nothing",
    seen,
    async (s) => {
      const program = job({ jobspec: jobspec({ id: named(s) }), detach: false, ...tidy });
      const first = await s.up(program);
      const second = await s.up();
      expect(first.outputs).toMatchObject({
        id: named(s),
        name: named(s),
        status: "running",
        deployment: "successful",
      });
      expect(second.ops.j).toBe("same");
      expect(second.outputs.version).toBe(first.outputs.version);
    },
  );

  behaves(
    "with detach left on it returns before the job runs",
    `${terraform} resourceJobRegister`,
    async (s) => {
      const step = await s.up(job({ jobspec: jobspec({ id: named(s), fails: true }), ...tidy }));
      expect(step.outputs.deployment).toBeUndefined();
    },
  );

  behaves(
    "a deployment that fails says so, and the job is tried again",
    `${terraform} deploymentStateRefreshFunc`,
    async (s) => {
      const group =
        'restart {\n attempts = 0\n mode = "fail"\n}\nreschedule {\n attempts = 0\n unlimited = false\n}';
      const message = await s.fails(
        s.up(
          job({ jobspec: jobspec({ id: named(s), fails: true, group }), detach: false, ...tidy }),
        ),
      );
      expect(message).toMatch(/error waiting for job '.*' to schedule\/deploy successfully/);
      expect(message).toMatch(/terminated with status 'failed'/);
      expect((await s.stored("j"))?.id).toBe(named(s));
      const step = await s.up(job({ jobspec: jobspec({ id: named(s) }), detach: false, ...tidy }));
      expect(step.outputs.deployment).toBe("successful");
    },
  );

  behaves(
    "a job that cannot be placed ends the wait at the resource's own timeout",
    `${terraform} Timeouts`,
    async (s) => {
      const group = 'constraint {\n attribute = "${attr.kernel.name}"\n value = "none"\n}';
      const program = () => {
        const args = { jobspec: jobspec({ id: named(s), group }), detach: false, ...tidy };
        new nomad.Job("j", args, { customTimeouts: { create: "5s" } });
      };
      expect(await s.fails(s.up(program))).toMatch(/timeout while waiting/);
    },
  );
});

describe("changes", () => {
  behaves(
    "whitespace, comments and another order are no change",
    `${terraform} jobspecDiffSuppress`,
    async (s) => {
      const text = jobspec({ id: named(s) });
      await s.up(job({ jobspec: text, ...tidy }));
      const step = await s.up(
        job({ jobspec: `# a comment\n${text.replace(/ +/g, "  ")}\n\n`, ...tidy }),
      );
      expect(step.ops.j).toBe("same");
    },
  );

  behaves(
    "a changed job is registered again in place, under the same id",
    `${terraform} resourceJobRegister`,
    async (s) => {
      const first = await s.up(job({ jobspec: jobspec({ id: named(s) }), ...tidy }));
      const second = await s.up(job({ jobspec: jobspec({ id: named(s), meta: "2" }), ...tidy }));
      expect(second.ops.j).toBe("update");
      expect(second.outputs.version).toBe((first.outputs.version as number) + 1);
      expect((await inspect(named(s))).Meta).toEqual({ turn: "2" });
    },
  );

  behaves("a changed variable is a change of the job", `${terraform} hcl2.vars`, async (s) => {
    const text = jobspec({ id: named(s), meta: "${var.turn}", variable: 'variable "turn" {}' });
    await s.up(job({ jobspec: text, hcl2: { vars: { turn: "1" } }, ...tidy }));
    const step = await s.up(job({ jobspec: text, hcl2: { vars: { turn: "2" } }, ...tidy }));
    expect(step.diffs.j).toEqual(["hcl2.vars.turn"]);
    expect((await inspect(named(s))).Meta).toEqual({ turn: "2" });
  });

  behaves("another id replaces the job", `${terraform} deregister_on_id_change`, async (s) => {
    await s.up(job({ jobspec: jobspec({ id: named(s) }), ...tidy }));
    const step = await s.up(job({ jobspec: jobspec({ id: `other-${named(s)}` }), ...tidy }));
    expect(step.ops.j).toBe("replace");
    expect(step.outputs.id).toBe(`other-${named(s)}`);
    await expect(inspect(named(s))).rejects.toThrow(/No job/);
  });

  behaves(
    "a job run past Pulumi stops the next change until a refresh shows it as drift",
    `${terraform} modify_index`,
    async (s) => {
      await s.up(job({ jobspec: jobspec({ id: named(s) }), ...tidy }));
      await tool(
        "nomad",
        ["job", "run", "-detach", "-"],
        jobspec({ id: named(s), meta: "theirs" }),
      );
      const mine = job({ jobspec: jobspec({ id: named(s), meta: "mine" }), ...tidy });
      expect(await s.fails(s.preview(mine))).toContain(
        "job modify index has changed since last refresh",
      );
      await s.refresh();
      expect((await s.preview()).diffs.j).toEqual(["jobspec"]);
      await s.up();
      expect((await inspect(named(s))).Meta).toEqual({ turn: "mine" });
    },
  );

  behaves("a refresh without drift changes nothing", seen, async (s) => {
    await s.up(
      job({
        jobspec: jobspec({ id: named(s), meta: "${var.t}", variable: 'variable "t" {}' }),
        hcl2: { vars: { t: "1" } },
        detach: false,
        ...tidy,
      }),
    );
    await s.refresh();
    expect((await s.preview()).ops.j).toBe("same");
  });

  behaves(
    "a job that is gone is made again after a refresh",
    `${terraform} resourceJobRead`,
    async (s) => {
      await s.up(job({ jobspec: jobspec({ id: named(s) }), ...tidy }));
      await cli("job", "stop", "-purge", "-detach", named(s));
      expect((await s.refresh()).ops.j).toBe("delete");
      expect((await s.up()).ops.j).toBe("create");
    },
  );
});

describe("destroying", () => {
  behaves("the job is stopped but remembered", `${terraform} resourceJobDeregister`, async (s) => {
    await s.up(job({ jobspec: jobspec({ id: named(s) }) }));
    await s.destroy();
    expect((await inspect(named(s))).Stop).toBe(true);
    await cli("job", "stop", "-purge", "-detach", named(s));
  });

  behaves(
    "with purgeOnDestroy it is forgotten, without deregisterOnDestroy it runs on",
    `${terraform} resourceJobDeregister`,
    async (s) => {
      await s.up(() => {
        new nomad.Job("a", { jobspec: jobspec({ id: `${named(s)}-a` }), purgeOnDestroy: true });
        new nomad.Job("b", {
          jobspec: jobspec({ id: `${named(s)}-b` }),
          deregisterOnDestroy: false,
        });
      });
      await s.destroy();
      await expect(inspect(`${named(s)}-a`)).rejects.toThrow();
      expect((await inspect(`${named(s)}-b`)).Stop).toBe(false);
      await cli("job", "stop", "-purge", "-detach", `${named(s)}-b`);
    },
  );
});

describe("other resources and functions", () => {
  behaves(
    "a JSON specification works with and without its outer Job key",
    `${terraform} parseJSONJobspec`,
    async (s) => {
      const { Job: inner } = JSON.parse(
        await tool("nomad", ["job", "run", "-output", "-"], jobspec({ id: named(s) })),
      ) as Inspected;
      await s.up(job({ jobspec: JSON.stringify({ Job: inner }), json: true, ...tidy }));
      expect(
        (await s.preview(job({ jobspec: JSON.stringify(inner), json: true, ...tidy }))).ops.j,
      ).toBe("same");
    },
  );

  behaves(
    "getAllocations lists the allocations that a filter finds",
    "schema getAllocations",
    async (s) => {
      await s.up(job({ jobspec: jobspec({ id: named(s) }), detach: false, ...tidy }));
      const program = async () => {
        job({ jobspec: jobspec({ id: named(s) }), detach: false, ...tidy })();
        const { allocations } = await nomad.getAllocations({ filter: `JobID == "${named(s)}"` });
        return { found: allocations.map((a) => [a.jobId, a.clientStatus]) };
      };
      expect((await s.up(program)).outputs.found).toEqual([[named(s), "running"]]);
    },
  );

  behaves(
    "getPlugin fails for a plugin that is not there",
    "hashicorp/terraform-provider-nomad nomad/datasource_nomad_plugin.go",
    async (s) => {
      let message = "";
      await s.preview(async () => {
        await nomad.getPlugin({ pluginId: "no-such-plugin" }).catch((error: unknown) => {
          message = String(error);
        });
      });
      expect(message).toContain("no-such-plugin");
    },
  );

  behaves(
    "a Variable's items are secret, and a change is made in place",
    "schema Variable",
    async (s) => {
      const path = `conformance/${s.id}`;
      const program = (word: string) => () => new nomad.Variable("v", { path, items: { word } });
      const get = async () =>
        (JSON.parse(await cli("var", "get", "-out", "json", path)) as { Items: unknown }).Items;
      await s.up(program("open-sesame"));
      expect(await get()).toEqual({ word: "open-sesame" });
      expect((await s.stored("v"))?.outputs?.items).toBe("[secret]");
      expect((await s.up(program("close-sesame"))).ops.v).toBe("update");
      expect(await get()).toEqual({ word: "close-sesame" });
      await s.destroy();
      await expect(get()).rejects.toThrow();
    },
  );

  behaves(
    "a DynamicHostVolume exists on a node when up returns, and is gone after destroy",
    "schema DynamicHostVolume",
    async (s) => {
      const step = await s.up(() => {
        const capabilities = [{ accessMode: "single-node-writer", attachmentMode: "file-system" }];
        const v = new nomad.DynamicHostVolume("v", {
          name: named(s),
          pluginId: "mkdir",
          capabilities,
        });
        return { id: v.id, state: v.state, path: v.hostPath };
      });
      expect(step.outputs.state).toBe("ready");
      expect(step.outputs.path).toContain(step.outputs.id);
      expect((await s.up()).ops.v).toBe("same");
      await s.destroy();
      await eventually(async () => {
        expect(await cli("volume", "status", "-type", "host")).not.toContain(named(s));
      });
    },
  );
});
