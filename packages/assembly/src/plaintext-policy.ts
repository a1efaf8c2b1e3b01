import { BlockList, isIPv6 } from "node:net";
import type { Config } from "@poplar/config";

/**
 * Who may send a password over a link without TLS: everybody, the listed networks, or nobody (RFC 8314 §4.1). The
 * default networks of standalone are this machine's own: there the server is tried out.
 */
export function plaintextPolicy(config: Config): (address: string) => boolean {
  if (config.allowPlaintextLogin) return () => true;
  const allowed = new BlockList();
  for (const network of config.plaintextLoginNetworks) {
    const [address = "", prefix] = network.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (prefix === undefined) allowed.addAddress(address, family);
    else allowed.addSubnet(address, Number(prefix), family);
  }
  return (address) => allowed.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}
