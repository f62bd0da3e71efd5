import * as path from "node:path";
import * as fc from "fast-check";
import { homelabConfig } from "../../config/homelab";
import { homelabFaults } from "../../config/homelab-rules";
import { stackFileValues } from "../../ops/stack-file";

const concerns = Object.keys(homelabConfig.shape);
const valid = ["full-homelab", "one-node", "transcoding-clusterplex"].map((name) =>
  stackFileValues(path.join(__dirname, "valid", `${name}.yaml`)),
);
const anyFlag = fc.boolean();

/** A config put together from sound concerns of several stack files, nonsense, and nothing. */
const mixture = fc.record(
  Object.fromEntries(
    concerns.map((concern) => {
      const sound = valid.map((values) => values[`media-homelab:${concern}`]);
      return [
        concern,
        fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...sound) }, fc.jsonValue()),
      ];
    }),
  ),
  { requiredKeys: [] },
);

it("judges any mixture of sound and faulty concerns, and never one by a value that is faulty", () => {
  fc.assert(
    fc.property(mixture, anyFlag, (given, secret) => {
      for (const { path: place, expected } of homelabFaults(given, () => secret)) {
        const concern = String(place[0]) as keyof typeof homelabConfig.shape;
        expect(homelabConfig.shape[concern].safeParse(given[concern]).success).toBe(true);
        expect(expected).not.toMatch(/undefined|NaN|\[object/);
      }
    }),
  );
});

it("finds nothing wrong with a sound stack file", () => {
  for (const values of valid) {
    const given = Object.fromEntries(
      concerns.map((concern) => [concern, values[`media-homelab:${concern}`]]),
    );
    expect(homelabFaults(given, () => false)).toEqual([]);
  }
});
