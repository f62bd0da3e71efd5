/** Services, what they lead to, and what leads to them. */
import { idOf, type Fault, type Policy, type Resource } from "./finding";
import { among, at, includes, isHidden, isReadable, list, repeated, shown, text } from "./value";
import {
  annotations,
  containers,
  lookup,
  ofKind,
  pods,
  qualified,
  exists,
  type Pod,
} from "./views";

/** The pods that a Service selects; undefined if it selects none by design. */
function selected(all: readonly Pod[], { inputs }: Resource): Pod[] | undefined {
  const selector = at(inputs, "spec", "selector");
  const namespace = at(inputs, "metadata", "namespace");
  if (selector === undefined) return undefined;
  return all.filter(
    (pod) =>
      includes(pod.labels, selector) && includes({ namespace: pod.namespace }, { namespace }),
  );
}

export const selectorIsWithinLabels: Policy = (graph) =>
  pods(graph)
    .filter(({ kind }) => ["Deployment", "StatefulSet", "DaemonSet"].includes(kind))
    .map((pod) => ({ pod, selector: at(pod.workload.inputs, "spec", "selector", "matchLabels") }))
    .filter(({ pod, selector }) => selector === undefined || !includes(pod.labels, selector))
    .map(({ pod, selector }) => ({
      resource: idOf(pod.workload),
      message: `found the selector ${shown(selector)}, expected labels that its own template has: ${shown(pod.labels)}`,
      fix: "use selectorLabels() in both",
    }));

export const serviceFindsPods: Policy = (graph) =>
  ofKind(graph, "Service")
    .filter((service) => selected(pods(graph), service)?.length === 0)
    .map((service) => ({
      resource: idOf(service),
      message: `found the selector ${shown(at(service.inputs, "spec", "selector"))}, expected one that matches a pod of the graph`,
      fix: "use selectorLabels() of the app behind it",
    }));

export const targetPortIsOpen: Policy = (graph) =>
  ofKind(graph, "Service").flatMap((service) =>
    (selected(pods(graph), service) ?? []).flatMap((pod) => {
      // A selection that can't be read may be any.
      const { metadata, spec } = service.inputs;
      const selection = [
        at(metadata, "namespace"),
        at(spec, "selector"),
        pod.namespace,
        pod.labels,
      ];
      if (!isReadable(selection)) return [];
      const open = containers(pod)
        .flatMap(({ spec }) => list(at(spec, "ports")))
        .flatMap((port) => [at(port, "containerPort"), at(port, "name")]);
      return list(at(service.inputs, "spec", "ports"))
        .map((port) => at(port, "targetPort") ?? at(port, "port"))
        .filter((target) => !among(open)(target))
        .map((target) => ({
          resource: idOf(service),
          message: `found the target port ${shown(target)}, expected a container port of ${pod.workload.name}`,
          fix: "lead to a port that the container declares",
        }));
    }),
  );

export const ingressHasBackend: Policy = (graph) => {
  const services = ofKind(graph, "Service");
  return backends(graph).flatMap(({ ingress, backend }) => {
    const name = qualified(
      at(ingress.inputs, "metadata", "namespace"),
      at(backend, "service", "name"),
    );
    const fault = (message: string): Fault => ({
      resource: idOf(ingress),
      message,
      fix: "lead to a Service of the graph, by the name of its port",
    });
    if (!exists(services)(name)) {
      return [fault(`found the backend ${name}, expected a Service of the graph`)];
    }
    const service = lookup(services)(name);
    const port = at(backend, "service", "port");
    const open = list(at(service?.inputs, "spec", "ports"));
    const leads = (key: string, wanted: unknown) =>
      among(open.map((each) => at(each, key)))(wanted);
    const found = at(port, "name") ?? at(port, "number");
    const fits = leads(at(port, "name") === undefined ? "port" : "name", found);
    return service && !fits
      ? [fault(`found the port ${shown(found)}, expected one of the Service ${name}`)]
      : [];
  });
};

function backends(graph: readonly Resource[]): { ingress: Resource; backend: unknown }[] {
  return ofKind(graph, "Ingress").flatMap((ingress) =>
    list(at(ingress.inputs, "spec", "rules"))
      .flatMap((rule) => list(at(rule, "http", "paths")))
      .map((path) => ({ ingress, backend: at(path, "backend") })),
  );
}

export const ingressHasClass: Policy = (graph) =>
  ofKind(graph, "Ingress")
    .filter(({ inputs }) => at(inputs, "spec", "ingressClassName") === undefined)
    .map((ingress) => ({
      resource: idOf(ingress),
      message: "found no ingressClassName, expected one: without it the controller may ignore it",
      fix: "set ingressClassName (config: ingress.className)",
    }));

export const hostIsServedOnce: Policy = (graph) => {
  const hosts = (ingress: Resource) =>
    list(at(ingress.inputs, "spec", "rules")).flatMap((rule) => text(at(rule, "host")) ?? []);
  const all = ofKind(graph, "Ingress").map((ingress) => ({
    ingress,
    hosts: [...new Set(hosts(ingress))],
  }));
  return repeated(all.flatMap((each) => each.hosts)).flatMap((host) =>
    all
      .filter((each) => each.hosts.includes(host))
      .map(({ ingress }) => ({
        resource: idOf(ingress),
        message: `found the host ${host}, expected one that no other Ingress serves`,
        fix: "give each app a host of its own (config: apps.<app>.host)",
      })),
  );
};

const addressAnnotation = "metallb.io/loadBalancerIPs";

export const addressIsAskedOfMetallb: Policy = (graph) =>
  ofKind(graph, "Service").flatMap((service) => {
    const isBalancer = at(service.inputs, "spec", "type") === "LoadBalancer";
    const old = text(at(service.inputs, "spec", "loadBalancerIP")) !== undefined;
    const asked = Object.keys(annotations(service))
      .filter((name) => name.startsWith("metallb."))
      .filter((name) => name !== addressAnnotation || !isBalancer);
    const hidden = isHidden(at(service.inputs, "spec", "type"));
    return [...asked, ...(old ? ["spec.loadBalancerIP"] : [])]
      .filter((name) => !hidden || name !== addressAnnotation)
      .map((name) => ({
        resource: idOf(service),
        message: `found ${name}, expected only ${addressAnnotation}, on a LoadBalancer`,
        fix: `ask for an address by the annotation ${addressAnnotation}: https://metallb.io/usage/#requesting-specific-ips`,
      }));
  });

export const addressIsTakenOnce: Policy = (graph) => {
  const all = ofKind(graph, "Service").map((service) => ({
    service,
    addresses: (text(annotations(service)[addressAnnotation]) ?? "").split(",").filter(Boolean),
  }));
  return repeated(all.flatMap(({ addresses }) => addresses)).flatMap((address) =>
    all
      .filter(({ addresses }) => addresses.includes(address))
      .map(({ service }) => ({
        resource: idOf(service),
        message: `found the address ${address}, expected one that no other Service has`,
        fix: "give each LoadBalancer an address of its own",
      })),
  );
};

export const statefulSetHasItsService: Policy = (graph) => {
  const services = ofKind(graph, "Service");
  return ofKind(graph, "StatefulSet")
    .map((set) => ({ set, name: at(set.inputs, "spec", "serviceName") }))
    .filter(
      ({ set, name }) =>
        !exists(services)(qualified(at(set.inputs, "metadata", "namespace"), name)),
    )
    .map(({ set, name }) => ({
      resource: idOf(set),
      message: `found the serviceName ${shown(name)}, expected a Service of the graph: it names the pods`,
      fix: "register a headless Service and name it",
    }));
};
