/** Who counts as one stranger, and as one neighbourhood of strangers. */
export interface AddressRanges {
  /** An IPv4 address; of IPv6 the /64, which one customer has to himself. */
  readonly host: string;
  /** IPv4 by /24, IPv6 by /48, which one site has at most. */
  readonly network: string;
}

/**
 * The address as people write it. IPv4 inside IPv6 is IPv4 (RFC 4291 §2.5.5.2), and the zone of a link-local
 * address is left out.
 */
export function plainAddress(address: string): string {
  const [withoutZone = ""] = address.split("%", 1);
  return withoutZone.replace(/^::ffff:(?=\d+\.)/i, "");
}

/** Ranges that were found before: a login asks for them several times. */
const foundMax = 10_000;
const found = new Map<string, AddressRanges>();

/** Puts an address where it belongs. What is no address is a range of its own. */
export function addressRanges(address: string): AddressRanges {
  const before = found.get(address);
  if (before !== undefined) return before;
  const ranges = findRanges(plainAddress(address));
  if (found.size >= foundMax) found.clear();
  found.set(address, ranges);
  return ranges;
}

function findRanges(address: string): AddressRanges {
  if (!/^[\da-f.]*:[\da-f.:]*$/i.test(address)) {
    return { host: address, network: `${address.split(".").slice(0, 3).join(".")}.0/24` };
  }
  const groups = groupsOf(address);
  return {
    host: `${groups.slice(0, 4).join(":")}::/64`,
    network: `${groups.slice(0, 3).join(":")}::/48`,
  };
}

/** The first groups of an IPv6 address, without leading zeros. RFC 5952 §4. */
function groupsOf(address: string): readonly string[] {
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const tailGroups = tail === "" ? [] : tail.split(":");
    // An IPv4 address at the end stands for two groups.
    const tailLength = tailGroups.length + (tail.includes(".") ? 1 : 0);
    while (groups.length + tailLength < 8) groups.push("0");
    groups.push(...tailGroups);
  }
  return groups.map((group) => Number.parseInt(group, 16).toString(16));
}
