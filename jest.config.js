/**
 * `unit` needs nothing but Node; `lab` the running lab; `placement` the lab to itself, since it judges a promise in
 * seconds; `living` breaks both shipped stacks; `move` has the old Plex server's host to itself, `move-overseerr` the old
 * Overseerr's; `lifecycle` starts and kills the lab.
 */
const common = {
  testEnvironment: "node",
  transform: { "^.+\\.ts$": "<rootDir>/test/support/sucrase.js" },
};

module.exports = {
  testTimeout: 300_000,
  projects: [
    {
      ...common,
      displayName: "unit",
      testMatch: ["<rootDir>/test/**/*.test.ts"],
      testPathIgnorePatterns: ["<rootDir>/test/lab/"],
      setupFiles: ["<rootDir>/test/support/quick-pulumi.ts"],
    },
    {
      ...common,
      displayName: "lab",
      testMatch: ["<rootDir>/test/lab/**/*.test.ts"],
      testPathIgnorePatterns: [
        "<rootDir>/test/lab/lifecycle/",
        "<rootDir>/test/lab/living.test.ts",
        "<rootDir>/test/lab/move/",
        "<rootDir>/test/lab/overseerr-",
        "<rootDir>/test/lab/plex-up/",
        "<rootDir>/test/lab/placement.test.ts",
      ],
    },
    {
      ...common,
      displayName: "placement",
      testMatch: ["<rootDir>/test/lab/placement.test.ts"],
    },
    {
      ...common,
      displayName: "living",
      testMatch: ["<rootDir>/test/lab/living.test.ts"],
    },
    {
      ...common,
      displayName: "move",
      testMatch: ["<rootDir>/test/lab/{move,plex-up}/*.test.ts"],
    },
    {
      ...common,
      displayName: "move-overseerr",
      testMatch: ["<rootDir>/test/lab/{overseerr-up/*,overseerr-*}.test.ts"],
    },
    {
      ...common,
      displayName: "lifecycle",
      testMatch: ["<rootDir>/test/lab/lifecycle/*.test.ts"],
    },
  ],
};
