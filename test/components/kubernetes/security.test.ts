import {
  fuseMounter,
  inGroup,
  linuxserver,
  unprivileged,
} from "../../../components/kubernetes/security";
import { site } from "../../support/sites";

const files = { fsGroup: 569, fsGroupChangePolicy: "OnRootMismatch" };
const confined = { seccompProfile: { type: "RuntimeDefault" } };
const user = { PUID: "568", PGID: "569", TZ: "Europe/Berlin" };

it("lets a linuxserver image prepare itself as root and nothing more", () => {
  expect(linuxserver(site.identity)).toEqual({
    pod: { ...files, ...confined },
    container: {
      allowPrivilegeEscalation: false,
      capabilities: {
        drop: ["ALL"],
        add: ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID"],
      },
    },
    env: user,
  });
});

it("runs what needs no root as the apps' user, with nothing to gain", () => {
  expect(unprivileged(site.identity)).toEqual({
    pod: { ...files, ...confined, runAsNonRoot: true },
    container: {
      runAsUser: 568,
      runAsGroup: 569,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
    },
    env: { TZ: "Europe/Berlin" },
  });
});

it("privileges what hands a mount on to its node", () => {
  expect(fuseMounter(site.identity)).toEqual({
    pod: { ...files, seccompProfile: { type: "Unconfined" } },
    container: { privileged: true },
    env: user,
  });
});

it("adds a group to the pod, and only there", () => {
  const profile = linuxserver(site.identity);
  expect(inGroup(profile, 992)).toEqual({
    ...profile,
    pod: { ...profile.pod, supplementalGroups: [992] },
  });
});

it("adds the group 0, too, and none where none is given", () => {
  const profile = linuxserver(site.identity);
  expect(inGroup(profile, 0).pod).toMatchObject({ supplementalGroups: [0] });
  expect(inGroup(profile, undefined)).toEqual(profile);
});
