/** What every container and every pod has. */
import { idOf, type Fault, type Graph, type Policy } from "./finding";
import { at, differs, fields, isHidden, shown, text, texts } from "./value";
import { allContainers, inContainer, pods, variable } from "./views";

/** An image as somebody names it, and who. */
interface Reference {
  readonly image: string;
  readonly fault: (message: string, fix: string) => Fault;
}

/** Images of containers, mods that linuxserver images load at their start, and images of Nomad jobs. */
function references(graph: Graph): Reference[] {
  const inPods = allContainers(graph).flatMap((container) => {
    const mods = text(variable(container, "DOCKER_MODS"))?.split("|") ?? [];
    const image = at(container.spec, "image");
    return [...(isHidden(image) ? [] : [shown(image)]), ...mods].map((each) => ({
      image: each,
      fault: (message: string, fix: string) => inContainer(container, message, fix),
    }));
  });
  const inJobs = jobs(graph).flatMap((job) => {
    const variables = texts(at(job.inputs, "hcl2", "vars")).filter(({ path }) =>
      /image$/i.test(path),
    );
    const literal = /\bimage\s*=\s*"([^"$]+)"/g;
    const spec = text(at(job.inputs, "jobspec")) ?? "";
    return [
      ...variables.flatMap((each) => text(each.text) ?? []),
      ...[...spec.matchAll(literal)].map(([, image]) => shown(image)),
    ].map((image) => ({
      image,
      fault: (message: string, fix: string) => ({ resource: idOf(job), message, fix }),
    }));
  });
  return [...inPods, ...inJobs];
}

export function jobs(graph: Graph) {
  return graph.filter(({ type }) => type === "nomad:index/job:Job");
}

/** An exact version has at least two numbers: `4.0.16`, `v2.4`. A digest is exact, too. */
const exact = /(:[^/@]*\d+\.\d+[^/@]*(@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})$/;

export const imageIsPinned: Policy = (graph) =>
  references(graph)
    .filter(({ image }) => !exact.test(image))
    .map(({ image, fault }) =>
      fault(
        `found the image ${image}, expected an exact version`,
        "pin it in components/images.yaml and use images.<name>",
      ),
    );

const probes = ["startupProbe", "readinessProbe", "livenessProbe"];
const longRunning = ["Deployment", "StatefulSet", "DaemonSet"];

export const threeProbes: Policy = (graph) =>
  allContainers(graph)
    .filter(({ pod, serves }) => serves && longRunning.includes(pod.kind))
    .map((container) => ({
      container,
      missing: probes.filter((probe) => at(container.spec, probe) === undefined),
    }))
    .filter(({ missing }) => missing.length > 0)
    .map(({ container, missing }) =>
      inContainer(
        container,
        `found no ${missing.join(", no ")}, expected all three probes`,
        "give it probes from its health endpoint (components/kubernetes/probes.ts)",
      ),
    );

export const memoryIsLimited: Policy = (graph) =>
  allContainers(graph)
    .filter(({ spec }) => at(spec, "resources", "limits", "memory") === undefined)
    .map((container) =>
      inContainer(
        container,
        "found no memory limit, expected one: without it one leak evicts its neighbours",
        "set resources.limits.memory",
      ),
    );

/** Fields of a pod that are true unless said otherwise, and why none here wants that. */
const switchedOff = {
  enableServiceLinks: "apps take variables such as SONARR_PORT=tcp://… for their own",
  automountServiceAccountToken: "no app here talks to the cluster's API",
};

export const switchesAreOff: Policy = (graph) =>
  pods(graph).flatMap((pod) =>
    Object.entries(switchedOff)
      .filter(([field]) => differs(at(pod.spec, field), false))
      .map(([field, reason]) => ({
        resource: idOf(pod.workload),
        message: `found ${field} ${shown(at(pod.spec, field))}, expected false: ${reason}`,
        fix: `set ${field}: false`,
      })),
  );

/** The extended resources that Intel's plugin announces. */
const announced = ["gpu.intel.com/i915", "gpu.intel.com/xe"];

export const deviceIsAnnounced: Policy = (graph) =>
  allContainers(graph).flatMap((container) =>
    Object.keys(fields(at(container.spec, "resources", "limits")))
      .filter((name) => name.includes("/") && !announced.includes(name))
      .map((name) =>
        inContainer(
          container,
          `found the device ${name}, expected ${announced.join(" or ")}: no plugin announces it, so no node fits`,
          "name it as the device plugin does (config: gpu.resource)",
        ),
      ),
  );

export const noOutputInText: Policy = (graph) =>
  graph.flatMap((resource) =>
    texts(resource.inputs)
      .filter(({ text }) => text.includes("Calling [toString]"))
      .map(({ path }) => ({
        resource: idOf(resource),
        message: `found an Output put into a text at ${path}, expected its value`,
        fix: "build the text with pulumi.interpolate",
      })),
  );
