import { images } from "../../../components/images";
import { NfsBridge } from "../../../components/storage/nfs-bridge";
import { SharedClaim } from "../../../components/storage/shared-claim";
import { generatedAddress, record } from "../../../ops/recorder";
import { containerOf, identities, mountsOf, only, podOf } from "../../support/children";
import { site } from "../../support/sites";

const volumeType = "kubernetes:core/v1:PersistentVolume";

function recorded(readOnly = true) {
  return record(() => {
    const claim = new SharedClaim("links", {
      namespace: "test-media",
      storageClass: "shared",
      size: "3Gi",
      protect: true,
    });
    const args = { site, siteName: "test-site", claim, size: "3Gi", readOnly };
    return { ...new NfsBridge("links-gpu", args).mount };
  });
}

it("is a holder of the claim and a volume of its NFS server; nothing else was created", async () => {
  expect(identities(await recorded())).toEqual([
    "homelab:storage:StaticVolume::links-gpu",
    "kubernetes:apps/v1:Deployment::links-gpu-holder",
    `${volumeType}::links-gpu`,
    "kubernetes:core/v1:PersistentVolumeClaim::links", // the one that is bridged
    "kubernetes:core/v1:PersistentVolumeClaim::links-gpu",
  ]);
});

it("holds the volume on a storage node, without writing to it", async () => {
  const holder = containerOf(podOf(await recorded(), "Deployment"), "links-gpu-holder");
  expect(holder).toMatchObject({ image: images.rclone, command: ["sleep", "infinity"] });
  expect(mountsOf(holder)).toEqual({ "/tmp": "tmp", "/volume": "links:ro" });
});

it("mounts the server of just this volume by its address, once the holder is there", async () => {
  const recording = await recorded();
  const volume = only(recording, volumeType, "links-gpu");
  expect(volume.inputs).toMatchObject({
    metadata: { name: "test-site-links-gpu" },
    spec: { nfs: { server: generatedAddress, path: "/links-volume", readOnly: true } },
  });
  expect(volume.dependencies).toContain(
    only(recording, "kubernetes:apps/v1:Deployment", "links-gpu-holder").urn,
  );
});

it("holds nothing of its own, so its volume and claim may be replaced", async () => {
  const recording = await recorded();
  const claimType = "kubernetes:core/v1:PersistentVolumeClaim";
  expect(only(recording, volumeType, "links-gpu").options).toEqual({});
  expect(only(recording, claimType, "links-gpu").options).toEqual({});
});

it.each([true, false])("mounts itself, read-only as given: %s", async (readOnly) => {
  expect((await recorded(readOnly)).outputs).toEqual({
    volume: "links-gpu",
    source: { persistentVolumeClaim: { claimName: "links-gpu" } },
    readOnly,
  });
});
