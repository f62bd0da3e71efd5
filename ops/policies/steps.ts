/** Commands that run on hosts and in pods, and jobs of Nomad. */
import { jobs } from "./containers";
import { idOf, type Fault, type Graph, type Policy, type Resource } from "./finding";
import { at, differs, isHidden, list, shown } from "./value";

const remote = "command:remote:";
const generation = /-g[1-9]\d*-/;

/** Remote commands, and local ones that belong to a generation. */
function steps(graph: Graph): Resource[] {
  return graph.filter(
    ({ type, name }) =>
      type.startsWith(remote) || (type.startsWith("command:local:") && generation.test(name)),
  );
}

export const hostIsChecked: Policy = (graph) =>
  graph
    .filter(({ type }) => type.startsWith(remote))
    // The connection is a secret as a whole, so its key can be seen only where a program leaves it open.
    .filter(({ inputs }) => at(inputs, "connection", "hostKey") === undefined)
    .map((step) => ({
      resource: idOf(step),
      message:
        "found no connection.hostKey, expected one: without it any host is taken for the right one",
      fix: "set hostKey; see it with: ssh-keyscan -t ed25519 <host>",
    }));

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
