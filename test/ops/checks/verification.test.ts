import type { Result, Status } from "../../../ops/checks/check";
import {
  keepVerification,
  lastVerification,
  verificationOf,
} from "../../../ops/checks/verification";
import { readReport } from "../../../ops/reports";
import { tempTree } from "../../support/scripts";

const home = process.cwd();
beforeAll(() => {
  process.chdir(tempTree({}));
});
afterAll(() => {
  process.chdir(home);
});

const result = (id: string, status: Status): Result => ({
  check: { id, meaning: "", look: "" },
  status,
  said: "a secret thing",
  findings: [{ found: "a secret thing", expected: "", fix: "" }],
  seconds: 0,
});

test("counts and ids are kept, and none of what was found", () => {
  const at = new Date("2027-01-31T12:00:00Z");
  const results = [
    result("a/fine", "ok"),
    result("a/yellow", "warning"),
    result("a/red", "failure"),
    result("b/behind", "blocked"),
    result("b/none", "absent"),
  ];
  expect(lastVerification("homelab")).toBeUndefined();
  keepVerification("homelab", verificationOf(results, { at, active: true }));
  expect(lastVerification("homelab")).toEqual({
    at: "2027-01-31T12:00:00.000Z",
    active: true,
    fine: 1,
    blocked: 1,
    warnings: ["a/yellow"],
    failures: ["a/red"],
  });
  expect(readReport("homelab", "verification.json")).not.toContain("secret");
});
