/**
 * Machines of the tests' own for the scripts of a move: containers of the lab's Docker without a network, but for
 * what they share among themselves. Scripts are put together and run as the product does it: values, libraries and
 * script on the standard input of a shell.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { labEnvironment } from "../../../lab/engine";
import { run, type Ended } from "../../support/scripts";
import { intoNode, nodeInit, onNode } from "../tools";

export type Values = Readonly<Record<string, string>>;
export type Place = "source" | "importer" | "plex" | "server";

const project = path.join(__dirname, "../../..");
const { LAB_PLEX_VM_HOST_KEY = "", ...environment } = labEnvironment();
const searched = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export const version = "1.43.3.10828-00f62d37d";
export const images = {
  source: "lab.local/plex-vm:1",
  importer: pinned("importer"),
  plex: pinned("plex"),
};

/** Values as a step gets them; a test changes some. */
export const given = {
  ...{ STACK: "homelab", KUBE_CONTEXT: "lab", NAMESPACE: "media", MANIFESTS: "{}" },
  ...{ SOURCE_HOST: "127.0.0.1", SOURCE_PORT: "22", SOURCE_USER: "alex" },
  ...{ HOST_KEY: LAB_PLEX_VM_HOST_KEY, KIND: "systemd", SERVICE: "plexmediaserver" },
  ...{ LIBRARY: "/var/lib/plexmediaserver/Library", BACKUP_DIR: "/var/backups/plex" },
  ...{ GENERATION: "1", VERSION: version, OWNER: "1000:1000", FOLLOW: "false", REPLACE: "false" },
  ...{ ALLOW_EMPTY: "false", CHECKED: "true", WINDOW: "600", MEDIA: "", WRITABLE: "" },
} satisfies Values;

function pinned(key: string): string {
  const text = fs.readFileSync(path.join(project, "components/images.yaml"), "utf8");
  const [, repository = "", tag = ""] =
    new RegExp(`^${key}:\\n(?: +#.*\\n)* +image:\\n +repository: (.*)\\n +tag: (.*)`, "m").exec(
      text,
    ) ?? [];
  return `${repository}:${tag}`;
}

export const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
export const assignments = (values: Values) =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${quoted(value)}\n`)
    .join("");

export function textOf(file: string): string {
  return fs.readFileSync(path.join(project, file), "utf8");
}

/** What the steps hand to a script besides what its place always gets. */
const handed: Readonly<Record<string, string>> = {
  inspect: "VERSION ALLOW_EMPTY",
  stop: "WINDOW SWITCH NOW",
  archive: "EPOCH JOB",
  release: "EPOCH",
  admit: "KEYS FROM",
  "pre-copy": "JOB",
  transfer: "EPOCH DIGEST ARCHIVE LIMIT JOB",
  "catch-up": "EPOCH JOB",
  compare: "EPOCH JOB",
  verify: "EPOCH IDENTITY",
  mark: "SAY EPOCH",
  promote: "EPOCH",
  "cut-over": "IDENTITY VERSION CLAIMED COUNTS PATHS JOB",
};

/** Path of a script for the old server's host: what every move does there, or this one alone. */
export function sourceScript(name: string): string {
  const shared = `lib/source/${name}.sh`;
  const isShared = fs.existsSync(path.join(project, "migrations", shared));
  return isShared ? shared : `plex/source/${name}.sh`;
}

/** Text of a script of the move as its place gets it, with these values on top of what every script knows. */
export async function composed(place: Place, script: string, values: Values): Promise<string> {
  const { RUN = "tests", ...rest } = values;
  const name = path.basename(script, ".sh");
  const composing = `source migrations/plex/move.sh; eval "$given"; RUN=$0
    if [[ $2 == */stop.sh ]]; then SWITCH=$(script_for source lib/source/switch.sh WINDOW) NOW=1700000000; fi
    script_for "$@"; rm -rf "$TEMPORARY"`;
  const { code, stdout, stderr } = await run(
    [
      ...["bash", "-euc", `cd ${quoted(project)}; ${composing}`, RUN, place, script],
      ...(handed[name] ?? "").split(" ").filter(Boolean),
    ],
    {},
    assignments({ ...given, ...rest }),
  );
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

/** What a script has found out. */
export function resultOf({ stdout }: Ended): string {
  return /^result (.*)$/m.exec(stdout)?.[1] ?? "";
}

/** How a script ends that tells of problems. */
export function refused(headline: string, ...problems: readonly [what: string, fix: string][]) {
  const lines = problems.flatMap(([what, fix]) => [`✗ ${what}`, `    fix: ${fix}`]);
  return { code: 1, stdout: "", stderr: [headline, ...lines, ""].join("\n") };
}

/** What is said where one thing is wrong. */
export function died(what: string, ...fixes: readonly string[]): string {
  return [`✗ ${what}`, ...fixes.map((fix) => `    ${fix}`), ""].join("\n");
}

export class Machine {
  private pid = "";

  private readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  /** Takes the place of one of that name that an earlier run has left behind. */
  async start(image: string, options: readonly string[], ...command: readonly string[]) {
    await this.remove();
    const network = options.some((option) => option.startsWith("--network"))
      ? []
      : ["--network=none"];
    await onNode(
      ...["docker", "run", "--detach", "--name", this.name, ...network, ...options],
      ...[image, ...command],
    );
    await this.look();
  }

  async restart() {
    await onNode("docker", "restart", "--time", "20", this.name);
    await this.look();
  }

  async remove() {
    await onNode("docker", "rm", "--force", "--volumes", this.name).catch(() => undefined);
  }

  private async look() {
    this.pid = await onNode("docker", "inspect", "--format={{.State.Pid}}", this.name);
  }

  /** Where its network is, as this machine sees it. */
  get network(): string {
    return `/proc/${nodeInit()}/root/proc/${this.pid}/ns/net`;
  }

  /** Runs a command as root, however it ends. */
  attempt(command: readonly string[], input = "", env: Values = {}): Promise<Ended> {
    const lab = ["nsenter", ...intoNode()];
    // A session of its own: what is killed there with its group is nothing of these tests.
    const inside = ["nsenter", "--target", this.pid, "--all", "setsid", "--wait", "env", "-i"];
    const variables = Object.entries({ PATH: searched, HOME: "/root", ...env }).map(
      ([name, value]) => `${name}=${value}`,
    );
    return run([...lab, ...inside, ...variables, ...command], environment, input);
  }

  /** Output of a bash script that has to succeed. */
  async sh(script: string, input = "", env: Values = {}): Promise<string> {
    const { code, stdout, stderr } = await this.attempt(
      ["bash", "--norc", "-euc", script],
      input,
      env,
    );
    if (code !== 0) throw new Error(`${String(code)}: ${stderr}${stdout}`);
    return stdout.trimEnd();
  }

  python(script: string, ...args: readonly string[]): Promise<string> {
    return this.sh(`exec python3 - ${args.map(quoted).join(" ")}`, script);
  }

  /** Runs a script of the move. */
  async far(place: Place, script: string, values: Values = {}, env: Values = {}): Promise<Ended> {
    return this.attempt(["bash", "--norc", "-s"], await composed(place, script, values), env);
  }

  /** All that a copy has to keep of a folder. */
  manifest(folder: string): Promise<string> {
    return this.python(textOf("lab/library/manifest.py"), folder);
  }
}

/** The old server's host, with a tiny library, and nothing running but its sshd. */
export class OldHost extends Machine {
  static readonly home = "/var/lib/plexmediaserver/Library/Application Support/Plex Media Server";
  static readonly databases = `${OldHost.home}/Plug-in Support/Databases`;
  static readonly library = `${OldHost.databases}/com.plexapp.plugins.library.db`;
  static readonly blobs = `${OldHost.databases}/com.plexapp.plugins.library.blobs.db`;

  /** With these units; without any, with those that are enabled. */
  async boot(options: readonly string[] = [], units = ["ssh"]) {
    await this.start(
      images.source,
      [
        ...[
          "--hostname=old-host",
          "--add-host=plex-vm:127.0.0.1",
          "--add-host=old-host:127.0.0.1",
          "--tmpfs=/run:exec,mode=755",
        ],
        // On file systems of their own: nothing is found there that looks for a library on the disk.
        ...["--volume=/pristine", "--tmpfs=/small:size=1m", "--tmpfs=/lab/logs"],
        ...["--volume=/lab/ssh/plex-vm:/etc/ssh/ssh_host_ed25519_key:ro"],
        ...["--volume=/lab/ssh/id_ed25519.pub:/lab/authorized_keys:ro", ...options],
      ],
      ...units,
    );
    const generate = [
      ...["--profile=tiny", "--library=/pristine/plex", "--media=/pristine/media"],
      ...["--media-path=/mnt/nas-plex", `--version=${version}`],
    ];
    await this.sh("cat >/usr/bin/systemctl", textOf("lab/images/plex-vm/systemctl.sh"));
    await this.python(textOf("lab/library/generate.py"), ...generate);
    await this.sh(
      // The odd names and a few others do: each test has a copy of its own.
      `find /pristine/plex -path '*/Metadata/*' -not -path '*/ddba11.bundle*' -not -path '*/Metadata/Artists*' -delete 2>/dev/null || true
       find /pristine/plex -path '*/Media/localhost/*/*' -delete
       python3 -m compileall -q /stand-in /usr/lib/plexmediaserver
       chown -R --no-dereference plex:plex /pristine/plex
       cat >/usr/local/bin/sleep; chmod +x /usr/local/bin/sleep`,
      // A second look at a database that might be in use is not waited for.
      '#!/bin/sh\n[ "$1" != 5 ] || set -- 0\nexec /usr/bin/sleep "$@"\n',
    );
  }

  /** As the tests want to find it. */
  async renew() {
    await this.sh(
      `systemctl unmask --quiet plexmediaserver; systemctl unmask --runtime --quiet plexmediaserver
       pkill -KILL --uid plex || true; pkill -KILL --full 'switch[.]sh' || true
       rm -rf /run/media-homelab /run/plex-stand-in /var/backups/plex /small/* /var/lib/plexmediaserver
       systemctl stop plexmediaserver; systemctl enable plexmediaserver; rm -rf /run/systemctl/plexmediaserver.service
       cp --archive /pristine/plex /var/lib/plexmediaserver`,
    );
  }

  /** Runs a statement on a database with Plex's own SQLite. */
  sql(statement: string, database = OldHost.library): Promise<string> {
    return this.sh('exec "/usr/lib/plexmediaserver/Plex SQLite" "$DATABASE" "$SQL"', "", {
      DATABASE: database,
      SQL: statement,
    });
  }
}
