import type { Authenticator, Peer } from "./authentication.ts";

/**
 * Lets clients in that show who they are before POP begins, as those of KPOP do. Implemented by an adapter of
 * `kerberos`, called by `server` on the listeners that have one.
 */
export interface PrefaceAcceptor {
  begin(peer: Peer): Preface;
}

/** What one client says before POP begins. */
export interface Preface {
  /** Decides about USER and PASS once the preface has passed. */
  readonly authenticator: Authenticator;
  /** Takes octets that came in. One call at a time, and none after `passed` or `refused`. */
  receive(octets: Uint8Array): Promise<PrefaceStep>;
  /** The client has ended its side in the middle. @returns the reason id for log and metrics. */
  broken(): string;
}

/** What the server does next; it writes the reply, which may be empty, in any case. */
export type PrefaceStep =
  | { readonly step: "more"; readonly reply: Uint8Array }
  /** The reply and the greeting go out in one write; the rest is what the client has said in POP already. */
  | { readonly step: "passed"; readonly reply: Uint8Array; readonly rest: Uint8Array }
  /** Close. The reason id is from a fixed set, for log and metrics. */
  | { readonly step: "refused"; readonly reply: Uint8Array; readonly reason: string };
