import { linuxserver } from "../../../components/kubernetes/security";

it("lets a linuxserver image prepare itself as root and nothing more", () => {
  expect(linuxserver({ puid: 568, pgid: 569, timezone: "Europe/Berlin" })).toEqual({
    pod: {
      fsGroup: 569,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
    container: {
      allowPrivilegeEscalation: false,
      capabilities: {
        drop: ["ALL"],
        add: ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID"],
      },
    },
    env: { PUID: "568", PGID: "569", TZ: "Europe/Berlin" },
  });
});
