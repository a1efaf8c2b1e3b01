import type { GssContext } from "./binding/gss-context.ts";
import { type GssFailure, isGssFailure } from "./binding/gss-values.ts";
import { encodeLayerFrame, LayerFrames } from "./layer-frames.ts";
import type { Layer } from "./layer-offer.ts";
import { isRefusal, type KerberosRefusal, refusal } from "./refusal.ts";

/** What may be sent in one token, and received. */
export interface LayerSizes {
  /** Octets before wrapping. */
  readonly plainOctetsMax: number;
  /** Octets of a token that we take. */
  readonly tokenOctetsMax: number;
}

/**
 * Protects what follows a login, both ways, from the octet after the CRLF of the `+OK` on. RFC 4752 §3.3.
 *
 * Calls are answered in the order in which they were made.
 */
export class SecurityLayer {
  readonly layer: Exclude<Layer, "none">;
  readonly #context: GssContext;
  readonly #sizes: LayerSizes;
  readonly #incoming: LayerFrames;

  constructor(layer: Exclude<Layer, "none">, context: GssContext, sizes: LayerSizes) {
    this.layer = layer;
    this.#context = context;
    this.#sizes = sizes;
    this.#incoming = new LayerFrames(sizes.tokenOctetsMax);
  }

  /** Wraps octets to be sent, into as many framed tokens as the client's limit asks for. */
  async wrap(octets: Uint8Array): Promise<Uint8Array | KerberosRefusal> {
    const wrapping: Promise<Uint8Array | GssFailure>[] = [];
    for (let at = 0; at < octets.length; at += this.#sizes.plainOctetsMax) {
      const part = octets.subarray(at, at + this.#sizes.plainOctetsMax);
      wrapping.push(this.#context.wrap(part, this.layer === "confidentiality"));
    }
    const frames: Uint8Array[] = [];
    for (const token of await Promise.all(wrapping)) {
      if (isGssFailure(token))
        return refusal("library-failure", `gss_wrap: status ${token.major.toString(16)}`);
      frames.push(encodeLayerFrame(token));
    }
    return Buffer.concat(frames);
  }

  /**
   * Takes octets that came in.
   *
   * @returns what was in the tokens that they complete, possibly nothing; after a refusal the connection is
   *   to be closed.
   */
  async unwrap(octets: Uint8Array): Promise<Uint8Array | KerberosRefusal> {
    this.#incoming.receive(octets);
    const unwrapping: Promise<Uint8Array | KerberosRefusal>[] = [];
    for (let token = this.#incoming.next(); token !== undefined; token = this.#incoming.next()) {
      if (token === "too-long") return refusal("frame-too-long", "a token beyond what was offered");
      unwrapping.push(this.#unwrapToken(token));
    }
    const parts: Uint8Array[] = [];
    for (const part of await Promise.all(unwrapping)) {
      if (isRefusal(part)) return part;
      parts.push(part);
    }
    return Buffer.concat(parts);
  }

  /** Frees the context, after the calls under way. Safe to call twice. */
  close(): void {
    this.#context.delete();
  }

  async #unwrapToken(token: Uint8Array): Promise<Uint8Array | KerberosRefusal> {
    const unwrapped = await this.#context.unwrap(token);
    if (isGssFailure(unwrapped)) {
      return refusal("malformed-token", `gss_unwrap: status ${unwrapped.major.toString(16)}`);
    }
    if (this.layer === "confidentiality" && !unwrapped.isConfidential) {
      return refusal("malformed-token", "a token in clear, where confidentiality was agreed");
    }
    return unwrapped.octets;
  }
}
