import * as fc from "fast-check";
import { distance, nearest } from "../../config/nearest";

describe("distance", () => {
  it.each([
    ["domain", "domain", 0],
    ["domian", "domain", 2],
    ["contxt", "context", 1],
    ["", "abc", 3],
  ])("of %p and %p is %d", (a, b, expected) => {
    expect(distance(a, b)).toBe(expected);
  });

  it("is the same both ways, and nil for equal words only", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(distance(a, b)).toBe(distance(b, a));
        expect(distance(a, b) === 0).toBe(a === b);
      }),
    );
  });
});

describe("nearest", () => {
  it("finds the word that was meant", () => {
    expect(nearest("clasName", ["domain", "className"])).toBe("className");
  });

  it("prefers the closer of two", () => {
    expect(nearest("cat", ["cart", "cat"])).toBe("cat");
  });

  it("guesses nothing where nothing is close", () => {
    expect(nearest("color", ["domain", "className"])).toBeUndefined();
  });
});
