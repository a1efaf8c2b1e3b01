import type { Config } from "@poplar/config";
import { networkList } from "./network-list.ts";

/**
 * Who may send a password over a link without TLS: everybody, the listed networks, or nobody (RFC 8314 §4.1).
 * The default networks of standalone are this machine's own: there the server is tried out.
 */
export function plaintextPolicy(config: Config): (address: string) => boolean {
  if (config.allowPlaintextLogin) return () => true;
  return networkList(config.plaintextLoginNetworks);
}
