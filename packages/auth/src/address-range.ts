import { isIPv6 } from "node:net";
import { withoutMapping } from "./networks.ts";

/** Who counts as one stranger, and as one neighbourhood of strangers. */
export interface AddressRanges {
  /** An IPv4 address; of IPv6 the /64, which one customer has to himself. */
  readonly host: string;
  /** IPv4 by /24, IPv6 by /48, which one site has at most. */
  readonly network: string;
}

/** Ranges that were found before: a login asks for them several times. */
const FOUND_MAX = 10_000;
const found = new Map<string, AddressRanges>();

/** Puts an address where it belongs. What is no address is a range of its own. */
export function rangesOf(address: string): AddressRanges {
  const before = found.get(address);
  if (before !== undefined) return before;
  const ranges = findRanges(address);
  if (found.size >= FOUND_MAX) found.clear();
  found.set(address, ranges);
  return ranges;
}

function findRanges(address: string): AddressRanges {
  const plain = withoutMapping(address);
  if (!isIPv6(plain)) return { host: plain, network: `${plain.split(".").slice(0, 3).join(".")}.0/24` };
  const groups = groupsOf(plain);
  return {
    host: `${groups.slice(0, 4).join(":")}::/64`,
    network: `${groups.slice(0, 3).join(":")}::/48`,
  };
}

/** The eight groups of an address, without leading zeros. RFC 5952 §4. */
function groupsOf(address: string): readonly string[] {
  const [head = "", tail] = (address.split("%")[0] ?? "").toLowerCase().split("::");
  const groups = (text: string): string[] => (text === "" ? [] : text.split(":"));
  const before = groups(head);
  const after = groups(tail ?? "");
  // Only the first four groups matter here: an IPv4 address at the end takes the place of two.
  const missing = tail === undefined ? 0 : Math.max(8 - before.length - after.length, 0);
  return [...before, ...Array.from({ length: missing }, () => "0"), ...after].map((group) =>
    Number.parseInt(group, 16).toString(16),
  );
}
