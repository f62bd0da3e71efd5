/** Volumes within a pod, and what hands mounts on to its node. */
import { idOf, type Policy } from "./finding";
import { among, at, differs, isHidden, repeated, shown, text } from "./value";
import { allContainers, containers, inContainer, mounts, mountsOf, pods, volumes } from "./views";

export const mountHasVolume: Policy = (graph) =>
  allContainers(graph).flatMap((container) => {
    const known = among(volumes(container.pod).map((volume) => at(volume, "name")));
    return mounts(container)
      .filter(({ spec }) => !known(at(spec, "name")))
      .map(({ spec, path }) =>
        inContainer(
          container,
          `found a mount of ${shown(at(spec, "name"))} at ${shown(path)}, expected a volume of that name`,
          "add the volume to the pod, or name one that it has",
        ),
      );
  });

export const volumeIsMounted: Policy = (graph) =>
  pods(graph).flatMap((pod) => {
    const mounted = among(mountsOf(pod).map(({ spec }) => at(spec, "name")));
    const unread = containers(pod).some(({ spec }) => isHidden(spec));
    return volumes(pod)
      .filter((volume) => !unread && !mounted(at(volume, "name")))
      .map((volume) => ({
        resource: idOf(pod.workload),
        message: `found the volume ${shown(at(volume, "name"))}, expected a container that mounts it`,
        fix: "mount it, or remove it from the pod",
      }));
  });

export const mountPathOnce: Policy = (graph) =>
  allContainers(graph).flatMap((container) =>
    repeated(mounts(container).map(({ path }) => path)).map((path) =>
      inContainer(
        container,
        `found two mounts at ${path}, expected one: the API server refuses the pod`,
        "give each mount a path of its own",
      ),
    ),
  );

export const bidirectionalIsPrivileged: Policy = (graph) =>
  allContainers(graph)
    .filter(({ spec }) => differs(at(spec, "securityContext", "privileged"), true))
    .flatMap((container) =>
      mounts(container)
        .filter(({ spec }) => at(spec, "mountPropagation") === "Bidirectional")
        .map(({ path }) =>
          inContainer(
            container,
            `found Bidirectional at ${shown(path)} in an unprivileged container, which the API server refuses`,
            "use HostToContainer: only the pod that makes the mount hands it on",
          ),
        ),
    );

export const nothingBelowBidirectional: Policy = (graph) =>
  allContainers(graph).flatMap((container) => {
    const all = mounts(container);
    const outer = all
      .filter(({ spec }) => at(spec, "mountPropagation") === "Bidirectional")
      .flatMap(({ path }) => text(path) ?? []);
    return all
      .flatMap(({ path }) => text(path) ?? [])
      .filter((path) => outer.some((above) => path.startsWith(`${above}/`)))
      .map((path) =>
        inContainer(
          container,
          `found a mount at ${path}, below one that is handed on to the node: it goes there too, and outlives the pod`,
          "mount it elsewhere, and link to it",
        ),
      );
  });

export const bidirectionalIsOfTheNode: Policy = (graph) =>
  allContainers(graph).flatMap((container) =>
    mounts(container)
      .filter(({ spec }) => at(spec, "mountPropagation") === "Bidirectional")
      .filter(({ volume }) => at(volume, "hostPath") === undefined)
      .map(({ path }) =>
        inContainer(
          container,
          `found Bidirectional at ${shown(path)} on a volume of the pod, expected a folder of the node: kubelet empties ` +
            "the pod's own volumes when it goes, and would delete through the mount",
          "use a hostPath volume",
        ),
      ),
  );

export const consumerSeesTheMount: Policy = (graph) => {
  const all = allContainers(graph).flatMap(mounts);
  const folder = (mount: (typeof all)[number]) => text(at(mount.volume, "hostPath", "path"));
  const handedOn = all
    .filter(({ spec }) => at(spec, "mountPropagation") === "Bidirectional")
    .flatMap((mount) => folder(mount) ?? []);
  return all
    .filter(({ spec }) => at(spec, "mountPropagation") === undefined)
    .filter((mount) => handedOn.some((above) => isWithin(folder(mount), above)))
    .map(({ container, path }) =>
      inContainer(
        container,
        `found ${shown(path)} without mountPropagation, expected HostToContainer: a mount made there later stays invisible`,
        "set mountPropagation: HostToContainer",
      ),
    );
};

function isWithin(path: string | undefined, folder: string): boolean {
  return path !== undefined && `${path}/`.startsWith(`${folder}/`);
}

export const noPrivilege: Policy = (graph) =>
  allContainers(graph)
    .filter(({ spec }) => at(spec, "securityContext", "privileged") === true)
    .map((container) =>
      inContainer(
        container,
        "found privileged, expected none but those that ops/policies/exceptions.ts names",
        "ask for what it needs: a device through its plugin, single capabilities",
      ),
    );
