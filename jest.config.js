/**
 * `unit` needs nothing but Node; `lab` the running lab; `placement` the lab to itself, since it judges a promise in
 * seconds; `lifecycle` starts and kills it.
 */
const common = {
  testEnvironment: "node",
  transform: { "^.+\\.ts$": ["ts-jest", { diagnostics: false }] },
};

module.exports = {
  testTimeout: 300_000,
  projects: [
    {
      ...common,
      displayName: "unit",
      testMatch: ["<rootDir>/test/**/*.test.ts"],
      testPathIgnorePatterns: ["<rootDir>/test/lab/"],
    },
    {
      ...common,
      displayName: "lab",
      testMatch: ["<rootDir>/test/lab/**/*.test.ts"],
      testPathIgnorePatterns: [
        "<rootDir>/test/lab/lifecycle/",
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
      displayName: "lifecycle",
      testMatch: ["<rootDir>/test/lab/lifecycle/*.test.ts"],
    },
  ],
};
