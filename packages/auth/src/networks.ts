import { BlockList, isIP, isIPv6 } from "node:net";
import { plainAddress } from "@poplar/maildrop";

/** Lists that were parsed before; the operator writes few of them. */
const PARSED_MAX = 1000;
const parsed = new Map<string, BlockList>();

/** Is this an address or a network in CIDR form? */
export function isNetwork(text: string): boolean {
  const [address = "", prefix, ...rest] = text.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 6 ? 128 : 32));
}

/** Does the address lie in one of the networks? What is no network, contains nothing. */
export function isInNetworks(address: string, networks: readonly string[]): boolean {
  const plain = plainAddress(address);
  return isIP(plain) !== 0 && listOf(networks).check(plain, isIPv6(plain) ? "ipv6" : "ipv4");
}

function listOf(networks: readonly string[]): BlockList {
  const key = networks.join(" ");
  const known = parsed.get(key);
  if (known !== undefined) return known;
  const list = new BlockList();
  for (const network of networks.filter(isNetwork)) {
    const [address = "", prefix] = network.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    list.addSubnet(address, prefix === undefined ? (family === "ipv6" ? 128 : 32) : Number(prefix), family);
  }
  if (parsed.size >= PARSED_MAX) parsed.clear();
  parsed.set(key, list);
  return list;
}
