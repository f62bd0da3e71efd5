import type { Graph } from "../../../ops/policies/finding";
import { policies } from "../../../ops/policies";
import { secretMark, unknownMark } from "../../../ops/policies/value";
import { hiddenEverywhere } from "./hidden";
import { samples, setting } from "./samples";

const all = samples();

it("judge nothing that has no samples, and no sample is left over", () => {
  expect(Object.keys(all).sort()).toEqual(Object.keys(policies).sort());
});

/** These find the very mark of a secret, or a plain value where a reference belongs. */
const againstSecrets = ["no-secret-in-diff", "secret-by-reference"];

describe.each(Object.entries(policies))("the policy %s", (id, judge) => {
  const { passes, fails } = all[id] ?? { passes: [], fails: [] };

  const found = (graph: Graph) =>
    judge(graph, setting).map(({ resource, message }) => {
      const named = graph.find(({ type, name }) => resource === `${type}::${name}`);
      return `${named?.name ?? `no resource ${resource}`}: ${message}`;
    });

  it("lets its good samples pass", () => {
    expect(passes.length).toBeGreaterThan(0);
    expect(passes.flatMap(found)).toEqual([]);
  });

  it("finds what is wrong with its bad samples, and has a fix", () => {
    expect(fails.length).toBeGreaterThan(0);
    for (const { graph, finds } of fails) {
      expect(finds.length).toBeGreaterThan(0);
      expect(found(graph)).toEqual(finds);
      for (const { fix } of judge(graph, setting)) expect(fix).toMatch(/\w/);
    }
  });

  it("finds nothing in a good sample of which any one part is unknown yet", () => {
    const graphs = passes.flatMap((graph) => hiddenEverywhere(graph, unknownMark));
    expect(graphs.length).toBeGreaterThan(0);
    for (const { path, graph } of graphs) expect([path, found(graph)]).toEqual([path, []]);
  });

  it("takes no secret for a value", () => {
    if (againstSecrets.includes(id)) return;
    for (const { path, graph } of passes.flatMap((graph) => hiddenEverywhere(graph, secretMark))) {
      expect([path, found(graph)]).toEqual([path, []]);
    }
  });
});
