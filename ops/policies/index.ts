/** The policies by id, and how they are put to a graph. */
import * as claims from "./claims";
import * as containers from "./containers";
import { isExcepted } from "./exceptions";
import type { Finding, Graph, Policy } from "./finding";
import * as network from "./network";
import * as nfs from "./nfs";
import * as placement from "./placement";
import * as plex from "./plex";
import * as secrets from "./secrets";
import { shippedSetting, type Setting } from "./setting";
import * as steps from "./steps";
import * as volumes from "./volumes";

export const policies: Readonly<Record<string, Policy>> = {
  "mount-has-volume": volumes.mountHasVolume,
  "volume-is-mounted": volumes.volumeIsMounted,
  "mount-path-once": volumes.mountPathOnce,
  "bidirectional-is-privileged": volumes.bidirectionalIsPrivileged,
  "bidirectional-of-the-node": volumes.bidirectionalIsOfTheNode,
  "nothing-below-bidirectional": volumes.nothingBelowBidirectional,
  "consumer-sees-mount": volumes.consumerSeesTheMount,
  "no-privileged-container": volumes.noPrivilege,

  "claim-exists": claims.claimExists,
  "claim-has-its-volume": claims.claimHasItsVolume,
  "volume-belongs-to-its-claim": claims.volumeBelongsToItsClaim,
  "claim-names-its-class": claims.claimNamesItsClass,
  "no-dynamic-nfs": claims.noDynamicNfs,
  "read-only-claim": claims.readOnlyClaimStaysSo,
  "data-is-kept": claims.dataIsKept,
  "no-claim-templates": claims.noClaimTemplates,
  "one-pod-on-one-nodes-claim": claims.oneNodesClaimHasOnePod,
  "time-to-write-back": claims.timeToWriteBack,

  "nfs-server-is-no-service": nfs.nfsServerIsNoService,
  "no-soft-writes": nfs.noSoftWrites,
  "export-speaks-nfs3": nfs.exportSpeaksNfs3,

  "node-label-is-known": placement.nodeLabelIsKnown,
  "taint-is-tolerated": placement.taintIsTolerated,
  "toleration-is-needed": placement.tolerationIsNeeded,
  "gpu-node-for-gpu-work": placement.gpuNodeForGpuWork,
  "storage-pod-on-storage-node": placement.storagePodOnStorageNode,
  "leaves-lost-node": placement.leavesLostNode,
  "affinity-finds-pods": placement.affinityFindsPods,

  "image-is-pinned": containers.imageIsPinned,
  "three-probes": containers.threeProbes,
  "memory-is-limited": containers.memoryIsLimited,
  "switches-are-off": containers.switchesAreOff,
  "device-is-announced": containers.deviceIsAnnounced,
  "no-output-in-text": containers.noOutputInText,

  "selector-within-labels": network.selectorIsWithinLabels,
  "service-finds-pods": network.serviceFindsPods,
  "target-port-is-open": network.targetPortIsOpen,
  "ingress-has-backend": network.ingressHasBackend,
  "ingress-has-class": network.ingressHasClass,
  "host-is-served-once": network.hostIsServedOnce,
  "address-asked-of-metallb": network.addressIsAskedOfMetallb,
  "address-is-taken-once": network.addressIsTakenOnce,
  "stateful-set-has-its-service": network.statefulSetHasItsService,

  "secret-by-reference": secrets.secretComesByReference,
  "no-secret-in-diff": secrets.noSecretInDiff,
  "reference-exists": secrets.referenceExists,
  "key-exists": secrets.keyExists,
  "no-claim-token": secrets.noClaimToken,

  "one-plex": plex.onePlex,
  "worker-sees-plexs-paths": plex.workerSeesPlexsPaths,
  "media-is-read-only": plex.mediaIsReadOnly,
  "claim-at-one-path": plex.claimHasOnePath,

  "host-is-checked": steps.hostIsChecked,
  "step-runs-once": steps.stepRunsOnce,
  "job-is-waited-for": steps.jobIsWaitedFor,
};

/** Everything that the policies find, exceptions or not, sorted by resource. */
export function everyFinding(graph: Graph, setting: Setting = shippedSetting): Finding[] {
  return Object.entries(policies)
    .flatMap(([policy, judge]) => judge(graph, setting).map((fault) => ({ policy, ...fault })))
    .sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}

/** What is wrong with a graph. */
export function check(graph: Graph, setting: Setting = shippedSetting): Finding[] {
  return everyFinding(graph, setting).filter((finding) => !isExcepted(finding));
}

/** A line for each finding, and one for its fix. */
export function render(findings: readonly Finding[]): string {
  return findings
    .map(
      ({ policy, resource, message, fix }) =>
        `${resource}: ${message} [${policy}]\n  fix: ${fix}\n`,
    )
    .join("");
}

function sortKey({ resource, policy, message }: Finding): string {
  return [resource, policy, message].join("\n");
}
