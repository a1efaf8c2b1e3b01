import type { Config } from "@poplar/config";
import { networkList } from "./network-list.ts";

/**
 * Who may send a password over a link without TLS: everybody, the listed networks, or nobody (RFC 8314 §4.1). Clients
 * on the same machine may, where the whole server runs in one process to be tried out.
 */
export function plaintextPolicy(config: Config): (address: string) => boolean {
  if (config.allowPlaintextLogin) return () => true;
  const own = config.app === "standalone" ? ["127.0.0.0/8", "::1"] : [];
  return networkList([...own, ...config.plaintextLoginNetworks]);
}
