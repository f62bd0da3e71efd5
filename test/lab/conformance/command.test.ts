import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { ChildProcess, execFileSync, spawn } from "child_process";
import * as fs from "fs";
import * as path from "path";
import { labEnvironment } from "../../../lab/engine";
import { intoNode } from "../tools";
import { behaves, eventually, tool } from "./scenario";

const source = "pulumi/pulumi-command provider/pkg/provider";
const seen = "seen with the published plugin";

const { LAB_WORLD = "", LAB_NODE = "" } = labEnvironment();
/** The same path here and on the lab's machine. */
const folder = fs.mkdtempSync(path.join(LAB_WORLD, "conformance-command-"));
const file = (name: string) => path.join(folder, name);
const lines = (name: string) =>
  fs.existsSync(file(name)) ? fs.readFileSync(file(name), "utf8").trim().split("\n") : [];

afterAll(() => {
  fs.rmSync(folder, { recursive: true });
});

describe("command:local:Command", () => {
  const local = (args: command.local.CommandArgs, opts?: pulumi.CustomResourceOptions) => () => {
    const c = new command.local.Command("c", args, opts);
    return { stdout: c.stdout, stderr: c.stderr };
  };

  behaves(
    "create runs once; its output is kept without the last newline",
    `${source}/local/commandOutputs.go`,
    async (s) => {
      const create = `echo ran >> ${file(s.id)}; printf 'one\\ntwo\\n\\n'; echo oops >&2`;
      const first = await s.up(local({ create }));
      const second = await s.up();
      expect(first.outputs).toEqual({ stdout: "one\ntwo\n", stderr: "oops" });
      expect(second.ops.c).toBe("same");
      expect(lines(s.id)).toEqual(["ran"]);
    },
  );

  behaves(
    "a preview runs nothing and leaves the output unknown",
    `${source}/local/commandController.go`,
    async (s) => {
      let output: unknown = "nothing";
      await s.preview(() => {
        new command.local.Command("c", { create: `echo ran >> ${file(s.id)}` }).stdout.apply(
          (value) => (output = value),
        );
      });
      expect(output).toBe("nothing");
      expect(lines(s.id)).toEqual([]);
    },
  );

  behaves(
    "a changed input runs create again where no update is given",
    `${source}/local/commandController.go`,
    async (s) => {
      const create = `echo "$WORD"`;
      await s.up(local({ create, environment: { WORD: "old" } }));
      const step = await s.up(local({ create, environment: { WORD: "new" } }));
      expect(step.ops.c).toBe("update");
      expect(step.outputs.stdout).toBe("new");
    },
  );

  behaves(
    "a changed input runs update where given, and its output replaces the old one",
    seen,
    async (s) => {
      const args = { create: "echo created", update: "true" };
      await s.up(local({ ...args, environment: { A: "1" } }));
      const step = await s.up(local({ ...args, environment: { A: "2" } }));
      expect(step.outputs.stdout).toBe("");
    },
  );

  behaves(
    "a changed trigger replaces even with update set: the new create first, then the old delete",
    seen,
    async (s) => {
      const args = (turn: string) => ({
        create: `echo create-${turn} >> ${file(s.id)}`,
        update: `echo update-${turn} >> ${file(s.id)}`,
        delete: `echo delete-${turn} >> ${file(s.id)}`,
        triggers: [turn],
      });
      await s.up(local(args("1")));
      const step = await s.up(local(args("2")));
      expect(step.ops.c).toBe("replace");
      expect(lines(s.id)).toEqual(["create-1", "create-2", "delete-1"]);
    },
  );

  behaves(
    "delete runs on destroy, with the previous output in the environment",
    `${source}/local/commandOutputs.go`,
    async (s) => {
      await s.up(
        local({ create: "echo made", delete: `echo "$PULUMI_COMMAND_STDOUT" >> ${file(s.id)}` }),
      );
      await s.destroy();
      expect(lines(s.id)).toEqual(["made"]);
    },
  );

  behaves(
    "the previous output stays out of the environment on request",
    `${source}/local/commandOutputs.go`,
    async (s) => {
      const remove = `echo "[$PULUMI_COMMAND_STDOUT]" >> ${file(s.id)}`;
      await s.up(local({ create: "echo made", delete: remove, addPreviousOutputInEnv: false }));
      await s.destroy();
      expect(lines(s.id)).toEqual(["[]"]);
    },
  );

  behaves(
    "stdin, directory and interpreter are used as given",
    `${source}/local/commandOutputs.go`,
    async (s) => {
      const step = await s.up(
        local({
          create: `read -r word; echo "$word from $PWD by $0"`,
          stdin: "hello\n",
          dir: folder,
          interpreter: ["/bin/bash", "-c"],
        }),
      );
      expect(step.outputs.stdout).toBe(`hello from ${folder} by /bin/bash`);
    },
  );

  behaves(
    "a failure shows the command and all of its output, and stores nothing",
    `${source}/local/commandOutputs.go`,
    async (s) => {
      const message = await s.fails(
        s.up(local({ create: "echo before; sleep 0.3; echo why >&2; exit 3", logging: "none" })),
      );
      expect(message).toMatch(
        /exit status 3: running "echo before; sleep 0.3; echo why >&2; exit 3":\s+before\s+why/,
      );
      expect(await s.stored("c")).toBeUndefined();
    },
  );

  behaves(
    "a failed update keeps the old output and runs again on the next up",
    `${source}/local/commandController.go`,
    async (s) => {
      await s.up(local({ create: "echo one" }));
      await s.fails(s.up(local({ create: "echo two; exit 1" })));
      const step = await s.up(local({ create: "echo three" }));
      expect(step.outputs.stdout).toBe("three");
    },
  );

  for (const [logging, shown] of [
    [undefined, ["shown-out", "shown-err"]],
    ["stdout", ["shown-out"]],
    ["stderr", ["shown-err"]],
    ["none", []],
  ] as const) {
    behaves(
      `logging ${logging ?? "unset"} shows ${shown.join(" and ") || "nothing"}`,
      `${source}/local/logging.go`,
      async (s) => {
        const step = await s.up(
          local({ create: `printf 'shown%s\\n' -out; printf 'shown%s\\n' -err >&2`, logging }),
        );
        expect(["shown-out", "shown-err"].filter((line) => step.messages.includes(line))).toEqual(
          shown,
        );
      },
    );
  }

  behaves(
    "a refresh changes nothing: a command can't be read back",
    `${source}: no Read`,
    async (s) => {
      await s.up(local({ create: "echo once" }));
      const step = await s.refresh();
      expect(step.ops.c).not.toBe("delete");
      expect(step.outputs.stdout).toBe("once");
    },
  );

  behaves(
    "a secret stdin stays secret in the state and does not make the output secret",
    "pulumi-go-provider infer: default secret flow",
    async (s) => {
      const step = await s.up(
        local({ create: "cat >/dev/null; echo done", stdin: pulumi.secret("hunter2-hunter2") }),
      );
      expect(step.secretOutputs).toEqual([]);
      expect(JSON.stringify(await s.state())).not.toContain("hunter2-hunter2");
    },
  );

  behaves(
    "with all changes ignored an edited command neither differs nor runs",
    seen,
    async (s) => {
      const ignoring = { ignoreChanges: ["*"] };
      await s.up(local({ create: `echo a >> ${file(s.id)}`, stdin: "1" }, ignoring));
      const step = await s.up(local({ create: `echo b >> ${file(s.id)}`, stdin: "2" }, ignoring));
      expect(step.ops.c).toBe("same");
      expect(lines(s.id)).toEqual(["a"]);
    },
  );
});

describe("command:remote:Command", () => {
  const port = 20000 + Math.floor(Math.random() * 10000);
  let sshd: ChildProcess | undefined;
  const inside = intoNode();
  let connection: command.types.input.remote.ConnectionArgs;

  beforeAll(async () => {
    for (const name of ["host", "other", "client"])
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file(name)]);
    fs.copyFileSync(file("client.pub"), file("authorized"));
    fs.chmodSync(file("authorized"), 0o600);
    fs.writeFileSync(
      file("sshd_config"),
      [
        `Port ${String(port)}`,
        `ListenAddress ${LAB_NODE}`,
        `HostKey ${file("host")}`,
        `AuthorizedKeysFile ${file("authorized")}`,
        "StrictModes no",
        "UsePAM no",
        "PermitRootLogin yes",
        "AcceptEnv ALLOWED",
        `PidFile ${file("sshd.pid")}`,
      ].join("\n"),
    );
    // A real OpenSSH server, on the lab's machine and not on this one.
    execFileSync("nsenter", [...inside, "mkdir", "-p", "/run/sshd"]);
    const serve = ["/usr/sbin/sshd", "-D", "-e", "-f", file("sshd_config")];
    sshd = spawn("nsenter", [...inside, ...serve], { stdio: "ignore" });
    await eventually(() =>
      tool("sh", ["-c", `ssh-keyscan -p ${String(port)} ${LAB_NODE} | grep -q .`]),
    );
    connection = {
      host: LAB_NODE,
      port,
      user: "root",
      privateKey: fs.readFileSync(file("client"), "utf8"),
      dialErrorLimit: 1,
    };
  }, 30_000);
  afterAll(() => {
    // The process outside is only nsenter; the server itself is known by its own number inside.
    execFileSync("nsenter", [...inside, "sh", "-c", `kill "$(cat ${file("sshd.pid")})"`]);
    sshd?.kill();
  });

  const remote = (args: Partial<command.remote.CommandArgs>) => () => {
    const c = new command.remote.Command("c", { connection, ...args });
    return { stdout: c.stdout };
  };

  behaves(
    "runs on the host with stdin, and with variables that the host accepts",
    `${source}/remote/commandOutputs.go`,
    async (s) => {
      const step = await s.up(
        remote({
          create: "bash -s",
          stdin: `echo "$ALLOWED"; echo done`,
          environment: { ALLOWED: "yes" },
        }),
      );
      expect(step.outputs.stdout).toBe("yes\ndone");
      expect((await s.up()).ops.c).toBe("same");
    },
  );

  behaves(
    "fails before it runs if the host refuses a variable",
    `${source}/remote/commandOutputs.go`,
    async (s) => {
      const message = await s.fails(
        s.up(remote({ create: `echo ran >> ${file(s.id)}`, environment: { REFUSED: "x" } })),
      );
      expect(message).toContain('could not set environment variable "REFUSED"');
      expect(lines(s.id)).toEqual([]);
    },
  );

  behaves("trusts any host without hostKey, and only the right one with it", seen, async (s) => {
    const key = (name: string) => fs.readFileSync(file(`${name}.pub`), "utf8");
    await s.up(remote({ create: "true" }));
    await s.up(remote({ create: "true", connection: { ...connection, hostKey: key("host") } }));
    const message = await s.fails(
      s.up(remote({ create: "true", connection: { ...connection, hostKey: key("other") } })),
    );
    expect(message).toContain("host key mismatch");
  });

  behaves("the connection is secret, the output is not", "pulumi-command#149, #256", async (s) => {
    const step = await s.up(remote({ create: "echo open" }));
    expect(step.secretOutputs).toEqual([]);
    expect(JSON.stringify(await s.state())).not.toContain(
      fs.readFileSync(file("client"), "utf8").split("\n")[1],
    );
  });

  behaves(
    "an unreachable host fails after the dial limit",
    `${source}/remote/connection.go`,
    async (s) => {
      const message = await s.fails(
        s.up(remote({ create: "true", connection: { ...connection, port: 1, dialErrorLimit: 2 } })),
      );
      expect(message).toMatch(/after 2 failed attempts: dial tcp [0-9.]+:1:/);
    },
  );

  behaves(
    "a failure shows the command line, not what came by stdin",
    `${source}/remote/commandOutputs.go`,
    async (s) => {
      const message = await s.fails(
        s.up(remote({ create: "bash -s", stdin: "token=sesame-open; exit 9", logging: "none" })),
      );
      expect(message).toContain('Process exited with status 9: running "bash -s"');
      expect(message).not.toContain("sesame-open");
    },
  );

  behaves(
    "update and delete run on the host too",
    `${source}/remote/commandController.go`,
    async (s) => {
      // They read what they are given: one that has ended before it was sent fails with "EOF".
      const args = {
        create: "cat > /dev/null; echo created",
        update: "cat > /dev/null; echo updated",
        delete: `cat > /dev/null; echo gone >> ${file(s.id)}`,
        addPreviousOutputInEnv: false,
      };
      await s.up(remote({ ...args, stdin: "1" }));
      expect((await s.up(remote({ ...args, stdin: "2" }))).outputs.stdout).toBe("updated");
      await s.destroy();
      expect(lines(s.id)).toEqual(["gone"]);
    },
  );
});
