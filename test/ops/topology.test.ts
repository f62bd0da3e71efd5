import type { RecordedResource } from "../../ops/recorder";
import { topology } from "../../ops/topology";

const common = { inputs: {}, options: {}, provider: "", dependencies: [] };
const box: RecordedResource = {
  ...common,
  urn: "b",
  type: "t:m:Box",
  name: "box",
  custom: false,
  parent: "",
};
const claim: RecordedResource = {
  ...common,
  urn: "c",
  type: "k:core/v1:Claim",
  name: "claim",
  custom: true,
  parent: "b",
};
const app: RecordedResource = {
  ...claim,
  urn: "a",
  type: "k:apps/v1:App",
  name: "app",
  dependencies: ["b", "c"],
};

it("draws components as boxes and arrows along the data", () => {
  expect(topology([app, box, claim])).toBe(
    [
      "flowchart LR",
      "  subgraph box",
      '    n0["App app"]',
      '    n1["Claim claim"]',
      "  end",
      "  n1 --> n0",
      "",
    ].join("\n"),
  );
});

it("leaves providers out", () => {
  const provider = { ...claim, type: "pulumi:providers:kubernetes", parent: "" };
  expect(topology([provider])).toBe("flowchart LR\n");
});
