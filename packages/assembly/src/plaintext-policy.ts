import { BlockList, isIPv6 } from "node:net";
import type { Config } from "@poplar/config";

/**
 * Who may send a password over a link without TLS: everybody, the listed networks, or nobody (RFC 8314 §4.1). Clients
 * on the same machine may, where the whole server runs in one process to be tried out.
 */
export function plaintextPolicy(config: Config): (address: string) => boolean {
  if (config.allowPlaintextLogin) return () => true;
  const allowed = new BlockList();
  if (config.app === "standalone") {
    allowed.addSubnet("127.0.0.0", 8, "ipv4");
    allowed.addAddress("::1", "ipv6");
  }
  for (const network of config.plaintextLoginNetworks) {
    const [address = "", prefix] = network.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (prefix === undefined) allowed.addAddress(address, family);
    else allowed.addSubnet(address, Number(prefix), family);
  }
  return (address) => allowed.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}
