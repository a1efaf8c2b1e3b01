import type { Peer } from "@poplar/maildrop";
import type { Link } from "@poplar/protocol";
import { termsFrom } from "./mail-terms.ts";
import type { PopListener, PopService } from "./pop-service.ts";

/** What the session of one connection is told of it, and of what the operator allows. */
export function sessionLink(
  service: PopService,
  connection: { readonly listener: PopListener; readonly address: string; readonly peer: () => Peer },
): Link {
  const { listener, address, peer } = connection;
  const { rpop } = service.ports.authenticator;
  return {
    isTlsActive: listener.tls === "implicit",
    isTlsOffered: listener.tls === "starttls" && service.certificates !== undefined,
    // After a preface, PASS holds no secret.
    isPlaintextLoginAllowed: listener.preface !== undefined || service.isPlaintextLoginAllowed(address),
    implementation: service.implementation,
    isSdpsOffered: service.isSdpsOffered,
    areSurrogatesShown: service.areSurrogatesShown,
    isLastOffered: service.ports.marks !== undefined,
    rpop: rpop && (rpop.isPossible(peer()) ? "possible" : "not-from-here"),
    boards: service.ports.boards?.boards,
    terms: service.policyBounds && termsFrom(service.policyBounds),
    mechanisms: () => service.ports.authenticator.mechanisms(peer()),
  };
}
