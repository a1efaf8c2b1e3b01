import { isIPv6 } from "node:net";

/** One customer's IPv6 addresses are a /64: four of the eight groups. */
const groupsOfOne = 4;

/** What one stranger has to himself: an IPv4 address, or all the IPv6 addresses that he can take in turn. */
export function addressBlock(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = "", tail] = (address.split("%")[0] ?? "").split("::");
  const groups = (text: string): readonly string[] => (text === "" ? [] : text.split(":"));
  const [before, after] = [groups(head), groups(tail ?? "")];
  // An IPv4 address at the end takes the place of two groups; none of them is among the first four.
  const missing = Math.max(8 - before.length - after.length, 0);
  const all =
    tail === undefined ? before : [...before, ...Array.from({ length: missing }, () => "0"), ...after];
  const first = all.slice(0, groupsOfOne).map((group) => Number.parseInt(group, 16).toString(16));
  return `${first.join(":")}::/64`;
}
