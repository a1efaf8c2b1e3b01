import { type ApReq, apReqOfToken, parseApReq } from "./ap-req.ts";
import { GSS_FLAG, GssContext, type GssStep } from "./binding/gss-context.ts";
import { type CredStore, GssCredential } from "./binding/gss-credential.ts";
import { GSS_ERROR, type GssFailure, isGssFailure, routineErrorOf } from "./binding/gss-values.ts";
import type { AcceptorParts } from "./kerberos-settings.ts";
import { encodeOffer, type Layer, type LayerAnswer, parseAnswer } from "./layer-offer.ts";
import { isRefusal, type KerberosRefusal, refusal } from "./refusal.ts";
import { refusalOfGss } from "./refusal-of-failure.ts";
import { claimOnce } from "./replay-guard.ts";
import { SecurityLayer } from "./security-layer.ts";

/** Who the client of a GSSAPI exchange is. */
export interface GssapiIdentity {
  /** Full principal of the client. */
  readonly principal: string;
  /** Full principal of the key that opened its ticket. */
  readonly service: string;
  readonly isMutual: boolean;
  /** Did the client bind its login to the channel that the exchange was begun with? */
  readonly isChannelBound: boolean;
  /** What protects the rest of the connection; whoever takes it closes it. */
  readonly securityLayer: SecurityLayer | undefined;
}

/**
 * What the server does next: ask on, let the client in, or turn it away. The shape of a step of package
 * `sasl`.
 */
export type GssapiStep =
  | { readonly step: "challenge"; readonly challenge: Uint8Array }
  | { readonly step: "authenticated"; readonly who: GssapiIdentity; readonly authzid: string | undefined }
  | { readonly step: "refused"; readonly why: KerberosRefusal };

type Expected = "token" | "acknowledgement" | "answer";

/** Kerberos needs one; the question for it counts, too. */
const TOKENS_MAX = 4;
/** A client that can take less than a line at a time means to keep us busy. */
const PLAIN_OCTETS_MIN = 64;
/** However much the client can take: what is encrypted at once holds a thread and memory. */
const PLAIN_OCTETS_MAX: number = 64 * 1024;
const NOTHING: Uint8Array = new Uint8Array(0);
const EXCHANGE_OVER: KerberosRefusal = refusal("malformed-token", "the exchange is over");

/** One SASL GSSAPI exchange, seen from the server. RFC 4752 §3. Close it, whatever became of it. */
export class GssapiExchange {
  readonly #parts: AcceptorParts;
  readonly #channels: readonly Uint8Array[];
  #context: GssContext;
  #expected: Expected = "token";
  #tokens = 0;
  #flags = 0;
  #apReq: ApReq | undefined;
  #isClosed = false;

  constructor(parts: AcceptorParts, channels: readonly Uint8Array[]) {
    this.#parts = parts;
    this.#channels = channels;
    this.#context = new GssContext(parts.native);
  }

  /** Takes the client's next message; `undefined` where there was no initial response. One call at a time. */
  async next(response: Uint8Array | undefined): Promise<GssapiStep> {
    const step = await this.#take(response ?? NOTHING);
    if (!isRefusal(step)) return step;
    this.close();
    return { step: "refused", why: step };
  }

  /** Frees what the exchange holds, except a security layer that it has handed out. Safe to call twice. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#context.delete();
  }

  async #take(response: Uint8Array): Promise<GssapiStep | KerberosRefusal> {
    if (this.#isClosed) return EXCHANGE_OVER;
    switch (this.#expected) {
      case "token":
        // RFC 4752 §3.1: the client begins, so without an initial response it is asked to.
        if (response.length === 0 && this.#tokens === 0) return this.#askForToken();
        return this.#takeToken(response);
      case "acknowledgement":
        if (response.length > 0) return refusal("malformed-token", "an empty response was due");
        return this.#offer();
      case "answer":
        return this.#takeAnswer(response);
    }
  }

  #askForToken(): GssapiStep {
    this.#tokens += 1;
    return challenge(NOTHING);
  }

  async #takeToken(token: Uint8Array): Promise<GssapiStep | KerberosRefusal> {
    this.#tokens += 1;
    if (this.#tokens > TOKENS_MAX) return refusal("malformed-token", "too many tokens");
    if (this.#apReq === undefined) {
      const apReq = apReqOfToken(token);
      this.#apReq = apReq && parseApReq(apReq);
      if (this.#apReq === undefined)
        return refusal("malformed-token", "this is no Kerberos token with an AP-REQ");
    }
    const accepted = await this.#accept(token);
    if (isGssFailure(accepted)) return this.#refusalOf(accepted);
    this.#flags = accepted.flags;
    if (accepted.needsMore) return challenge(accepted.token);
    const refused = await this.#admit(this.#apReq);
    if (refused !== undefined) return refused;
    // RFC 4752 §3.2: without a last token there is nothing to acknowledge.
    if (accepted.token.length === 0) return this.#offer();
    this.#expected = "acknowledgement";
    return challenge(accepted.token);
  }

  /**
   * A client binds to one channel, and does not say by which type of data: one after the other is tried. The
   * first try has noted the authenticator, and refuses it to everybody else; the others must not.
   */
  async #accept(token: Uint8Array): Promise<GssStep | GssFailure> {
    const [first, ...others] = this.#channels;
    let accepted = await this.#acceptBound(token, first, {});
    for (const other of others) {
      if (!isGssFailure(accepted) || routineErrorOf(accepted) !== GSS_ERROR.badBindings) break;
      this.#context.delete();
      this.#context = new GssContext(this.#parts.native);
      if (this.#isClosed) this.#context.delete();
      accepted = await this.#acceptBound(token, other, { rcache: "none:" });
    }
    return accepted;
  }

  async #acceptBound(
    token: Uint8Array,
    channel: Uint8Array | undefined,
    more: CredStore,
  ): Promise<GssStep | GssFailure> {
    const { native, settings } = this.#parts;
    const store = settings.keytab === undefined ? more : { keytab: settings.keytab, ...more };
    // Host-based and without a host: every pop/ key of the keytab, in every realm, and no other.
    const credential = await GssCredential.acquire(native, "pop", "accept", store);
    if (isGssFailure(credential)) return credential;
    try {
      return await this.#context.accept(credential, token, channel);
    } finally {
      credential.release();
    }
  }

  /** What has to be right before anything is offered. */
  async #admit(apReq: ApReq): Promise<KerberosRefusal | undefined> {
    const { replays, settings } = this.#parts;
    if (settings.requiresMutual && !this.#hasFlag("mutual")) {
      return refusal("mutual-authentication-required", apReq.service.join("/"));
    }
    if (settings.requiresChannelBinding && !this.#hasFlag("channelBound")) {
      return refusal("channel-binding-required", apReq.service.join("/"));
    }
    return claimOnce(replays, apReq, settings.replayTtlSeconds);
  }

  async #offer(): Promise<GssapiStep | KerberosRefusal> {
    const layers = this.#layers();
    if (layers.length === 0)
      return refusal("layer-not-offered", "the client's context can do no layer of ours");
    const offer = await this.#context.wrap(
      encodeOffer(layers, this.#parts.settings.layerTokenOctetsMax),
      false,
    );
    if (isGssFailure(offer)) return this.#refusalOf(offer);
    this.#expected = "answer";
    return challenge(offer);
  }

  async #takeAnswer(token: Uint8Array): Promise<GssapiStep | KerberosRefusal> {
    const unwrapped = await this.#context.unwrap(token);
    if (isGssFailure(unwrapped)) return this.#refusalOf(unwrapped);
    const answer = parseAnswer(unwrapped.octets);
    if (answer === undefined) return refusal("malformed-token", "this chooses no layer");
    if (!this.#layers().includes(answer.layer)) return refusal("layer-not-offered", answer.layer);
    const peers = this.#context.peers();
    if (isGssFailure(peers)) return this.#refusalOf(peers);
    const securityLayer = this.#layerOf(answer);
    if (isRefusal(securityLayer)) return securityLayer;
    const who = {
      principal: peers.initiator,
      service: peers.acceptor,
      isMutual: this.#hasFlag("mutual"),
      isChannelBound: this.#hasFlag("channelBound"),
      securityLayer,
    };
    // The layer lives on with the context.
    if (securityLayer === undefined) this.close();
    else this.#isClosed = true;
    return { step: "authenticated", who, authzid: answer.authzid };
  }

  /** What the settings allow and the context can do. */
  #layers(): readonly Layer[] {
    return this.#parts.settings.layers.filter((layer) => layer === "none" || this.#hasFlag(layer));
  }

  #layerOf({ layer, tokenOctetsMax }: LayerAnswer): SecurityLayer | undefined | KerberosRefusal {
    if (layer === "none") return undefined;
    const plainOctetsMax = this.#context.wrapSizeLimit(tokenOctetsMax, layer === "confidentiality");
    if (isGssFailure(plainOctetsMax) || plainOctetsMax < PLAIN_OCTETS_MIN) {
      return refusal("malformed-token", `the client can take tokens of only ${tokenOctetsMax} octets`);
    }
    return new SecurityLayer(layer, this.#context, {
      plainOctetsMax: Math.min(plainOctetsMax, PLAIN_OCTETS_MAX),
      tokenOctetsMax: this.#parts.settings.layerTokenOctetsMax,
    });
  }

  #hasFlag(name: keyof typeof GSS_FLAG): boolean {
    return (this.#flags & GSS_FLAG[name]) !== 0;
  }

  async #refusalOf(failure: GssFailure): Promise<KerberosRefusal> {
    const { contexts, settings } = this.#parts;
    return refusalOfGss(contexts, failure, { apReq: this.#apReq, keytab: settings.keytab });
  }
}

const challenge = (octets: Uint8Array): GssapiStep => ({ step: "challenge", challenge: octets });
