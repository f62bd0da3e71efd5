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
  const octet = fc.integer({ min: 0, max: 255 });
  const bits = fc.integer({ min: 24, max: 32 });
  fc.assert(
    fc.property(octet, octet, bits, (base, other, prefix) => {
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
