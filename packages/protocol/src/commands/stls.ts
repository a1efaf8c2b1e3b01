import { isEmpty } from "../command-line.ts";
import { syntax } from "../fault.ts";
import type { Verb } from "../verb.ts";

/** Begins TLS on a plaintext connection. */
export const STLS: Verb = {
  rfc: "RFC 2595 §4",
  AUTHORIZATION: ({ link, mode }, argument) => {
    if (!isEmpty(argument)) return syntax("no-argument", "STLS");
    if (link.isTlsActive) return { fault: "tls-active" };
    // RFC 6856 §2.1 lets no client say STLS after UTF8.
    if (mode.isUtf8) return { fault: "wrong-state", verb: "STLS" };
    if (!link.isTlsOffered) return { fault: "tls-unavailable" };
    return { reply: { key: "begin-tls" }, effect: { do: "start-tls" } };
  },
};
