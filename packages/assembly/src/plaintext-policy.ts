import { isInNetworks } from "@poplar/auth";
import type { Config } from "@poplar/config";

/**
 * Who may send a password over a link without TLS: everybody, the listed networks, or nobody (RFC 8314 §4.1).
 * The default networks of standalone are this machine's own: there the server is tried out.
 */
export function plaintextPolicy(config: Config): (address: string) => boolean {
  const { allowPlaintextLogin, plaintextLoginNetworks } = config;
  return (address) => allowPlaintextLogin || isInNetworks(address, plaintextLoginNetworks);
}
