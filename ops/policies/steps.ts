/** Commands that run on hosts and in pods, and jobs of Nomad. */
import { jobs } from "./containers";
import { idOf, type Fault, type Graph, type Policy, type Resource } from "./finding";
import { at, differs, isHidden, list, shown, text } from "./value";

const remote = "command:remote:";
const generation = /-g[1-9]\d*-/;

/** Whether it belongs to a migration, by the component above it. */
function isOfMigration({ type, parent = "" }: Resource): boolean {
  return type.startsWith("command:") && /[:$]homelab:migrations:/.test(parent);
}

/** Remote commands, those of a migration, and local ones that belong to a generation. */
function steps(graph: Graph): Resource[] {
  return graph.filter(
    (resource) =>
      resource.type.startsWith(remote) ||
      isOfMigration(resource) ||
      (resource.type.startsWith("command:local:") && generation.test(resource.name)),
  );
}

const unchecked = "without it any host is taken for the right one";
const readIt = "see it on the host itself with: cat /etc/ssh/ssh_host_ed25519_key.pub";

export const hostIsChecked: Policy = (graph) => [
  ...graph
    .filter(({ type }) => type.startsWith(remote))
    // The connection is a secret as a whole, so its key can be seen only where a program leaves it open.
    .filter(({ inputs }) => at(inputs, "connection", "hostKey") === undefined)
    .map((step) => ({
      resource: idOf(step),
      message: `found no connection.hostKey, expected one: ${unchecked}`,
      fix: `set hostKey; ${readIt}`,
    })),
  ...graph
    .filter((resource) => isOfMigration(resource) && resource.type.startsWith("command:local:"))
    .map((step) => ({ step, given: text(at(step.inputs, "stdin")) ?? "" }))
    .filter(({ given }) => /^SOURCE_HOST=/m.test(given) && !/^HOST_KEY='\S+ \S+'$/m.test(given))
    .map(({ step }) => ({
      resource: idOf(step),
      message: `found SOURCE_HOST without HOST_KEY, expected both: ${unchecked}`,
      fix: `give it the host's key as HOST_KEY; ${readIt}`,
    })),
];

/** Each of these makes a step run again, or run on the way out, when nobody has asked for it. */
const refused = ["update", "triggers", "delete", "environment"];

export const stepRunsOnce: Policy = (graph) =>
  steps(graph).flatMap((step) => {
    const fault = (message: string, fix: string): Fault => ({ resource: idOf(step), message, fix });
    const ignored = step.options.ignoreChanges;
    return [
      ...refused
        .filter((input) => at(step.inputs, input) !== undefined)
        .map((input) =>
          fault(`found ${input}, expected none: a step runs once a generation`, `remove ${input}`),
        ),
      ...(generation.test(step.name)
        ? []
        : [
            fault(
              `found the name ${step.name}, expected a generation in it, as in plex-g1-stop`,
              "name it <what>-g<generation>-<step>",
            ),
          ]),
      ...(isHidden(ignored) || list(ignored).includes("*")
        ? []
        : [
            fault(
              `found ignoreChanges ${shown(ignored)}, expected ["*"]: a reworded script would run again over live data`,
              'set ignoreChanges: ["*"]',
            ),
          ]),
    ];
  });

export const jobIsWaitedFor: Policy = (graph) =>
  jobs(graph)
    .filter(({ inputs }) => differs(at(inputs, "detach"), false))
    .map((job) => ({
      resource: idOf(job),
      message: `found detach ${shown(at(job.inputs, "detach"))}, expected false: an up would end before the job is healthy`,
      fix: "set detach: false",
    }));
