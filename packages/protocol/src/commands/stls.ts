import { isEmpty } from "../command-line.ts";
import { syntax } from "../fault.ts";
import { ok } from "../reply.ts";
import type { Verb } from "../verb.ts";

/** Begins TLS on a plaintext connection. */
export const STLS: Verb = {
  rfc: "RFC 2595 §4",
  AUTHORIZATION: ({ link }, argument) => {
    if (!isEmpty(argument)) return syntax("STLS takes no argument");
    if (link.isTlsActive) return { fault: "tls-active" };
    if (!link.isTlsOffered) return { fault: "tls-unavailable" };
    return { reply: ok("begin TLS negotiation"), effect: { do: "start-tls" } };
  },
};
