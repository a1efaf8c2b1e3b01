import { KPOP_REFUSED } from "./kpop-replies.ts";
import { OctetQueue } from "./octet-queue.ts";
import { type KerberosRefusal, refusal } from "./refusal.ts";

/** What the server has to do next in a KPOP handshake. */
export type KpopEvent =
  /** Both versions are right: send this, then read on. */
  | { readonly event: "versions-accepted"; readonly reply: Uint8Array }
  /** The client's AP-REQ. What it sent behind it, POP3 commands, is what `takeRest` answers. */
  | { readonly event: "ap-req"; readonly apReq: Uint8Array }
  /** Send this, which may be nothing, then close. */
  | { readonly event: "refused"; readonly reply: Uint8Array; readonly why: KerberosRefusal };

/** Octets of an AP-REQ: tickets with a PAC grow large. As for SASL, 64 KiB. */
export const AP_REQ_OCTETS_MAX: number = 64 * 1024;

const SENDAUTH_VERSION: Uint8Array = Buffer.from("KRB5_SENDAUTH_V1.0\0", "latin1");
const APPLICATION_VERSION: Uint8Array = Buffer.from("KPOPV1.0\0", "latin1");
/**
 * A wrong version is read before it is refused, up to so many octets: an answer on unread octets may get
 * lost.
 */
const VERSION_OCTETS_MAX = 64;
/** `AUTHV0.1`, as a length. */
const KERBEROS_4 = 0x41555448;
const LENGTH_OCTETS = 4;

const REPLY = {
  versionsAccepted: Uint8Array.of(0),
  badSendauthVersion: Uint8Array.of(1),
  badApplicationVersion: Uint8Array.of(2),
  nothing: new Uint8Array(0),
} as const;

type Expected = "sendauth-version" | "application-version" | "ap-req" | "nothing";

/**
 * The client's side of a KPOP handshake, from octets to events: three frames, each a 4-octet length and its
 * octets, as krb5_sendauth writes them. Pure, and holds one frame at most.
 *
 * Feed it with `receive`, then call `next` until it answers `undefined`.
 */
export class KpopFrames {
  #expected: Expected = "sendauth-version";
  readonly #held: OctetQueue = new OctetQueue();
  #versionRefusal: KpopEvent | undefined;

  /** Takes octets that came in. */
  receive(octets: Uint8Array): void {
    this.#held.append(octets);
  }

  /** The next event; `undefined` until more octets have come. */
  next(): KpopEvent | undefined {
    while (this.#expected !== "nothing") {
      const length = this.#held.peekUint32();
      if (length === undefined) return undefined;
      const refused = this.#refuseLength(length);
      if (refused !== undefined) return this.#end(refused);
      if (this.#held.octets < LENGTH_OCTETS + length) return undefined;
      const event = this.#take(this.#held.take(LENGTH_OCTETS + length).subarray(LENGTH_OCTETS));
      if (event !== undefined) return event;
    }
    return undefined;
  }

  /** The client has closed its side: what that means in the middle of a handshake. */
  close(): KpopEvent | undefined {
    if (this.#expected === "nothing") return undefined;
    const why = refusal("truncated", `the client left in its ${this.#expected} frame`);
    return this.#end({ event: "refused", reply: REPLY.nothing, why });
  }

  /** Takes what came behind the AP-REQ: the first octets of the POP3 session. */
  takeRest(): Uint8Array {
    return this.#expected === "nothing" ? this.#held.take(this.#held.octets) : REPLY.nothing;
  }

  #refuseLength(length: number): KpopEvent | undefined {
    switch (this.#expected) {
      case "sendauth-version":
        if (length === KERBEROS_4)
          return refused(REPLY.nothing, "kerberos-4", "the client speaks Kerberos 4");
        return length > VERSION_OCTETS_MAX
          ? refused(REPLY.badSendauthVersion, "bad-sendauth-version", `${length} octets`)
          : undefined;
      case "application-version":
        if (length <= VERSION_OCTETS_MAX) return undefined;
        return (
          this.#versionRefusal ??
          refused(REPLY.badApplicationVersion, "bad-application-version", `${length} octets`)
        );
      case "ap-req":
        return length > AP_REQ_OCTETS_MAX
          ? refused(KPOP_REFUSED, "frame-too-long", `an AP-REQ of ${length} octets`)
          : undefined;
      case "nothing":
        return undefined;
    }
  }

  /**
   * As MIT's recvauth: both versions are read before the first wrong one is answered. Whole names are
   * compared.
   */
  #take(frame: Uint8Array): KpopEvent | undefined {
    switch (this.#expected) {
      case "sendauth-version":
        if (!isEqual(frame, SENDAUTH_VERSION)) {
          this.#versionRefusal = refused(REPLY.badSendauthVersion, "bad-sendauth-version", spell(frame));
        }
        this.#expected = "application-version";
        return undefined;
      case "application-version":
        if (!isEqual(frame, APPLICATION_VERSION)) {
          this.#versionRefusal ??= refused(
            REPLY.badApplicationVersion,
            "bad-application-version",
            spell(frame),
          );
        }
        if (this.#versionRefusal !== undefined) return this.#end(this.#versionRefusal);
        this.#expected = "ap-req";
        return { event: "versions-accepted", reply: REPLY.versionsAccepted };
      case "ap-req":
        this.#expected = "nothing";
        return { event: "ap-req", apReq: frame };
      case "nothing":
        return undefined;
    }
  }

  #end(event: KpopEvent): KpopEvent {
    this.#expected = "nothing";
    this.#held.clear();
    return event;
  }
}

const refused = (reply: Uint8Array, reason: KerberosRefusal["refusal"], detail: string): KpopEvent => ({
  event: "refused",
  reply,
  why: refusal(reason, detail),
});

const isEqual = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((octet, at) => octet === b[at]);

const spell = (octets: Uint8Array): string => JSON.stringify(Buffer.from(octets).toString("latin1"));
