import type { IncomingHttpHeaders } from "node:http";
import { isInNetworks } from "@poplar/auth";

const loopback = ["127.0.0.0/8", "::1/128"];

/**
 * The headers of a request that is passed on to a worker, which believes us: nearest address last, so that
 * none that a stranger has written counts, and of TLS only what a proxy on this host says.
 */
export function forwardedHeaders(headers: IncomingHttpHeaders, address: string): IncomingHttpHeaders {
  const { "x-forwarded-proto": protocol, "x-forwarded-for": before = [], ...others } = headers;
  return {
    ...others,
    "x-forwarded-for": [before, address].flat().join(", "),
    ...(protocol !== undefined && isInNetworks(address, loopback) && { "x-forwarded-proto": protocol }),
  };
}
