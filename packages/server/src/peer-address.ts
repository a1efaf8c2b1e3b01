import { isIPv6 } from "node:net";

/**
 * The address as people write it: IPv4 inside IPv6 is IPv4, and the zone of a link-local address is left out.
 */
export function plainAddress(address: string): string {
  const withoutZone = address.split("%", 1)[0] ?? address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(withoutZone);
  return mapped?.[1] ?? withoutZone;
}

/**
 * What counts as one address for limits: the address itself, or the /64 network of an IPv6 address, all of
 * which one customer usually has.
 */
export function addressBlock(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const tailGroups = tail === "" ? [] : tail.split(":");
    // A dotted quad at the end stands for two groups.
    const tailLength = tailGroups.length + (tail.includes(".") ? 1 : 0);
    while (groups.length + tailLength < 8) groups.push("0");
    groups.push(...tailGroups);
  }
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(":")}::/64`;
}
