/** NFS: who is mounted, and how. */
import { idOf, type Graph, type Policy, type Resource } from "./finding";
import { at, isHidden, list, text } from "./value";
import { nameOf, ofKind, pods, volumes } from "./views";

/** Every NFS source of the graph with its resource. */
function sources(graph: Graph): { resource: Resource; nfs: unknown }[] {
  const inPods = pods(graph).flatMap((pod) =>
    volumes(pod).map((volume) => ({ resource: pod.workload, nfs: at(volume, "nfs") })),
  );
  const persistent = ofKind(graph, "PersistentVolume").map((resource) => ({
    resource,
    nfs: at(resource.inputs, "spec", "nfs"),
  }));
  return [...inPods, ...persistent].filter(({ nfs }) => nfs !== undefined);
}

export const nfsServerIsNoService: Policy = (graph) => {
  const services = ofKind(graph, "Service").map(nameOf);
  return sources(graph)
    .map(({ resource, nfs }) => ({ resource, server: text(at(nfs, "server")) ?? "" }))
    .filter(
      ({ server }) =>
        /\.svc(\.|$)|\.cluster\.local\.?$/.test(server) || services.includes(server.split(".")[0]),
    )
    .map(({ resource, server }) => ({
      resource: idOf(resource),
      message: `found the NFS server ${server}, expected an address: nodes don't ask the cluster's DNS`,
      fix: "use the Service's clusterIP",
    }));
};

/** The options of a volume or class; each element may hold several. Undefined while they can't be read. */
function options({ inputs }: Resource): string[] | undefined {
  const given = [
    ...list(at(inputs, "spec", "mountOptions")),
    ...list(at(inputs, "mountOptions")),
    at(inputs, "parameters", "nfsOptions"),
  ];
  return given.some(isHidden) ? undefined : given.flatMap((each) => text(each)?.split(",") ?? []);
}

export const noSoftWrites: Policy = (graph) =>
  ofKind(graph, "PersistentVolume", "StorageClass")
    .filter((resource) => options(resource)?.includes("soft"))
    .filter(({ inputs }) => {
      const readOnly = at(inputs, "spec", "nfs", "readOnly");
      return readOnly !== true && !isHidden(readOnly);
    })
    .map((resource) => ({
      resource: idOf(resource),
      message:
        "found the NFS option soft on a writable volume, expected hard: a write that is given up half-way corrupts the file",
      fix: "replace soft by hard, or make the volume readOnly",
    }));

/** rclone serves NFSv3 on one port and neither portmapper nor locks: https://rclone.org/commands/rclone_serve_nfs/ */
export const exportSpeaksNfs3: Policy = (graph) =>
  ofKind(graph, "PersistentVolume")
    .map((resource) => ({ resource, options: options(resource) ?? [] }))
    .filter(({ options }) => options.some((option) => /^((mount)?port=|nolock$)/.test(option)))
    .flatMap(({ resource, options }) => {
      const expected = [/^(nfs)?vers=3$/, /^port=/, /^mountport=/, /^nolock$/];
      return expected.every((each) => options.some((option) => each.test(option)))
        ? []
        : [
            {
              resource: idOf(resource),
              message: `found ${options.join(",")}, expected nfsvers=3, port, mountport and nolock together: the export speaks NFSv3 on one port`,
              fix: "set mountOptions: [nfsvers=3, port=2049, mountport=2049, nolock]",
            },
          ];
    });
