/** IPv4 addresses, networks and ranges, as MetalLB's pools are written. */
import { isIPv4 } from "node:net";

export const isAddress = isIPv4;

/** `address/bits`. */
export function isNetwork(text: string): boolean {
  const [base = "", bits = "", ...rest] = text.split("/");
  return isIPv4(base) && /^([0-9]|[12][0-9]|3[0-2])$/.test(bits) && rest.length === 0;
}

/** A network, or `first-last`. */
export function isPool(text: string): boolean {
  const [first = "", last = "", ...rest] = text.split("-");
  const isRange = isIPv4(first) && isIPv4(last) && toNumber(first) <= toNumber(last);
  return isNetwork(text) || (isRange && rest.length === 0);
}

/** Whether the address lies in a pool. Both have to be well-formed. */
export function inPool(address: string, pool: string): boolean {
  const [first, last] = bounds(pool);
  return toNumber(address) >= first && toNumber(address) <= last;
}

/** An address of a pool that may be handed out; the first of a network names the network itself. */
export function firstAddress(pool: string): string {
  const [first] = bounds(pool);
  return toText(isNetwork(pool) && !pool.endsWith("/32") ? first + 1 : first);
}

function bounds(pool: string): [number, number] {
  if (!isNetwork(pool)) {
    const [first = "", last = ""] = pool.split("-");
    return [toNumber(first), toNumber(last)];
  }
  const [base = "", bits = ""] = pool.split("/");
  const size = 2 ** (32 - Number(bits));
  const first = toNumber(base) - (toNumber(base) % size);
  return [first, first + size - 1];
}

function toNumber(address: string): number {
  return address.split(".").reduce((number, octet) => number * 256 + Number(octet), 0);
}

function toText(number: number): string {
  return [24, 16, 8, 0].map((bits) => Math.floor(number / 2 ** bits) % 256).join(".");
}
