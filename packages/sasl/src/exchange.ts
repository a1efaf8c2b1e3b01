/**
 * One SASL exchange, seen from the server. RFC 4422 §3.
 *
 * `Who` is whatever the verifier knows a login by; the exchange only hands it through.
 */
export interface Exchange<Who, Why> {
  /**
   * Takes the client's next message.
   *
   * The first call carries the initial response; `undefined` means that there was none, an empty one is not
   * the same (RFC 4422 §3, RFC 5034 §4). Not to be called again after an outcome.
   */
  next(response: Uint8Array | undefined): Promise<Step<Who, Why>>;
}

/** What the server does next: ask on, let the client in, or turn it away. */
export type Step<Who, Why> =
  | { readonly step: "challenge"; readonly challenge: Uint8Array }
  | {
      readonly step: "authenticated";
      readonly who: Who;
      /**
       * On whose behalf the client wants to act; `undefined` when it asks for nobody else. RFC 4422 §3.4.1.
       */
      readonly authzid: string | undefined;
    }
  | { readonly step: "refused"; readonly why: Why | Refusal };

/** Why an exchange itself turned a client away; for the log, never for the client. */
export type Refusal =
  | "malformed-response"
  | "wrong-proof"
  | "unknown-name"
  | "wrong-channel-binding"
  | "unsupported";

/** What a verifier says: who it is, or why not. */
export type Verdict<Who, Why> = { readonly who: Who } | { readonly why: Why };

export const challenge = (octets: Uint8Array | string): { step: "challenge"; challenge: Uint8Array } => ({
  step: "challenge",
  challenge: typeof octets === "string" ? Buffer.from(octets, "utf8") : octets,
});

export const refused = <Why>(why: Why | Refusal): { step: "refused"; why: Why | Refusal } => ({
  step: "refused",
  why,
});

/** Ends an exchange with what a verifier said. */
export function concluded<Who, Why>(verdict: Verdict<Who, Why>, authzid: string | undefined): Step<Who, Why> {
  return "who" in verdict ? { step: "authenticated", who: verdict.who, authzid } : refused(verdict.why);
}

export const EMPTY: Uint8Array = new Uint8Array(0);

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text in UTF-8, or `undefined` where the octets are not. */
export function utf8Of(octets: Uint8Array): string | undefined {
  try {
    return UTF8.decode(octets);
  } catch {
    return undefined;
  }
}

/** An identity that may be left out by being empty. */
export const identityOf = (text: string): string | undefined => (text === "" ? undefined : text);
