import * as fc from "fast-check";
import { firstAddress, inPool, isNetwork, isPool } from "../../config/addresses";

it.each([
  ["192.168.1.0/24", true],
  ["10.0.0.7/32", true],
  ["0.0.0.0/0", true],
  ["192.168.1.0", false],
  ["192.168.1.0/33", false],
  ["192.168.1.0/24/8", false],
  ["192.168.1.0/ 24", false],
  ["192.168.1/24", false],
  ["fd00::/8", false],
])("calls %s a network: %s", (text, expected) => {
  expect(isNetwork(text)).toBe(expected);
});

it.each([
  ["192.168.1.240-192.168.1.250", true],
  ["192.168.1.240-192.168.1.240", true],
  ["192.168.1.9-192.168.1.10", true],
  ["192.168.1.250-192.168.1.240", false],
  ["192.168.1.240-250", false],
  ["192.168.1.1-192.168.1.2-192.168.1.3", false],
])("calls %s a pool: %s", (text, expected) => {
  expect(isPool(text)).toBe(expected);
});

it("knows exactly the addresses of a network, wherever in it the network was named", () => {
  const last = fc.integer({ min: 0, max: 255 });
  const bits = fc.integer({ min: 24, max: 32 });
  fc.assert(
    fc.property(last, last, bits, (base, other, prefix) => {
      const size = 2 ** (32 - prefix);
      const same = Math.floor(base / size) === Math.floor(other / size);
      const pool = `10.1.2.${base.toString()}/${prefix.toString()}`;
      expect(inPool(`10.1.2.${other.toString()}`, pool)).toBe(same);
      expect(inPool(`10.1.3.${other.toString()}`, pool)).toBe(false);
    }),
  );
});

it("offers an address that is in the pool", () => {
  for (const pool of ["10.0.8.0/24", "10.0.0.7/32", "192.168.1.240-192.168.1.250"]) {
    expect(inPool(firstAddress(pool), pool)).toBe(true);
  }
  expect(firstAddress("10.0.8.0/24")).toBe("10.0.8.1");
});

/** Mostly at the edges, where off-by-one errors live. */
const octet = fc.oneof(fc.constantFrom(0, 1, 127, 128, 255), fc.integer({ min: 0, max: 255 }));
const address = fc.tuple(octet, octet, octet, octet);

it("counts through a range as one counts by hand", () => {
  const compare = (a: number[], b: number[]) => {
    const place = a.findIndex((octet, index) => octet !== b[index]);
    return (a[place] ?? 0) - (b[place] ?? 0);
  };
  fc.assert(
    fc.property(address, address, address, (one, other, asked) => {
      const [first, last] = [one, other].sort(compare);
      if (!first || !last) throw new Error("two addresses have a first and a last");
      const inside = compare(first, asked) <= 0 && compare(asked, last) <= 0;
      expect(inPool(asked.join("."), `${first.join(".")}-${last.join(".")}`)).toBe(inside);
      expect(isPool(`${last.join(".")}-${first.join(".")}`)).toBe(compare(first, last) === 0);
    }),
  );
});

it("compares an address with a network bit by bit", () => {
  const bits = (octets: number[]) =>
    octets.map((octet) => octet.toString(2).padStart(8, "0")).join("");
  fc.assert(
    fc.property(address, address, fc.integer({ min: 0, max: 32 }), (base, asked, prefix) => {
      const same = bits(base).slice(0, prefix) === bits(asked).slice(0, prefix);
      const network = `${base.join(".")}/${prefix.toString()}`;
      expect(inPool(asked.join("."), network)).toBe(same);
      expect(inPool(firstAddress(network), network)).toBe(true);
    }),
  );
});
